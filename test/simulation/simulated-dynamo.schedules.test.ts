import {
  BatchGetItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AttributeMap, SimulatedDynamo } from './simulated-dynamo.ts';

const TABLE = { name: 't', partitionKey: 'pk', sortKey: 'sk' };
const RUNS = { numRuns: 300 };
const key = (sk: string): AttributeMap => ({ pk: { S: 'p' }, sk: { S: sk } });
const set = (sk: string, v: string) => ({
  TableName: 't',
  Key: key(sk),
  UpdateExpression: 'SET v = :v',
  ExpressionAttributeValues: { ':v': { S: v } },
});

/** One double for each schedule that fast-check makes up; its choices too. */
const simulations = fc.tuple(fc.scheduler(), fc.infiniteStream(fc.nat({ max: 1_000 }))).map(([scheduler, numbers]) => ({
  scheduler,
  dynamo: new SimulatedDynamo({
    tables: [TABLE],
    scheduler,
    transactionsConflict: true,
    choose: (n, what) => (what === 'unprocessed' ? 0 : Number(numbers.next().value) % n),
  }),
}));

/** Runs a story under many schedules and gives what came out of each. */
async function outcomes<T>(
  story: (simulation: { dynamo: SimulatedDynamo; scheduler: fc.Scheduler }) => Promise<T>,
): Promise<T[]> {
  const seen: T[] = [];
  const property = fc.asyncProperty(simulations, async (simulation) => {
    seen.push(await simulation.scheduler.waitFor(story(simulation)));
  });
  await fc.assert(property, RUNS);
  return seen;
}

const codeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  if (!('CancellationReasons' in error) || !Array.isArray(error.CancellationReasons)) return error.name;
  return error.CancellationReasons.map(({ Code }) => Code).join(' ');
};
const settled = (call: Promise<unknown>): Promise<string> => call.then(() => 'done', codeOf);

describe('under every schedule', () => {
  it('a read after an acknowledged write can be stale, and never is when it is strong', async () => {
    const read = (ConsistentRead: boolean) =>
      outcomes(async ({ dynamo }) => {
        await dynamo.send(new PutItemCommand({ TableName: 't', Item: { ...key('a'), v: { S: 'new' } } }));
        const { Item } = await dynamo.send(new GetItemCommand({ TableName: 't', Key: key('a'), ConsistentRead }));
        return Item?.v?.S;
      });
    expect(new Set(await read(true))).toEqual(new Set(['new']));
    expect(new Set(await read(false))).toEqual(new Set(['new', undefined]));
  });

  it('transactions on one item conflict when they meet, and are all or nothing', async () => {
    const seen = await outcomes(async ({ dynamo }) => {
      const write = (v: string) =>
        settled(
          dynamo.send(
            new TransactWriteItemsCommand({ TransactItems: [{ Update: set('a', v) }, { Update: set(v, v) }] }),
          ),
        );
      const ends = await Promise.all([write('x'), write('y')]);
      const written = dynamo.items('t').filter(({ sk }) => sk?.S !== 'a');
      expect(written).toHaveLength(ends.filter((end) => end === 'done').length);
      return ends.join(', ');
    });
    expect(new Set(seen)).toEqual(
      new Set(['done, done', 'TransactionConflict None, done', 'done, TransactionConflict None']),
    );
  });

  it('a plain write meets a transaction as a conflict', async () => {
    const seen = await outcomes(async ({ dynamo }) => {
      const both = new TransactWriteItemsCommand({ TransactItems: [{ Update: set('a', 'x') }] });
      return Promise.all([settled(dynamo.send(both)), settled(dynamo.send(new UpdateItemCommand(set('a', 'y'))))]);
    });
    expect(new Set(seen.map(([, plain]) => plain))).toEqual(new Set(['done', 'TransactionConflictException']));
    expect(new Set(seen.map(([transaction]) => transaction))).toEqual(new Set(['done']));
  });

  it('one cancelled transaction can name a conflict and a failed condition', async () => {
    const seen = await outcomes(async ({ dynamo }) => {
      const failing = { Put: { TableName: 't', Item: key('b'), ConditionExpression: 'attribute_exists(pk)' } };
      const [, end] = await Promise.all([
        settled(dynamo.send(new TransactWriteItemsCommand({ TransactItems: [{ Update: set('a', 'x') }] }))),
        settled(dynamo.send(new TransactWriteItemsCommand({ TransactItems: [{ Update: set('a', 'y') }, failing] }))),
      ]);
      return end;
    });
    expect(new Set(seen)).toContain('TransactionConflict ConditionalCheckFailed');
  });

  it('a batch and a query can see half of a transaction', async () => {
    const torn = (read: (dynamo: SimulatedDynamo) => Promise<AttributeMap[]>) =>
      outcomes(async ({ dynamo }) => {
        for (const sk of ['a', 'b']) dynamo.put('t', { ...key(sk), v: { S: 'old' } });
        const write = new TransactWriteItemsCommand({
          TransactItems: [{ Update: set('a', 'new') }, { Update: set('b', 'new') }],
        });
        const [items] = await Promise.all([read(dynamo), dynamo.send(write)]);
        return new Set(items.map(({ v }) => v?.S)).size === 2;
      });
    const batch = new BatchGetItemCommand({
      RequestItems: { t: { Keys: [key('a'), key('b')], ConsistentRead: true } },
    });
    const query = new QueryCommand({
      TableName: 't',
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :p',
      ExpressionAttributeValues: { ':p': { S: 'p' } },
    });
    expect(await torn(async (dynamo) => (await dynamo.send(batch)).Responses?.t ?? [])).toContain(true);
    expect(await torn(async (dynamo) => (await dynamo.send(query)).Items ?? [])).toContain(true);
  });

  it('the same request token while the first is under way is refused, and done once', async () => {
    const seen = await outcomes(async ({ dynamo }) => {
      const add = { ...set('a', '1'), UpdateExpression: 'ADD n :v', ExpressionAttributeValues: { ':v': { N: '1' } } };
      const same = () =>
        dynamo.send(new TransactWriteItemsCommand({ TransactItems: [{ Update: add }], ClientRequestToken: 'same' }));
      const ends = await Promise.all([settled(same()), settled(same())]);
      expect(dynamo.items('t')).toEqual([{ ...key('a'), n: { N: '1' } }]);
      return ends.sort().join(', ');
    });
    expect(new Set(seen)).toEqual(new Set(['done, done', 'TransactionInProgressException, done']));
  });

  it('a request that was given up can still be done later', async () => {
    const seen = await outcomes(async ({ dynamo, scheduler }) => {
      dynamo.inject({ kind: 'late', times: 1, when: () => true });
      expect(await settled(dynamo.send(new UpdateItemCommand(set('a', 'late'))))).toBe('Error');
      await dynamo.send(new UpdateItemCommand(set('a', 'next')));
      while (scheduler.count() > 0) await scheduler.waitOne();
      return dynamo.items('t')[0]?.v?.S;
    });
    expect(new Set(seen)).toEqual(new Set(['late', 'next']));
  });

  it('arrivals, commits and answers are numbered in the order in which they happened', async () => {
    await outcomes(async ({ dynamo }) => {
      await Promise.all(['x', 'y'].map((v) => dynamo.send(new UpdateItemCommand(set('a', v)))));
      for (const { arrived, committed = 0, answered = 0 } of dynamo.requests) {
        expect(arrived).toBeLessThan(committed);
        expect(committed).toBeLessThan(answered);
      }
      const last = dynamo.requests.toSorted((one, other) => (one.committed ?? 0) - (other.committed ?? 0)).at(-1);
      expect(last?.input).toMatchObject({ ExpressionAttributeValues: { ':v': dynamo.items('t')[0]?.v } });
    });
  });
});
