import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import {
  type AttributeMap,
  type Change,
  type Fault,
  SimulatedDynamo,
  type SimulatedDynamoOptions,
} from './simulated-dynamo.ts';

const TABLE = {
  name: 't',
  partitionKey: 'pk',
  sortKey: 'sk',
  indexes: { due: { partitionKey: 'due_shard', sortKey: 'due_at', projection: 'KEYS_ONLY' } },
} as const;

const simulate = (options: Partial<SimulatedDynamoOptions> = {}) =>
  new SimulatedDynamo({ tables: [TABLE], ...options });
const oldest = (n: number, what: string) => (what === 'version' ? n - 1 : 0);
const key = (sk: string): AttributeMap => ({ pk: { S: 'p' }, sk: { S: sk } });
const put = (sk: string, more: AttributeMap = {}, ConditionExpression?: string) =>
  new PutItemCommand({
    TableName: 't',
    Item: { ...key(sk), ...more },
    ...(ConditionExpression && { ConditionExpression }),
  });
const get = (sk: string, ConsistentRead: boolean) =>
  new GetItemCommand({ TableName: 't', Key: key(sk), ConsistentRead });
const due = () =>
  new QueryCommand({
    TableName: 't',
    IndexName: 'due',
    KeyConditionExpression: 'due_shard = :s',
    ExpressionAttributeValues: { ':s': { S: '0' } },
  });
const add = (sk: string): TransactWriteItem => ({
  Update: {
    TableName: 't',
    Key: key(sk),
    UpdateExpression: 'ADD n :one',
    ExpressionAttributeValues: { ':one': { N: '1' } },
  },
});
const transact = (...TransactItems: TransactWriteItem[]) => new TransactWriteItemsCommand({ TransactItems });
const always = (kind: Fault['kind'], times = 1): Fault => ({ kind, times, when: () => true });

describe('reads that are not strong', () => {
  it('sees any of the last versions, where a strong read sees the last', async () => {
    const dynamo = simulate({ choose: oldest });
    await dynamo.send(put('a', { v: { N: '1' } }));
    await dynamo.send(put('a', { v: { N: '2' } }));
    expect((await dynamo.send(get('a', false))).Item).toBeUndefined();
    expect((await dynamo.send(get('a', true))).Item).toMatchObject({ v: { N: '2' } });
  });

  it('sees an item that is gone', async () => {
    const dynamo = simulate({ choose: (n) => Math.min(1, n - 1) });
    dynamo.put('t', key('a'));
    await dynamo.send(new BatchWriteItemCommand({ RequestItems: { t: [{ DeleteRequest: { Key: key('a') } }] } }));
    expect((await dynamo.send(get('a', false))).Item).toEqual(key('a'));
    expect(dynamo.items('t')).toEqual([]);
  });

  it('finds in an index what has left it, and not what has come', async () => {
    const dynamo = simulate({ choose: oldest });
    const entry = { due_shard: { S: '0' }, due_at: { S: '1' } };
    dynamo.put('t', { ...key('old'), ...entry });
    await dynamo.send(new UpdateItemCommand({ TableName: 't', Key: key('old'), UpdateExpression: 'REMOVE due_shard' }));
    await dynamo.send(put('new', entry));
    expect((await dynamo.send(due())).Items).toEqual([{ ...key('old'), ...entry }]);
    dynamo.settle();
    expect((await dynamo.send(due())).Items).toEqual([{ ...key('new'), ...entry }]);
  });

  it('gives a batch back in part and in no order', async () => {
    const Keys = ['a', 'b', 'c'].map(key);
    const read = new BatchGetItemCommand({ RequestItems: { t: { Keys, ConsistentRead: true } } });
    const dynamo = simulate({ choose: (_, what) => (what === 'unprocessed' ? 1 : 0) });
    for (const item of Keys) dynamo.put('t', item);
    const { Responses, UnprocessedKeys } = await dynamo.send(read);
    expect(Responses?.t).toEqual([key('b'), key('a')]);
    expect(UnprocessedKeys).toEqual({ t: { Keys: [key('c')], ConsistentRead: true } });
  });
});

describe('calls that fail on the way', () => {
  it('does a call whose answer is lost, and not one that is reset', async () => {
    const dynamo = simulate();
    dynamo.inject(always('lose-answer'));
    await expect(dynamo.send(put('lost'))).rejects.toMatchObject({ code: 'ECONNRESET' });
    dynamo.inject(always('reset'));
    await expect(dynamo.send(put('reset'))).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(dynamo.items('t')).toEqual([key('lost')]);
    expect(dynamo.requests.map(({ committed }) => committed !== undefined)).toEqual([true, false]);
  });

  it('does a transaction once when the answer to it is lost and it is sent again', async () => {
    const dynamo = simulate({ retries: 2, transactionsConflict: true });
    dynamo.inject(always('lose-answer', 2));
    await dynamo.send(transact(add('a')));
    expect(dynamo.items('t')).toEqual([{ ...key('a'), n: { N: '1' } }]);
    expect(dynamo.requests.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
  });

  it('does a transaction twice when the request tokens are forgotten', async () => {
    const dynamo = simulate();
    const once = new TransactWriteItemsCommand({ TransactItems: [add('a')], ClientRequestToken: 'same' });
    await dynamo.send(once);
    dynamo.forgetRequestTokens();
    await dynamo.send(once);
    expect(dynamo.items('t')).toEqual([{ ...key('a'), n: { N: '2' } }]);
  });

  it('fails the condition of a put that was done before its answer was lost', async () => {
    const dynamo = simulate({ retries: 2 });
    dynamo.inject(always('lose-answer'));
    const once = dynamo.send(put('a', {}, 'attribute_not_exists(pk)'));
    await expect(once).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
  });

  it('hides a refusal too when the answer is lost', async () => {
    const dynamo = simulate();
    dynamo.inject(always('lose-answer'));
    await expect(dynamo.send(put('a', {}, 'attribute_exists(pk)'))).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('gives up after its attempts', async () => {
    const dynamo = simulate({ retries: 2 });
    const takeAway = dynamo.inject({ kind: 'throttle', when: (operation) => operation === 'GetItem' });
    await expect(dynamo.send(get('a', true))).rejects.toMatchObject({ name: 'ProvisionedThroughputExceededException' });
    expect(dynamo.requests).toHaveLength(3);
    takeAway();
    await expect(dynamo.send(get('a', true))).resolves.toBeDefined();
    dynamo.inject(always('internal-error'));
    await expect(dynamo.send(get('a', true))).resolves.toBeDefined();
  });

  it('conflicts, and leaves batches undone, when told to', async () => {
    const dynamo = simulate();
    dynamo.inject(always('conflict', 2));
    await expect(dynamo.send(transact(add('a'), add('b')))).rejects.toMatchObject({
      CancellationReasons: [{ Code: 'TransactionConflict' }, { Code: 'None' }],
    });
    await expect(dynamo.send(put('a'))).rejects.toMatchObject({ name: 'TransactionConflictException' });
    dynamo.inject(always('unprocessed'));
    const RequestItems = { t: [{ PutRequest: { Item: key('a') } }] };
    expect(await dynamo.send(new BatchWriteItemCommand({ RequestItems }))).toMatchObject({
      UnprocessedItems: RequestItems,
    });
    expect(dynamo.items('t')).toEqual([]);
  });
});

describe('the double itself', () => {
  it('tells of every change once, in commit order, and of no write that changed nothing', async () => {
    const changes: Change[] = [];
    const dynamo = simulate({ onCommit: (change) => changes.push(change) });
    await dynamo.send(put('a'));
    await dynamo.send(put('a'));
    await dynamo.send(transact(add('a'), { Delete: { TableName: 't', Key: key('gone') } }));
    const counted = { ...key('a'), n: { N: '1' } };
    expect(changes).toEqual([
      { sequence: 1, table: 't', key: key('a'), before: undefined, after: key('a') },
      { sequence: 2, table: 't', key: key('a'), before: key('a'), after: counted },
    ]);
  });

  it('keeps nothing that a caller can change', async () => {
    const dynamo = simulate();
    const item = { ...key('a'), l: { L: [{ S: 'x' }] } };
    const sent = dynamo.send(new PutItemCommand({ TableName: 't', Item: item }));
    item.l.L.push({ S: 'late' });
    await sent;
    const { Item } = await dynamo.send(get('a', true));
    expect(() => Item?.l?.L?.push({ S: 'later' })).toThrow(TypeError);
    expect(dynamo.items('t')).toEqual([{ ...key('a'), l: { L: [{ S: 'x' }] } }]);
  });

  it('refuses calls and fields that it does not know', async () => {
    const dynamo = simulate();
    await expect(dynamo.send(new ScanCommand({ TableName: 't' }))).rejects.toThrow('does not implement ScanCommand');
    const legacy = new GetItemCommand({ TableName: 't', Key: key('a'), AttributesToGet: ['x'] });
    await expect(dynamo.send(legacy)).rejects.toThrow('does not implement GetItem.AttributesToGet');
  });

  it('stands in wherever a client is only asked to send', () => {
    const clients: Pick<SimulatedDynamo, 'send'>[] = [simulate(), new DynamoDBClient({ region: 'us-east-1' })];
    expect(clients).toHaveLength(2);
  });
});
