import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import type { Key } from '../../functions/aws/storage/expressions.ts';
import { createStorage, type Storage } from '../../functions/aws/storage/storage.ts';
import type { Step } from '../../functions/aws/storage/transactions.ts';
import { type Choice, type Fault, SimulatedDynamo } from '../simulation/simulated-dynamo.ts';

const table = 'things';
const key = (sk: string, pk = 'THING#1'): Key => ({ table, pk, sk });
const put = (sk: string, item = {}, condition?: string): Step => ({
  put: key(sk),
  item,
  ...(condition ? { condition } : {}),
});
const absent = 'attribute_not_exists(#pk)';
/** The audit entry of an operation, which is the proof that it was carried out. */
const proof = (operation: string): Step => put(`AUDIT#${operation}`, {}, absent);

interface Scene {
  readonly dynamo: SimulatedDynamo;
  readonly storage: Storage;
  /** Milliseconds of each pause that was made. */
  readonly pauses: number[];
}

function scene({ jitter = 1, retries = 0, choose = (_n: number, _what: Choice) => 0 } = {}): Scene {
  const tables = [{ name: table, partitionKey: 'pk', sortKey: 'sk' }];
  const dynamo = new SimulatedDynamo({ tables, retries, choose });
  const pauses: number[] = [];
  const pause = async (ms: number) => void pauses.push(ms);
  return { dynamo, pauses, storage: createStorage(dynamo, { pause, jitter: () => jitter }) };
}

async function sceneWith(items: readonly string[], options = {}): Promise<Scene> {
  const made = scene(options);
  for (const sk of items) await made.storage.write({ put: key(sk), item: { name: sk } });
  made.dynamo.requests.length = 0;
  return made;
}

const always = (kind: Fault['kind']): Fault => ({ kind, when: () => true });
const once = (kind: Fault['kind'], times = 1): Fault => ({ kind, when: () => true, times });
const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

describe('reading', () => {
  it('asks for one item by itself, and strongly', async () => {
    const { dynamo, storage } = await sceneWith(['a']);
    expect(await storage.read([key('a')])).toMatchObject([{ name: 'a' }]);
    expect(dynamo.requests.map(({ operation, input }) => [operation, input.ConsistentRead])).toEqual([
      ['GetItem', true],
    ]);
  });

  it('asks for several items in one strong request, and gives them in the order of the keys', async () => {
    const { dynamo, storage } = await sceneWith(['a', 'b', 'c']);
    const found = await storage.read([key('c'), key('none'), key('a'), key('c')]);
    expect(found.map((item) => item?.name ?? null)).toEqual(['c', null, 'a', 'c']);
    expect(dynamo.requests.map(({ operation, input }) => [operation, input.RequestItems])).toEqual([
      ['BatchGetItem', { [table]: expect.objectContaining({ ConsistentRead: true }) }],
    ]);
  });

  it('asks for nothing when there is nothing to read', async () => {
    const { dynamo, storage } = await sceneWith(['a']);
    expect([await storage.read([]), dynamo.requests.length]).toEqual([[], 0]);
  });

  it('asks again for what stayed unprocessed, with doubling pauses', async () => {
    const { dynamo, storage, pauses } = await sceneWith(['a', 'b']);
    dynamo.inject(once('unprocessed', 3));
    expect(await storage.read([key('a'), key('b')])).toMatchObject([{ name: 'a' }, { name: 'b' }]);
    expect(pauses).toEqual([25, 50, 100]);
  });

  it('keeps what it was given when only a part stayed unprocessed', async () => {
    const leaveOne = (n: number, what: Choice) => (what === 'unprocessed' && n > 1 ? 1 : 0);
    const { dynamo, storage } = await sceneWith(['a', 'b', 'c'], { choose: leaveOne });
    const found = await storage.read([key('a'), key('b'), key('c')]);
    expect(found.map((item) => item?.name)).toEqual(['a', 'b', 'c']);
    expect(dynamo.requests.length).toBeGreaterThan(1);
  });

  it.each([0, 0.5, 1])(
    'gives up after a second of pauses, whatever the jitter (%d), and says unavailable',
    async (jitter) => {
      const { dynamo, storage, pauses } = await sceneWith(['a', 'b'], { jitter });
      dynamo.inject(always('unprocessed'));
      await expect(storage.read([key('a'), key('b')])).rejects.toMatchObject({ kind: 'unavailable' });
      expect(sum(pauses)).toBe(1000);
      expect(pauses.length).toBeLessThan(12);
    },
  );

  it.each(['reset', 'throttle', 'internal-error'] as const)('says unavailable on %s', async (kind) => {
    const { dynamo, storage } = await sceneWith(['a', 'b']);
    dynamo.inject(always(kind));
    const refusal = { kind: 'unavailable', headers: { 'retry-after': expect.stringMatching(/^\d+$/) } };
    await expect(storage.read([key('a')])).rejects.toMatchObject(refusal);
    await expect(storage.read([key('a'), key('b')])).rejects.toMatchObject(refusal);
    await expect(storage.query({ table, pk: 'THING#1', limit: 5 })).rejects.toMatchObject(refusal);
  });
});

describe('querying', () => {
  const names = ['A#1', 'A#2', 'A#3', 'B#1', 'B#2'];
  const range = { table, pk: 'THING#1', limit: 10 };

  it('reads strongly, in order, and never without a limit', async () => {
    const { dynamo, storage } = await sceneWith(names);
    expect((await storage.query(range)).map(({ sk }) => sk)).toEqual(names);
    for (const { input } of dynamo.requests) expect(input).toMatchObject({ ConsistentRead: true, Limit: 10 });
  });

  it.each([
    ['a prefix', { prefix: 'B#' }, ['B#1', 'B#2']],
    ['newest first', { newestFirst: true, limit: 2 }, ['B#2', 'B#1']],
    ['what is after a key', { after: 'A#3' }, ['B#1', 'B#2']],
    ['what is after a key, newest first', { after: 'A#3', newestFirst: true }, ['A#2', 'A#1']],
    ['at most the limit', { limit: 3 }, ['A#1', 'A#2', 'A#3']],
  ])('gives %s', async (_, more, expected) => {
    const { storage } = await sceneWith(names);
    expect((await storage.query({ ...range, ...more })).map(({ sk }) => sk)).toEqual(expected);
  });

  it('asks for nothing where nothing is wanted', async () => {
    const { dynamo, storage } = await sceneWith(names);
    expect([await storage.query({ ...range, limit: 0 }), dynamo.requests.length]).toEqual([[], 0]);
  });

  it('follows every page to the limit', async () => {
    // 300 KiB each: a page of 1 MB holds three.
    const { dynamo, storage } = scene();
    for (const sk of names) await storage.write({ put: key(sk), item: { filling: 'x'.repeat(300 * 1024) } });
    dynamo.requests.length = 0;
    expect((await storage.query({ ...range, limit: 5 })).map(({ sk }) => sk)).toEqual(names);
    expect(dynamo.requests.length).toBeGreaterThan(1);
  });
});

describe('writing one item', () => {
  it('tells whether the condition held', async () => {
    const { storage } = await sceneWith([]);
    const step = { put: key('a'), item: { n: 1 }, condition: absent };
    expect([await storage.write(step), await storage.write(step)]).toEqual([true, false]);
  });

  it.each<[string, Fault['kind'][], boolean]>([
    ['refused at the first attempt is refused', [], true],
    ['in the way of others at its first attempt, and then refused, is refused', ['conflict'], true],
    ['refused after an attempt that was not answered may still be carried out', ['reset'], false],
    ['refused after that and others in its way may, too', ['reset', 'conflict'], false],
  ])('whose condition may hold again later, %s', async (_, faults, isRefused) => {
    const { dynamo, storage } = await sceneWith(['a'], { retries: 2 });
    for (const kind of faults) dynamo.inject(once(kind));
    const done = storage.transact([proof('1'), put('a', {}, absent)], { proof: 0, mayHoldAgain: [1] });
    if (isRefused) expect((await done)?.map(({ failed }) => failed)).toEqual([false, true]);
    else await expect(done).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('that also fails on a condition which never holds again is refused, whatever was not answered before', async () => {
    const { dynamo, storage } = await sceneWith(['a', 'b'], { retries: 2 });
    dynamo.inject(once('reset'));
    const steps = [proof('1'), put('a', {}, absent), put('b', {}, absent)];
    const outcome = await storage.transact(steps, { proof: 0, mayHoldAgain: [1] });
    expect(outcome?.map(({ failed }) => failed)).toEqual([false, true, true]);
  });

  it('says unavailable when it is not known what happened', async () => {
    const { dynamo, storage } = await sceneWith([]);
    dynamo.inject(once('lose-answer'));
    await expect(storage.write({ put: key('a'), item: {} })).rejects.toMatchObject({ kind: 'unavailable' });
  });
});

describe('a transaction', () => {
  it('is carried out whole', async () => {
    const { dynamo, storage } = await sceneWith(['old']);
    const steps: Step[] = [proof('1'), put('a', { n: 1 }), { delete: key('old'), condition: 'attribute_exists(#pk)' }];
    expect(await storage.transact(steps, { proof: 0 })).toBeNull();
    expect(dynamo.items(table).map(({ sk }) => sk?.S)).toEqual(['AUDIT#1', 'a']);
  });

  it('changes nothing when a condition fails, and tells of each step what it met', async () => {
    const { dynamo, storage } = await sceneWith(['there']);
    const steps: Step[] = [
      proof('1'),
      put('there', {}, absent),
      { check: key('none'), condition: '#role = :admin', values: { admin: 'admin' } },
      put('b'),
    ];
    expect(await storage.transact(steps, { proof: 0 })).toEqual([
      { failed: false, item: null },
      { failed: true, item: expect.objectContaining({ name: 'there' }) },
      { failed: true, item: null },
      { failed: false, item: null },
    ]);
    expect(dynamo.items(table).map(({ sk }) => sk?.S)).toEqual(['there']);
  });

  it('that met another is sent again as it was, with the same request token', async () => {
    const { dynamo, storage, pauses } = await sceneWith([]);
    dynamo.inject(once('conflict', 4));
    expect(await storage.transact([proof('1'), put('a')], { proof: 0 })).toBeNull();
    expect(pauses).toEqual([25, 50, 100, 200]);
    expect(new Set(dynamo.requests.map(({ input }) => JSON.stringify(input))).size).toBe(1);
    expect(dynamo.requests[0]?.input.ClientRequestToken).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('has a request token that no other has', async () => {
    const { dynamo, storage } = await sceneWith([]);
    for (const operation of ['1', '2', '3']) await storage.transact([proof(operation)], { proof: 0 });
    expect(new Set(dynamo.requests.map(({ input }) => input.ClientRequestToken)).size).toBe(3);
  });

  it.each([0, 0.3, 1])(
    'that meets others again and again gives up after three seconds of pauses (jitter %d)',
    async (jitter) => {
      const { dynamo, storage, pauses } = scene({ jitter });
      dynamo.inject(always('conflict'));
      const refusal = { kind: 'conflict', headers: { 'retry-after': '1' } };
      await expect(storage.transact([proof('1'), put('a')], { proof: 0 })).rejects.toMatchObject(refusal);
      expect(sum(pauses)).toBe(3000);
      expect(pauses.length).toBeLessThan(25);
      expect(dynamo.items(table)).toEqual([]);
    },
  );

  it('that meets others after an attempt without an answer does not say that nothing was changed', async () => {
    const { dynamo, storage } = await sceneWith([], { retries: 2 });
    dynamo.inject(once('reset'));
    dynamo.inject(always('conflict'));
    await expect(storage.transact([proof('1'), put('a')], { proof: 0 })).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('whose answer was lost, and which storage has forgotten since, is proven by its own entry', async () => {
    const { dynamo } = await sceneWith([]);
    const storage = createStorage(sendingAgain(dynamo), { pause: async () => {}, jitter: () => 1 });
    dynamo.inject(once('lose-answer'));
    expect(await storage.transact([proof('1'), put('a', {}, absent)], { proof: 0 })).toBeNull();
    expect(dynamo.items(table).map(({ sk }) => sk?.S)).toEqual(['AUDIT#1', 'a']);
    expect(dynamo.requests.map(({ error }) => error)).toEqual(['Error', 'TransactionCanceledException']);
  });

  it('that was never carried out is not taken for one that was', async () => {
    const { dynamo } = await sceneWith(['a']);
    const storage = createStorage(sendingAgain(dynamo), { pause: async () => {}, jitter: () => 1 });
    dynamo.inject(once('reset'));
    const outcome = await storage.transact([proof('1'), put('a', {}, absent)], { proof: 0 });
    expect(outcome?.map(({ failed }) => failed)).toEqual([false, true]);
  });

  it('says unavailable when it is not known what happened', async () => {
    const { dynamo, storage } = await sceneWith([]);
    dynamo.inject(always('lose-answer'));
    await expect(storage.transact([proof('1')], { proof: 0 })).rejects.toMatchObject({ kind: 'unavailable' });
  });
});

/** As the SDK sends a call again whose answer did not come, but over ten minutes later: no request token is known any more. */
function sendingAgain(dynamo: SimulatedDynamo): Pick<DynamoDBClient, 'send'> {
  const send: SimulatedDynamo['send'] = (command) =>
    dynamo.send(command).catch((error: Error & { code?: string }) => {
      if (error.code !== 'ECONNRESET') throw error;
      dynamo.forgetRequestTokens();
      return dynamo.send(command);
    });
  return { send } as Pick<DynamoDBClient, 'send'>;
}
