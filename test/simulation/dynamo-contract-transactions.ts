/** Contract: TransactWriteItems, its cancellation reasons and request tokens. */
import type { AttributeValue, TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { expect } from 'vitest';
import { type ContractCases, type ContractTable, invalid, refused } from './dynamo-contract-table.ts';

const put = (t: ContractTable, sk: string, attributes: Record<string, unknown> = {}): TransactWriteItem => ({
  Put: { TableName: t.name, Item: t.item(sk, attributes) },
});
const check = (t: ContractTable, sk: string, ConditionExpression = 'attribute_exists(pk)'): TransactWriteItem => ({
  ConditionCheck: {
    TableName: t.name,
    Key: t.key(sk),
    ConditionExpression,
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  },
});
const count = (t: ContractTable, sk: string): TransactWriteItem => ({
  Update: {
    TableName: t.name,
    Key: t.key(sk),
    UpdateExpression: 'ADD n :one',
    ExpressionAttributeValues: marshall({ ':one': 1 }),
  },
});

async function reasonsOf(
  call: Promise<unknown>,
): Promise<{ Code?: string; Message?: string; Item?: Record<string, AttributeValue> }[]> {
  const error = await call.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(error).toMatchObject({ name: 'TransactionCanceledException', CancellationReasons: expect.any(Array) });
  return error instanceof Error && 'CancellationReasons' in error && Array.isArray(error.CancellationReasons)
    ? error.CancellationReasons
    : [];
}

export const transactionCases: ContractCases = {
  'does all of a transaction': async (t) => {
    await t.put('old', { x: 1 });
    await t.put('there');
    await t.transact([
      put(t, 'new', { y: 1 }),
      count(t, 'counted'),
      { Delete: { TableName: t.name, Key: t.key('old') } },
      check(t, 'there'),
    ]);
    expect(await t.found('')).toEqual(['counted', 'new', 'there']);
    expect(await t.get('counted')).toEqual({ n: 1 });
  },
  'does nothing of a transaction with one failed condition': async (t) => {
    expect(await reasonsOf(t.transact([put(t, 'a'), check(t, 'gone'), count(t, 'b')]))).toMatchObject([
      { Code: 'None' },
      { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed' },
      { Code: 'None' },
    ]);
    expect(await t.found('')).toEqual([]);
  },
  'names every failed condition, with the stored items that were asked for': async (t) => {
    await t.put('a', { x: 1 });
    const failing = 'attribute_not_exists(pk)';
    const quiet: TransactWriteItem = {
      Put: { TableName: t.name, Item: t.item('b'), ConditionExpression: 'attribute_exists(pk)' },
    };
    const reasons = await reasonsOf(t.transact([check(t, 'a', failing), quiet, check(t, 'gone')]));
    expect(reasons.map(({ Code }) => Code)).toEqual([
      'ConditionalCheckFailed',
      'ConditionalCheckFailed',
      'ConditionalCheckFailed',
    ]);
    expect(reasons.map(({ Item }) => Item)).toEqual([t.item('a', { x: 1 }), undefined, undefined]);
  },
  'says why in the message of a cancelled transaction': async (t) => {
    await refused(
      t.transact([put(t, 'a'), check(t, 'gone')]),
      'TransactionCanceledException',
      /\[None, ConditionalCheckFailed\]/,
    );
  },
  'cancels a transaction whose update does not fit the item': async (t) => {
    await t.put('a', { n: 'text' });
    expect(await reasonsOf(t.transact([put(t, 'b'), count(t, 'a')]))).toMatchObject([
      { Code: 'None' },
      { Code: 'ValidationError' },
    ]);
    expect(await t.get('b')).toBeUndefined();
  },
  'refuses one item twice in a transaction': async (t) => {
    await invalid(t.transact([put(t, 'a'), check(t, 'a')]), /multiple operations on one item/);
  },
  'takes a hundred items in a transaction, and no more': async (t) => {
    const items = (n: number) => Array.from({ length: n }, (_, at) => put(t, String(at)));
    await expect(t.transact(items(100))).resolves.toBeDefined();
    await invalid(t.transact(items(101)));
    await invalid(t.transact([]));
  },
  'cancels a transaction with a key that does not fit the table': async (t) => {
    const incomplete = (Key: Record<string, AttributeValue>): TransactWriteItem => ({
      Delete: { TableName: t.name, Key },
    });
    const reasons = await reasonsOf(
      t.transact([put(t, 'a'), incomplete({ pk: { S: t.pk } }), put(t, 'b', { due_shard: 1 })]),
    );
    expect(reasons.map(({ Code }) => Code)).toEqual(['None', 'ValidationError', 'ValidationError']);
    await invalid(t.transact([put(t, 'a'), put(t, '')]), /empty string/);
  },
  'refuses a bad expression anywhere in a transaction, before anything is done': async (t) => {
    await invalid(t.transact([put(t, 'a'), check(t, 'b', 'attribute_exists(name)')]), /reserved keyword/);
    expect(await t.get('a')).toBeUndefined();
  },
  'does a transaction once for one request token': async (t) => {
    const token = crypto.randomUUID();
    await t.transact([count(t, 'a')], token);
    await t.transact([count(t, 'a')], token);
    expect(await t.get('a')).toEqual({ n: 1 });
    await t.transact([count(t, 'a')]);
    expect(await t.get('a')).toEqual({ n: 2 });
  },
  'refuses a request token with other parameters': async (t) => {
    const token = crypto.randomUUID();
    await t.transact([count(t, 'a')], token);
    await refused(t.transact([count(t, 'b')], token), 'IdempotentParameterMismatchException');
  },
  'tries a cancelled transaction again under its request token': async (t) => {
    const token = crypto.randomUUID();
    const items = [check(t, 'needed'), count(t, 'a')];
    await reasonsOf(t.transact(items, token));
    await t.put('needed');
    await t.transact(items, token);
    expect(await t.get('a')).toEqual({ n: 1 });
  },
  'refuses a request token that is too long': async (t) => {
    await invalid(t.transact([count(t, 'a')], 'x'.repeat(37)));
  },
};
