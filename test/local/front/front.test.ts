import { rmSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DeleteItemCommand,
  DynamoDBClient,
  ExecuteStatementCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactGetItemsCommand,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Fault, HeldWrite } from '../../../local/front/faults.ts';
import { type Credentials, type Front, startFront } from '../../../local/front/front.ts';
import { type Engine, startEngine } from '../../../local/services/dynamodb/engine.ts';
import { createTables } from '../../../local/services/dynamodb/tables.ts';
import { fixtureStack, scratchDirectory } from '../fixture-stack.ts';

const directory = scratchDirectory();
let engine: Engine;
let front: Front;
let operator: DynamoDBClient;
let worker: DynamoDBClient;
let sweeper: DynamoDBClient;

beforeAll(async () => {
  engine = await startEngine({ file: join(directory, 'engine.db'), env: {} });
  front = await startFront({ engine: engine.endpoint, stack: fixtureStack });
  [operator, worker, sweeper] = [clientOf(front.operator), as('Worker'), as('Sweeper')];
  await createTables(fixtureStack, operator);
});
afterAll(async () => {
  for (const client of [operator, worker, sweeper]) client.destroy();
  await front.close();
  await engine.stop();
  rmSync(directory, { recursive: true });
});

function clientOf(credentials: Credentials, options = {}): DynamoDBClient {
  return new DynamoDBClient({ endpoint: front.endpoint, region: 'us-east-1', credentials, maxAttempts: 1, ...options });
}
const as = (role: string, options = {}) => clientOf(front.credentialsFor(role), options);

const TableName = 'Tokens';
const key = (pk: string, sk = 'META') => ({ pk: { S: pk }, sk: { S: sk } });
const get = (pk: string, table = TableName) =>
  new GetItemCommand({ TableName: table, Key: key(pk), ConsistentRead: true });
const put = (pk: string) => new PutItemCommand({ TableName, Item: key(pk) });
const queryOf = (condition: string, pk: string, rest = {}) =>
  new QueryCommand({
    TableName,
    KeyConditionExpression: condition,
    ExpressionAttributeValues: { ':pk': { S: pk }, ':sk': { S: 'M' } },
    ...rest,
  });
const NAMES = { ExpressionAttributeNames: { '#p': 'pk' } };
const transact = (...TransactItems: TransactWriteItem[]) => new TransactWriteItemsCommand({ TransactItems });

const denied = (action: string, resource = 'table/Tokens') => ({
  name: 'AccessDeniedException',
  message: `User: arn:aws:sts::000000000000:assumed-role/Worker/local is not authorized to perform: dynamodb:${action} on resource: arn:aws:dynamodb:us-east-1:000000000000:${resource} because no identity-based policy allows the dynamodb:${action} action`,
});

describe('a role may do what the template allows it', () => {
  it('by item, query, batch and transaction', async () => {
    await worker.send(put('TOKEN#rights'));
    await worker.send(transact({ Put: { TableName, Item: key('TOKEN#rights', 'B') } }));
    const { Item } = await worker.send(get('TOKEN#rights'));
    const { Count } = await worker.send(queryOf('#p = :pk AND begins_with(sk, :sk)', 'TOKEN#rights', NAMES));
    const Keys = [key('TOKEN#rights'), key('TOKEN#rights', 'B')];
    const { Responses } = await worker.send(new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys } } }));
    expect([Item?.pk?.S, Count, Responses?.[TableName]?.length]).toEqual(['TOKEN#rights', 1, 2]);
  });

  it('a scan without a key passes a condition on leading keys, as on AWS, and an index query is judged by the key of the index', async () => {
    const IndexName = 'due';
    await expect(sweeper.send(new ScanCommand({ TableName, IndexName, Limit: 1 }))).resolves.toBeDefined();
    const ask = (shard: string) => sweeper.send(queryOf('due_shard = :pk and sk > :sk', shard, { IndexName }));
    await expect(ask('1')).resolves.toMatchObject({ Count: 0 });
    await expect(ask('2')).rejects.toThrow('no identity-based policy allows the dynamodb:Query action');
  });

  it('the operator may do everything', async () => {
    await expect(operator.send(get('STACK#1', 'Audit'))).resolves.toBeDefined();
  });
});

describe('a role may do nothing else', () => {
  it.each([
    ['another action', new ScanCommand({ TableName }), denied('Scan')],
    ['another table', get('TOKEN#1', 'Audit'), denied('GetItem', 'table/Audit')],
    ['another key', get('STACK#1'), denied('GetItem')],
    ['another key in an update', new UpdateItemCommand({ TableName, Key: key('STACK#1') }), denied('UpdateItem')],
    ['another key in a query', queryOf('sk = :sk AND (pk = :pk)', 'STACK#1'), denied('Query')],
    [
      'an index',
      queryOf('due_shard = :pk', 'TOKEN#1', { IndexName: 'due' }),
      denied('Query', 'table/Tokens/index/due'),
    ],
    [
      'another key inside a batch',
      new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: [key('TOKEN#1'), key('STACK#1')] } } }),
      denied('BatchGetItem'),
    ],
    [
      'a batch of writes',
      new BatchWriteItemCommand({ RequestItems: { [TableName]: [{ PutRequest: { Item: key('TOKEN#1') } }] } }),
      denied('BatchWriteItem'),
    ],
    [
      'another key inside a transaction',
      transact(
        { Put: { TableName, Item: key('TOKEN#1') } },
        { Update: { TableName, Key: key('STACK#1'), UpdateExpression: 'SET a = sk' } },
      ),
      denied('UpdateItem'),
    ],
    [
      'another action inside a transaction',
      transact({ Put: { TableName, Item: key('TOKEN#1') } }, { Delete: { TableName, Key: key('TOKEN#2') } }),
      denied('DeleteItem'),
    ],
    [
      'another table inside a reading transaction',
      new TransactGetItemsCommand({ TransactItems: [{ Get: { TableName: 'Audit', Key: key('TOKEN#1') } }] }),
      denied('GetItem', 'table/Audit'),
    ],
  ])('%s', async (_, command, refusal) => {
    // One union of commands has no single overload of send.
    const send = worker.send.bind(worker) as (input: typeof command) => Promise<unknown>;
    await expect(send(command)).rejects.toMatchObject(refusal);
  });

  it.each([
    ['a query that names no partition key', queryOf('sk = :sk', 'TOKEN#1'), 'ValidationException'],
    ['a query that names it twice', queryOf('pk = :pk AND pk = :sk', 'TOKEN#1'), 'ValidationException'],
    ['a key without the partition key', new QueryCommand({ TableName }), 'ValidationException'],
    [
      'PartiQL, which nobody judges',
      new ExecuteStatementCommand({ Statement: 'SELECT * FROM Tokens' }),
      'AccessDeniedException',
    ],
  ])('%s', async (_, command, name) => {
    const send = worker.send.bind(worker) as (input: typeof command) => Promise<unknown>;
    await expect(send(command)).rejects.toMatchObject({ name });
  });

  it('a refused transaction writes nothing', async () => {
    const refused = transact(
      { Put: { TableName, Item: key('TOKEN#nothing') } },
      { Put: { TableName, Item: key('STACK#1') } },
    );
    await expect(worker.send(refused)).rejects.toThrow('no identity-based policy');
    expect((await operator.send(get('TOKEN#nothing'))).Item).toBeUndefined();
  });

  it('somebody who is not known is nobody', async () => {
    const stranger = clientOf({ accessKeyId: 'stranger', secretAccessKey: 'x', sessionToken: 'x' });
    onTestFinished(() => stranger.destroy());
    await expect(stranger.send(get('TOKEN#1'))).rejects.toMatchObject({ name: 'UnrecognizedClientException' });
    expect(() => front.credentialsFor('Nobody')).toThrow('there is no role Nobody');
  });
});

describe('requests are recorded', () => {
  it('with who asked, what was asked and what it cost, also when nobody asked for the cost', async () => {
    const recording = front.record();
    await worker.send(get('TOKEN#1'));
    await sweeper.send(
      queryOf('due_shard = :pk AND sk > :sk', '1', { IndexName: 'due', ReturnConsumedCapacity: 'INDEXES' }),
    );
    await worker.send(transact({ Put: { TableName, Item: key('TOKEN#cost') } }));
    await worker.send(get('STACK#1')).catch(() => undefined);
    recording.stop();
    await worker.send(get('TOKEN#1'));
    expect(recording.requests).toMatchObject([
      { caller: 'Worker', operation: 'GetItem', body: { ConsistentRead: true }, status: 200, consumed: 1 },
      { caller: 'Sweeper', operation: 'Query', body: { IndexName: 'due' }, status: 200, consumed: 0.5 },
      { caller: 'Worker', operation: 'TransactWriteItems', status: 200, consumed: 2 },
      { caller: 'Worker', operation: 'GetItem', status: 400, refused: denied('GetItem').message },
    ]);
  });
});

describe('faults', () => {
  const inject = (fault: Partial<Fault> & Pick<Fault, 'kind'>) => {
    const remove = front.inject({ when: ({ caller }) => caller === 'Worker', ...fault });
    onTestFinished(remove);
    return remove;
  };
  const itemAt = async (pk: string) => (await operator.send(get(pk))).Item;

  it('throttle and internal error are what the SDK retries', async () => {
    inject({ kind: 'throttle', times: 1 });
    await expect(worker.send(get('TOKEN#1'))).rejects.toMatchObject({ name: 'ProvisionedThroughputExceededException' });
    inject({ kind: 'internal-error', times: 1 });
    await expect(worker.send(get('TOKEN#1'))).rejects.toMatchObject({
      name: 'InternalServerError',
      $metadata: { httpStatusCode: 500 },
    });
    const patient = as('Worker', { maxAttempts: 3 });
    onTestFinished(() => patient.destroy());
    inject({ kind: 'throttle', times: 2 });
    await expect(patient.send(get('TOKEN#1'))).resolves.toBeDefined();
  });

  it('conflict cancels a transaction with a reason for each item, and a plain write with its own error', async () => {
    inject({ kind: 'conflict' });
    const items = ['a', 'b', 'c'].map((sk) => ({ Put: { TableName, Item: key('TOKEN#conflict', sk) } }));
    await expect(worker.send(transact(...items))).rejects.toMatchObject({
      name: 'TransactionCanceledException',
      CancellationReasons: [{ Code: 'TransactionConflict' }, { Code: 'None' }, { Code: 'None' }],
    });
    await expect(worker.send(put('TOKEN#conflict'))).rejects.toMatchObject({ name: 'TransactionConflictException' });
    await expect(worker.send(get('TOKEN#conflict'))).resolves.not.toHaveProperty('Item');
  });

  it('unprocessed hands the keys of a batch back', async () => {
    inject({ kind: 'unprocessed', times: 1 });
    const RequestItems = { [TableName]: { Keys: [key('TOKEN#1')] } };
    const first = await worker.send(new BatchGetItemCommand({ RequestItems }));
    expect(first).toMatchObject({ Responses: { [TableName]: [] }, UnprocessedKeys: RequestItems });
    const second = await worker.send(new BatchGetItemCommand({ RequestItems }));
    expect(second.UnprocessedKeys).toEqual({});
    inject({ kind: 'unprocessed', when: ({ operation }) => operation === 'BatchWriteItem' });
    const writes = { [TableName]: [{ PutRequest: { Item: key('TOKEN#unprocessed') } }] };
    const written = await operator.send(new BatchWriteItemCommand({ RequestItems: writes }));
    expect(written.UnprocessedItems).toEqual(writes);
  });

  it('reset closes the connection and nothing is written', async () => {
    inject({ kind: 'reset', times: 1 });
    await expect(worker.send(put('TOKEN#reset'))).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await itemAt('TOKEN#reset')).toBeUndefined();
  });

  it('a lost answer is of a write that happened', async () => {
    inject({ kind: 'lose-answer', times: 1 });
    await expect(worker.send(put('TOKEN#lost'))).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await itemAt('TOKEN#lost')).toEqual(key('TOKEN#lost'));
  });

  it('a late write is carried out when the test wants it, after its retry and whatever came then', async () => {
    const held: HeldWrite[] = [];
    inject({ kind: 'late', times: 1, hold: (write) => held.push(write) });
    const recording = front.record();
    onTestFinished(() => recording.stop());
    const patient = as('Worker', { maxAttempts: 2 });
    onTestFinished(() => patient.destroy());
    await patient.send(put('TOKEN#late'));
    await operator.send(new DeleteItemCommand({ TableName, Key: key('TOKEN#late') }));
    const [late] = held;
    expect([held.length, late?.operation, await itemAt('TOKEN#late')]).toEqual([1, 'PutItem', undefined]);
    expect(await late?.carryOut()).toMatchObject({ status: 200 });
    expect(await itemAt('TOKEN#late')).toEqual(key('TOKEN#late'));
    expect(recording.requests.slice(0, 2)).toMatchObject([{ status: 0, fault: 'late' }, { status: 200 }]);
  });

  it('a late transaction is one that the engine has not seen, and a read is never late', async () => {
    const held: HeldWrite[] = [];
    inject({ kind: 'late', hold: (write) => held.push(write) });
    const ClientRequestToken = 'known';
    const absent = { ConditionExpression: 'attribute_not_exists(pk)' };
    const TransactItems = [{ Put: { TableName, Item: key('TOKEN#twice'), ...absent } }];
    const command = new TransactWriteItemsCommand({ TransactItems, ClientRequestToken });
    await expect(worker.send(command)).rejects.toMatchObject({ code: 'ECONNRESET' });
    await operator.send(command);
    const [late] = held;
    expect(await late?.carryOut()).toMatchObject({
      status: 400,
      body: { CancellationReasons: [{ Code: 'ConditionalCheckFailed' }] },
    });
    await expect(worker.send(get('TOKEN#twice'))).resolves.toBeDefined();
    expect(held).toHaveLength(1);
  });

  it('stall answers nothing until the caller gives up', async () => {
    inject({ kind: 'stall' });
    const recording = front.record();
    onTestFinished(() => recording.stop());
    const patience = new AbortController();
    const answer = worker.send(put('TOKEN#stall'), { abortSignal: patience.signal });
    await expect.poll(() => recording.requests).toMatchObject([{ operation: 'PutItem', status: 0, fault: 'stall' }]);
    patience.abort();
    await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
    expect(await itemAt('TOKEN#stall')).toBeUndefined();
  });

  it('taken away, it is gone, and a refusal comes before it', async () => {
    const remove = inject({ kind: 'throttle' });
    await expect(worker.send(get('STACK#1'))).rejects.toMatchObject({ name: 'AccessDeniedException' });
    remove();
    await expect(worker.send(get('TOKEN#1'))).resolves.toBeDefined();
  });
});

describe('requests that no SDK sends', () => {
  const post = (body: string | Buffer, { as = front.operator, operation = 'GetItem' } = {}) =>
    new Promise<number | undefined>((resolve, reject) => {
      const authorization = `AWS4-HMAC-SHA256 Credential=${as.accessKeyId}/20000101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=none`;
      const headers = {
        authorization,
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-date': '20000101T000000Z',
        'x-amz-target': `DynamoDB_20120810.${operation}`,
      };
      const sent = request(front.endpoint, { method: 'POST', headers }, (answer) =>
        resolve(answer.resume().statusCode),
      );
      sent.on('error', reject).end(body);
    });

  it.each(['', 'not JSON', '[]', 'null'])('a body of %j is refused', async (body) => {
    expect(await post(body)).toBe(400);
  });

  it('a put is judged by its item, whatever else it names', async () => {
    const body = { TableName, Key: key('TOKEN#1'), Item: key('STACK#1') };
    const recording = front.record();
    onTestFinished(() => recording.stop());
    expect(await post(JSON.stringify(body), { operation: 'PutItem' })).toBe(200);
    expect(await post(JSON.stringify(body), { as: front.credentialsFor('Worker'), operation: 'PutItem' })).toBe(400);
    expect(recording.requests[1]?.refused).toBe(denied('PutItem').message);
  });

  it('a body above 17 MB closes the connection', async () => {
    await expect(post(Buffer.alloc(18 * 1024 * 1024, 32))).rejects.toThrow(/ECONNRESET|EPIPE|hang up/);
  });
});

it('a front before an engine that is gone closes its connections', async () => {
  const orphan = await startFront({ engine: 'http://127.0.0.1:1', stack: fixtureStack });
  onTestFinished(() => orphan.close());
  const client = clientOf(orphan.operator, { endpoint: orphan.endpoint });
  onTestFinished(() => client.destroy());
  await expect(client.send(get('TOKEN#1'))).rejects.toMatchObject({ code: 'ECONNRESET' });
});
