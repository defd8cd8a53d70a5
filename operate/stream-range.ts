import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  ResourceNotFoundException,
  type _Record as StreamedRecord,
  TrimmedDataAccessException,
} from '@aws-sdk/client-dynamodb-streams';
import * as z from 'zod';
import type { Workplace } from './command.ts';

/** Where the records of a batch are in a stream. https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html */
export const StreamRangeSchema = z.object({
  streamArn: z.string(),
  shardId: z.string(),
  startSequenceNumber: z.string().regex(/^\d+$/),
  endSequenceNumber: z.string().regex(/^\d+$/),
  batchSize: z.number(),
});
export type StreamRange = z.infer<typeof StreamRangeSchema>;

/** A stream keeps records for 24 hours; some of these, or all, are no longer there. */
export class Trimmed extends Error {
  override readonly name = 'Trimmed';
}

/** A shard that is still written to has pages with nothing on them, and no last one. */
const mostPagesWithNothing = 100;

/**
 * Reads the records of a range, as Lambda gives them to a function, with everything between that a filter kept from it.
 * @throws {Trimmed}
 */
export async function recordsIn(
  { streams }: Pick<Workplace, 'streams'>,
  { streamArn: StreamArn, shardId: ShardId, ...numbers }: StreamRange,
): Promise<object[]> {
  const SequenceNumber = numbers.startSequenceNumber;
  const [start, end] = [BigInt(SequenceNumber), BigInt(numbers.endSequenceNumber)];
  const found: StreamedRecord[] = [];
  try {
    const from = { StreamArn, ShardId, ShardIteratorType: 'AT_SEQUENCE_NUMBER', SequenceNumber } as const;
    let { ShardIterator } = await streams.send(new GetShardIteratorCommand(from));
    for (let empty = 0; ShardIterator && numberOf(found.at(-1)) < end && empty < mostPagesWithNothing; ) {
      const page = await streams.send(new GetRecordsCommand({ ShardIterator }));
      found.push(...(page.Records ?? []));
      empty = page.Records?.length ? 0 : empty + 1;
      ShardIterator = page.NextShardIterator;
    }
  } catch (error) {
    // A shard all of whose records are trimmed is no longer there either.
    if (error instanceof TrimmedDataAccessException || error instanceof ResourceNotFoundException) throw new Trimmed();
    throw error;
  }
  if (numberOf(found[0]) !== start || numberOf(found.at(-1)) < end) throw new Trimmed();
  return found.filter((record) => numberOf(record) <= end).map((record) => asLambdaGives(record, StreamArn));
}

function numberOf(record: StreamedRecord | undefined): bigint {
  return BigInt(record?.dynamodb?.SequenceNumber ?? -1);
}

/** The client has dates and bytes where the event has epoch seconds and base64, and names an identity in capitals. */
function asLambdaGives({ userIdentity, dynamodb, ...record }: StreamedRecord, eventSourceARN: string): object {
  const { PrincipalId: principalId, Type: type } = userIdentity ?? {};
  const at = dynamodb?.ApproximateCreationDateTime;
  const event = {
    ...record,
    eventSourceARN,
    ...(userIdentity && { userIdentity: { principalId, type } }),
    dynamodb: { ...dynamodb, ApproximateCreationDateTime: at && Math.floor(at.getTime() / 1000) },
  };
  const text = JSON.stringify(event, (_, value) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
  );
  return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
}
