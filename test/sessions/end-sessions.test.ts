import { beforeEach, describe, expect, test } from 'vitest';
import type { Item, Key } from '../../functions/aws/expressions.ts';
import { tokenItem } from '../../functions/aws/items.ts';
import { dueAttributes } from '../../functions/aws/keys.ts';
import { createStorage } from '../../functions/aws/storage.ts';
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
