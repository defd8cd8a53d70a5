import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SQSClient } from '@aws-sdk/client-sqs';
import { expect, it, onTestFinished } from 'vitest';
import { REGION } from '../../local/template/resource-types.ts';
import { eachMessage } from '../../operate/dead-letter-queue.ts';
import { deliver, streamMappingOf } from '../../operate/event-source-mapping.ts';
import { recordsIn, Trimmed } from '../../operate/stream-range.ts';

interface Asked {
  readonly operation: string;
  readonly body: string;
}
interface Answered {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body: string;
}

/** Stands where AWS would: answers each request as the test says, and keeps what was asked. */
async function service(answer: (asked: Asked, at: number) => Answered) {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const operation = String(request.headers['x-amz-target'] ?? request.url).replace(/^.*\./, '');
    asked.push({ operation, body: Buffer.concat(await request.toArray()).toString() });
    const { status = 200, headers = {}, body } = answer({ operation, body: '', ...asked.at(-1) }, asked.length - 1);
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: 'LOCAL', secretAccessKey: 'not-verified' };
  return { asked, config: { endpoint, region: REGION, credentials, maxAttempts: 1 } };
}

const mapping = { functionArn: `arn:aws:lambda:${REGION}:000000000000:function:Reader`, batchSize: 2 };
const numbered = (n: number) => ({ dynamodb: { SequenceNumber: String(n) } });

it('gives records to the function in its batches, in their order, and stops at the first that it does not take', async () => {
  const { asked, config } = await service((_, at) => ({
    body: at === 1 ? '{"batchItemFailures":[{"itemIdentifier":"4"}]}' : '{"batchItemFailures":[]}',
  }));
  const five = [1, 2, 3, 4, 5].map(numbered);
  const functions = new LambdaClient(config);
  expect(await deliver({ functions }, mapping, five)).toBe('the function could not do it: its log says why');
  expect(asked.map(({ body }) => body)).toEqual(
    [five.slice(0, 2), five.slice(2, 4)].map((Records) => JSON.stringify({ Records })),
  );
});

it.each([
  ['{"batchItemFailures":[]}', undefined],
  ['{"batchItemFailures":null}', undefined],
  ['{}', undefined],
  ['null', undefined],
  ['', undefined],
  ['"taken"', 'the function answered "taken"'],
  ['{"batchItemFailures":1}', 'the function answered {"batchItemFailures":1}'],
])('takes the answer %s as Lambda does', async (body, outcome) => {
  const { config } = await service(() => ({ body }));
  expect(await deliver({ functions: new LambdaClient(config) }, mapping, [numbered(1)])).toBe(outcome);
});

it('wants what one of the filters of the mapping lets through, and everything where there is none', async () => {
  const Filters = ['INSERT', 'REMOVE'].map((name) => ({ Pattern: JSON.stringify({ eventName: [name] }) }));
  const some = await mappingWith({ FilterCriteria: { Filters } });
  expect(['INSERT', 'MODIFY', 'REMOVE'].map((eventName) => some.wants({ eventName }))).toEqual([true, false, true]);
  expect((await mappingWith({})).wants({ eventName: 'MODIFY' })).toBe(true);
});

it.each([
  ['reads no stream', { EventSourceArn: `arn:aws:sqs:${REGION}:000000000000:Work` }],
  ['keeps nothing of what it gives up', { DestinationConfig: {} }],
])('turns away a function that %s', async (_, changed) => {
  await expect(mappingWith(changed)).rejects.toThrow('Reader is not a function that reads a stream');
});

async function mappingWith(changed: object) {
  const one = {
    EventSourceArn: range.streamArn,
    FunctionArn: mapping.functionArn,
    BatchSize: 2,
    DestinationConfig: { OnFailure: { Destination: `arn:aws:sqs:${REGION}:000000000000:Lost` } },
    ...changed,
  };
  const { config } = await service(() => ({ body: JSON.stringify({ EventSourceMappings: [one] }) }));
  return await streamMappingOf({ functions: new LambdaClient(config) }, 'Reader');
}

const range = {
  streamArn: `arn:aws:dynamodb:${REGION}:000000000000:table/Tokens/stream/2026-01-01T00:00:00.000`,
  shardId: 'shardId-1',
  startSequenceNumber: '99',
  endSequenceNumber: '102',
  batchSize: 2,
};
const recordOnWire = (SequenceNumber: string) => ({
  eventName: 'REMOVE',
  userIdentity: { PrincipalId: 'dynamodb.amazonaws.com', Type: 'Service' },
  dynamodb: { SequenceNumber, ApproximateCreationDateTime: 1_700_000_000, Keys: { pk: { S: 'a' }, b: { B: 'AQID' } } },
});

it('reads a range page by page, past pages with nothing on them, as Lambda gives its records and no further', async () => {
  const pages = [['99'], [], ['100', '102', '103'], ['104']];
  const { asked, config } = await service(({ operation }, at) => ({
    body: JSON.stringify(
      operation === 'GetShardIterator'
        ? { ShardIterator: 'first' }
        : { Records: pages[at - 1]?.map(recordOnWire), NextShardIterator: `after ${at}` },
    ),
  }));
  const records = await recordsIn({ streams: new DynamoDBStreamsClient(config) }, range);
  expect(asked).toHaveLength(4);
  expect(JSON.parse(asked[0]?.body ?? '')).toMatchObject({
    ShardIteratorType: 'AT_SEQUENCE_NUMBER',
    SequenceNumber: '99',
  });
  expect(records).toEqual(
    ['99', '100', '102'].map((number) => ({
      ...recordOnWire(number),
      eventSourceARN: range.streamArn,
      userIdentity: { principalId: 'dynamodb.amazonaws.com', type: 'Service' },
    })),
  );
});

it.each(['TrimmedDataAccessException', 'ResourceNotFoundException'])(
  'tells by %s that records are gone',
  async (__type) => {
    const { config } = await service(() => ({ status: 400, body: JSON.stringify({ __type }) }));
    await expect(recordsIn({ streams: new DynamoDBStreamsClient(config) }, range)).rejects.toThrow(Trimmed);
  },
);

it('calls a range trimmed that does not begin where it began', async () => {
  const { config } = await service(({ operation }) => ({
    body: JSON.stringify(
      operation === 'GetShardIterator'
        ? { ShardIterator: 'a' }
        : { Records: [recordOnWire('100'), recordOnWire('102')] },
    ),
  }));
  await expect(recordsIn({ streams: new DynamoDBStreamsClient(config) }, range)).rejects.toThrow(Trimmed);
});

it('shows each message once, takes out what is dealt with, and lets the rest be received again', async () => {
  const received = ['a', 'b', 'a'];
  const { asked, config } = await service(({ operation }) => {
    if (operation !== 'ReceiveMessage') return { body: '{"QueueUrl":"http://127.0.0.1/q"}' };
    const id = received.shift();
    const Messages = [{ MessageId: id, ReceiptHandle: `${id}${received.length}`, Body: id }];
    return { body: JSON.stringify({ Messages }) };
  });
  const seen: string[] = [];
  await eachMessage(
    { queues: new SQSClient({ ...config, md5: false }) },
    `arn:aws:sqs:${REGION}:000000000000:Lost`,
    async ({ id }) => {
      seen.push(id);
      return id === 'b' ? 'taken' : 'left';
    },
  );
  expect(seen).toEqual(['a', 'b']);
  const told = asked.filter(({ operation }) => /Delete|Visibility/.test(operation));
  expect(told.map(({ operation, body }) => [operation, JSON.parse(body).ReceiptHandle])).toEqual([
    ['DeleteMessage', 'b1'],
    ['ChangeMessageVisibility', 'a0'],
  ]);
});

it.each([
  ['has been shown again by itself', 'MessageNotInflight', 3, undefined],
  ['has been shown again by itself, as SQS says it', 'InvalidParameterValue', 3, undefined],
  ['may not be shown again', 'AccessDeniedException', 1, 'AccessDeniedException'],
])('ends well only where a message that stays %s', async (_, __type, shown, failure) => {
  const received = ['a', 'b', 'c'];
  const { asked, config } = await service(({ operation }) => {
    if (operation === 'ChangeMessageVisibility') return { status: 400, body: JSON.stringify({ __type }) };
    if (operation !== 'ReceiveMessage') return { body: '{"QueueUrl":"http://127.0.0.1/q"}' };
    const id = received.shift();
    return { body: JSON.stringify(id ? { Messages: [{ MessageId: id, ReceiptHandle: id, Body: id }] } : {}) };
  });
  const queues = new SQSClient({ ...config, md5: false });
  const told = await eachMessage({ queues }, `arn:aws:sqs:${REGION}:000000000000:Lost`, async () => 'left').catch(
    (error: Error) => error.name,
  );
  expect(told).toBe(failure);
  expect(asked.filter(({ operation }) => operation === 'ChangeMessageVisibility')).toHaveLength(shown);
});
