import { beforeEach, describe, expect, test } from 'vitest';
import type { Item, Key } from '../../functions/aws/expressions.ts';
import { tokenItem } from '../../functions/aws/items.ts';
import { dueAttributes } from '../../functions/aws/keys.ts';
import { createStorage } from '../../functions/aws/storage.ts';
import { unavailable } from '../../functions/refusals.ts';
import { endSessions, type RoundOutcome } from '../../functions/sessions/end-sessions.ts';
import { lifetimeMs, shards } from '../../functions/sessions/session.ts';
import { receiptOf } from '../../functions/tokens/revocation.ts';
import { SimulatedBus } from '../support/simulated-bus.ts';
import { type Dependencies, dependenciesOver, keys, tableSpecs, tables } from '../support/simulated-dependencies.ts';
import { SimulatedDynamo } from '../support/simulated-dynamo.ts';
import { tokenLike } from '../tokens/token-like.ts';

const token = tokenLike({ epoch: 2 });
const operation = '0190-operation';
const revokedAt = new Date('2026-03-01T08:00:00.000Z');
const pauses = { pause: async () => {}, jitter: () => 1 };

let dynamo: SimulatedDynamo;
let bus: SimulatedBus;
let deps: Dependencies;
let ms: number;
/** What reading a page of sessions takes. */
let pageMs: number;
beforeEach(async () => {
  [ms, pageMs] = [revokedAt.getTime(), 0];
  dynamo = new SimulatedDynamo({ tables: tableSpecs });
  const passTime = (called: string, { TableName }: Readonly<Record<string, unknown>>) => {
    if (called === 'Query' && TableName === tables.sessions) ms += pageMs;
    return false;
  };
  dynamo.inject({ kind: 'reset', when: passTime });
  bus = new SimulatedBus({ hop: async () => {} });
  const given = { client: dynamo, bus, ...pauses, now: () => new Date(ms), random: () => new Uint8Array() };
  deps = dependenciesOver(given);
  await put(keys.token(token.uid), tokenItem(token));
  const receipt = receiptOf(token, { operation, reason: 'ended', actor: token.created_by, epoch: 2, at: revokedAt });
  await put(keys.receipt(token.uid, operation), {
    ...receipt,
    ...dueAttributes('2026-03-01T08:01:00.000Z', token.uid, operation),
  });
});

async function put(key: Key, item: Item): Promise<void> {
  await createStorage(dynamo, pauses).write({ put: key, item });
}

const uidOf = (shard: string, number: number) => `blt${shard}${String(number).padStart(15, '0')}`;

/** Opened under an epoch; the numbers from one on, in this order. */
async function open(shard: string, epoch: number, [from, to]: readonly [number, number]): Promise<string[]> {
  const uids = Array.from({ length: to - from + 1 }, (_, index) => uidOf(shard, from + index));
  for (const uid of uids)
    await deps.sessions.open({
      uid,
      token_uid: token.uid,
      api_key: token.api_key,
      digest: '',
      epoch,
      client: '',
      remote_addr: '',
      opened_at: revokedAt.toISOString(),
      expires_at: new Date(revokedAt.getTime() + lifetimeMs).toISOString(),
    });
  return uids;
}

/** Round after round, as the stream brings them; no more than so many. */
async function rounds(most: number): Promise<RoundOutcome[]> {
  const outcomes: RoundOutcome[] = [];
  while (outcomes.length < most && outcomes.at(-1) !== 'completed')
    outcomes.push(await endSessions(deps, { token: token.uid, operation }));
  return outcomes;
}

const receiptNow = async () => (await deps.revocations.find(token.uid, operation))?.receipt;
const told = () =>
  bus.of('sessions.revoked').map(({ data: { shard, sessions, last } }) => ({ shard, count: sessions.length, last }));
const left = () => dynamo.items(tables.sessions).map(({ sk }) => sk?.S);

describe('rounds come to an end', () => {
  test('in a shard full of sessions of the newer epoch, each from where the one before has looked', async () => {
    pageMs = 400;
    const newer = await open('0', 2, [1, 3000]);

    const outcomes = await rounds(10);
    expect(outcomes.at(-1)).toBe('completed');
    expect(outcomes.length).toBeGreaterThan(1);
    expect(left()).toEqual(newer);
  });

  test('in many such shards, and all that is older is ended, told and counted once', async () => {
    pageMs = 400;
    const [newer, older]: [string[], string[]] = [[], []];
    for (const shard of shards) {
      newer.push(...(await open(shard, 2, [1, 260])), ...(await open(shard, 2, [262, 520])));
      older.push(...(await open(shard, 1, [261, 261])), ...(await open(shard, 1, [521, 521])));
    }

    expect((await rounds(20)).at(-1)).toBe('completed');
    expect(left()).toEqual(newer);
    expect(
      bus
        .of('sessions.revoked')
        .flatMap(({ data }) => data.sessions)
        .sort(),
    ).toEqual(older);
    const { receipt } = (await deps.revocations.find(token.uid, operation)) ?? {};
    expect(receipt?.summary?.sessions).toEqual({ total: 32, ended: 32, remaining: 0 });
  });
});

describe('the last event of a shard says so', () => {
  test.each([
    ['a page is full', 250, [100, 100, 50]],
    ['a page has room', 101, [100, 1]],
    ['one session is more than a page', 251, [100, 100, 50, 1]],
  ])('where %s', async (_, count, counts) => {
    await open('7', 1, [1, count]);
    await rounds(3);
    expect(told()).toEqual(counts.map((each, at) => ({ shard: '7', count: each, last: at === counts.length - 1 })));
  });

  test('with no session, where those that follow are not to be ended', async () => {
    await open('7', 1, [1, 250]);
    await open('7', 2, [251, 252]);
    await rounds(3);
    expect(told().slice(2)).toEqual([
      { shard: '7', count: 50, last: false },
      { shard: '7', count: 0, last: true },
    ]);
  });

  test('with no session, where those that follow have gone before the next round', async () => {
    pageMs = 6000;
    const uids = await open('0', 1, [1, 251]);
    expect(await endSessions(deps, { token: token.uid, operation })).toBe('continued');
    await deps.sessions.end(token.uid, uids.at(-1) ?? '');
    pageMs = 0;
    expect(await rounds(3)).toEqual(['completed']);
    expect(told().at(-1)).toEqual({ shard: '0', count: 0, last: true });
    expect(told().filter(({ last }) => last)).toHaveLength(1);
  });

  test('and a shard of which nothing is told has none', async () => {
    await open('7', 2, [1, 3]);
    await rounds(3);
    expect(told()).toEqual([]);
  });
});

test('what is left of a completed revocation goes with the tombstone, 400 days after its instant', async () => {
  await open('1', 1, [1, 3]);
  await open('2', 1, [1, 1]);
  await open('3', 2, [1, 251]);
  await rounds(3);
  const rows = dynamo.items(tables.tokens).map(({ sk, ttl }) => [sk?.S?.split('#')[0], Number(ttl?.N)]);
  const goneAt = Date.parse('2027-04-05T08:00:00.000Z') / 1000;
  expect(rows).toEqual([
    ['META', Number.NaN],
    ['PROGRESS', goneAt],
    ['PROGRESS', goneAt],
    ['PROGRESS', goneAt],
    ['RECEIPT', goneAt],
  ]);
});

describe('a round', () => {
  test('of what is gone, or completed, does nothing', async () => {
    expect(await endSessions(deps, { token: token.uid, operation: 'another' })).toBe('none');
    expect(await rounds(1)).toEqual(['completed']);
    const before = bus.events.length;
    expect(await endSessions(deps, { token: token.uid, operation })).toBe('none');
    expect(bus.events).toHaveLength(before);
  });

  test('tells whose sessions it ends, why, and under an id that is the same when it is told again', async () => {
    const uids = await open('7', 1, [1, 2]);
    bus.options.mishap = () => 'lose-answer';
    await endSessions(deps, { token: token.uid, operation });
    bus.options.mishap = undefined;
    await rounds(3);
    const subject = { token_uid: token.uid, api_key: token.api_key, name: token.name, token_version: 1, epoch: 2 };
    const [first, ...again] = bus.of('sessions.revoked');
    expect(first).toMatchObject({
      time: revokedAt.toISOString(),
      data: { ...subject, operation, cause: 'ended', shard: '7', sessions: uids, last: true },
    });
    expect(again.length).toBeGreaterThan(0);
    expect(new Set(again.map(({ id }) => id))).toEqual(new Set([first?.id]));
  });

  test('that completes tells of it what the receipt says', async () => {
    pageMs = 10;
    await open('7', 1, [1, 2]);
    expect(await rounds(2)).toEqual(['completed']);
    const receipt = await receiptNow();
    expect(receipt?.summary).toMatchObject({ sessions: { total: 2, ended: 2, remaining: 0 } });
    expect(receipt?.summary?.tidied_ms.max).toBeGreaterThan(0);
    expect(bus.of('revocation.completed')).toMatchObject([
      {
        time: receipt?.summary?.completed_at,
        data: {
          token_uid: token.uid,
          token_version: 1,
          epoch: 2,
          operation,
          receipt: {
            reason: 'ended',
            actor: token.created_by,
            refused_from: revokedAt.toISOString(),
            ...receipt?.summary,
          },
        },
      },
    ]);
  });

  test('gives way to others after 1,000 sessions', async () => {
    await open('0', 1, [1, 1001]);
    expect(await endSessions(deps, { token: token.uid, operation })).toBe('continued');
    expect(left()).toHaveLength(1);
    expect(await rounds(3)).toEqual(['completed']);
    expect((await receiptNow())?.summary?.sessions.total).toBe(1001);
  });

  test('that is followed by another is looked for a minute later, and counts as overdue only then', async () => {
    await open('0', 1, [1, 1001]);
    ms += 59_000;
    expect(await endSessions(deps, { token: token.uid, operation })).toBe('continued');
    expect((await receiptNow())?.next_try_at).toBe(new Date(ms + 60_000).toISOString());
  });

  test.each([
    [4999, 'completed'],
    [5000, 'continued'],
  ])('gives way to others after 5 s: after %i ms it is %s', async (ms, outcome) => {
    await open('0', 1, [1, 251]);
    let pages = 0;
    const { sessions } = deps;
    const epochs = sessions.epochs.bind(sessions);
    sessions.epochs = async (page) => {
      if (page.shard === '0' && pages++ === 0) passed += ms;
      return await epochs(page);
    };
    let passed = 0;
    const now = () => new Date(revokedAt.getTime() + passed);
    expect(await endSessions({ ...deps, now }, { token: token.uid, operation })).toBe(outcome);
  });

  test.each([
    ['an error', new TypeError('x'), 'TypeError'],
    ['a refusal, by what caused it', unavailable(new RangeError('x')), 'RangeError'],
    ['a refusal that nothing caused', unavailable(undefined), 'Refusal'],
    ['what is no error', 'x', 'unknown'],
  ])('without any progress is stuck, because of %s', async (_, thrown, reason) => {
    deps.sessions.epochs = async () => {
      throw thrown;
    };
    expect(await endSessions(deps, { token: token.uid, operation })).toBe('stuck');
    expect(await receiptNow()).toMatchObject({
      state: 'stuck',
      stuck_because: reason,
      failures: 1,
      next_try_at: new Date(revokedAt.getTime() + 60_000).toISOString(),
    });
  });

  test('that fails after some progress goes on at once', async () => {
    await open('0', 1, [1, 2]);
    const { sessions } = deps;
    const epochs = sessions.epochs.bind(sessions);
    sessions.epochs = async (page) => {
      if (page.shard !== 'f') return await epochs(page);
      throw new Error('Storage is away.');
    };
    expect(await endSessions(deps, { token: token.uid, operation })).toBe('continued');
    expect(await receiptNow()).toMatchObject({ state: 'running', tidied: [{ sessions: 2 }] });
  });

  test('that another has overtaken counts nothing twice, and is not done', async () => {
    await open('0', 1, [1, 2]);
    deps.revocations.advance = async () => false;
    expect(await endSessions(deps, { token: token.uid, operation })).toBe('continued');
    expect(left()).toHaveLength(2);
    expect((await receiptNow())?.tidied).toEqual([]);
  });

  test('ends every session of a token that is deleted, of whatever epoch', async () => {
    const receipt = receiptOf(token, { operation: 'gone', reason: 'deleted', actor: '', epoch: null, at: revokedAt });
    const due = dueAttributes('2026-03-01T08:01:00.000Z', token.uid, 'gone');
    await put(keys.receipt(token.uid, 'gone'), { ...receipt, ...due });
    await open('0', 1, [1, 1]);
    await open('0', 2, [2, 2]);
    await open('0', 3, [3, 3]);
    expect(await endSessions(deps, { token: token.uid, operation: 'gone' })).toBe('completed');
    expect(left()).toEqual([]);
  });
});
