import { Agent } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { forward } from '../../front/front-wire.ts';
import { REGION } from '../../template/resource-types.ts';

const Attributes = z.record(z.string(), z.unknown());
const RecordSchema = z.looseObject({
  eventName: z.enum(['INSERT', 'MODIFY', 'REMOVE']),
  userIdentity: z.record(z.string(), z.string()).optional(),
  dynamodb: z.looseObject({
    /** epoch seconds */
    ApproximateCreationDateTime: z.number(),
    Keys: Attributes,
    NewImage: Attributes.optional(),
    OldImage: Attributes.optional(),
    /** padded, so that numbers compare as text */
    SequenceNumber: z.string().transform((digits) => digits.padStart(21, '0')),
  }),
});
/** A record as Lambda gives it to a function. */
export type StreamRecord = z.infer<typeof RecordSchema>;

export interface StreamReader {
  readonly table: string;
  /** as the template has it */
  readonly streamArn: string;
  readonly shardId: string;
  /** the engine's name of this stream; another one when the table was made anew */
  readonly label: string;
  /** Sequence number of the last record that was read; may be set before the first. */
  position: string | undefined;
  /** What follows, or undefined at the present end. When it throws, the position stays. */
  next(): Promise<StreamRecord[] | undefined>;
}

/** Exactly one: the engine has one shard for ever, and gives it an end although it is open. */
const StreamsSchema = z.looseObject({
  Streams: z.tuple([z.looseObject({ StreamArn: z.string(), StreamLabel: z.string() })]),
});
const StreamSchema = z.looseObject({
  StreamDescription: z.looseObject({ Shards: z.tuple([z.looseObject({ ShardId: z.string() })]) }),
});
const IteratorSchema = z.looseObject({ ShardIterator: z.string() });
const PageSchema = z.looseObject({ Records: z.array(RecordSchema), NextShardIterator: z.string().optional() });

/** A reader of a table's stream, through the engine's own API. @param streamArn as the template has it */
export async function openStream(engine: string, streamArn: string): Promise<StreamReader> {
  const call = callerOf(engine);
  const [, table = ''] = /:table\/([^/]+)\/stream\//.exec(streamArn) ?? [];
  const [{ StreamArn, StreamLabel: label }] = StreamsSchema.parse(
    await call('ListStreams', { TableName: table }),
  ).Streams;
  const { Shards } = StreamSchema.parse(await call('DescribeStream', { StreamArn })).StreamDescription;
  const shardId = Shards[0].ShardId;
  let iterator: string | undefined;
  const openIterator = async (SequenceNumber: string | undefined) => {
    const ShardIteratorType = SequenceNumber === undefined ? 'TRIM_HORIZON' : 'AFTER_SEQUENCE_NUMBER';
    const request = { StreamArn, ShardId: shardId, ShardIteratorType, SequenceNumber };
    return IteratorSchema.parse(await call('GetShardIterator', request)).ShardIterator;
  };
  const next = async () => {
    const ShardIterator = iterator ?? (await openIterator(reader.position));
    iterator = undefined;
    const { Records, NextShardIterator } = PageSchema.parse(await call('GetRecords', { ShardIterator, Limit: 1000 }));
    iterator = NextShardIterator;
    reader.position = Records.at(-1)?.dynamodb.SequenceNumber ?? reader.position;
    return Records.length === 0 ? undefined : Records.filter(isChange).map((record) => asOnAws(record, streamArn));
  };
  const reader: StreamReader = { table, streamArn, shardId, label, position: undefined, next };
  return reader;
}

/** Past the front, as Lambda's own poller is no function; the engine wants a signature and does not verify it. */
function callerOf(engine: string) {
  const agent = new Agent({ keepAlive: true });
  const scope = `local/20000101/${REGION}/dynamodb/aws4_request`;
  return async (operation: string, body: object): Promise<unknown> => {
    const headers = {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `DynamoDBStreams_20120810.${operation}`,
      'x-amz-date': '20000101T000000Z',
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
    };
    const answer = await forward(new URL(engine), { agent, headers, body: Buffer.from(JSON.stringify(body)) });
    if (answer.status !== 200) throw new Error(`${operation}: ${answer.status} ${answer.body}`);
    return JSON.parse(answer.body.toString());
  };
}

/** The engine records also writes that change nothing; DynamoDB does not. */
function isChange({ dynamodb: { NewImage, OldImage } }: StreamRecord): boolean {
  return NewImage === undefined || !isDeepStrictEqual(NewImage, OldImage);
}

/** With the names of the template, and the identity of a deletion by time to live spelt as Lambda spells it. */
function asOnAws({ userIdentity, ...record }: StreamRecord, eventSourceARN: string): StreamRecord {
  const lower = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);
  const identity = userIdentity && Object.entries(userIdentity).map(([name, value]) => [lower(name), value]);
  return {
    ...record,
    awsRegion: REGION,
    eventSourceARN,
    ...(identity && { userIdentity: Object.fromEntries(identity) }),
  };
}
