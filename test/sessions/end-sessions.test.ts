import { beforeEach, describe, expect, test } from 'vitest';
import { shards } from '../../functions/verification/session.ts';
import { tables } from '../simulation/simulated-dependencies.ts';
import { operation, RevocationWorld, token } from './revocation-world.ts';

let world: RevocationWorld;
beforeEach(async () => {
  world = await RevocationWorld.make();
});

describe('rounds come to an end', () => {
  test('in a shard full of sessions of the newer epoch, each from where the one before has looked', async () => {
    world.pageMs = 400;
    const newer = await world.open('0', 2, [1, 3000]);

    const outcomes = await world.rounds(10);
    expect(outcomes.at(-1)).toBe('completed');
    expect(outcomes.length).toBeGreaterThan(1);
    expect(world.left()).toEqual(newer);
  });

  test('in many such shards, and all that is older is ended, told and counted once', async () => {
    world.pageMs = 400;
    const [newer, older]: [string[], string[]] = [[], []];
    for (const shard of shards) {
      newer.push(...(await world.open(shard, 2, [1, 260])), ...(await world.open(shard, 2, [262, 520])));
      older.push(...(await world.open(shard, 1, [261, 261])), ...(await world.open(shard, 1, [521, 521])));
    }

    expect((await world.rounds(20)).at(-1)).toBe('completed');
    expect(world.left()).toEqual(newer);
    expect(
      world.bus
        .of('sessions.revoked')
        .flatMap(({ data }) => data.sessions)
        .sort(),
    ).toEqual(older);
    const { receipt } = (await world.deps.revocations.find(token.uid, operation)) ?? {};
    expect(receipt?.summary?.sessions).toEqual({ total: 32, ended: 32, remaining: 0 });
  });
});

describe('the last event of a shard says so', () => {
  test.each([
    ['a page is full', 250, [100, 100, 50]],
    ['a page has room', 101, [100, 1]],
    ['one session is more than a page', 251, [100, 100, 50, 1]],
  ])('where %s', async (_, count, counts) => {
    await world.open('7', 1, [1, count]);
    await world.rounds(3);
    expect(world.told()).toEqual(
      counts.map((each, at) => ({ shard: '7', count: each, last: at === counts.length - 1 })),
    );
  });

  test('with no session, where those that follow are not to be ended', async () => {
    await world.open('7', 1, [1, 250]);
    await world.open('7', 2, [251, 252]);
    await world.rounds(3);
    expect(world.told().slice(2)).toEqual([
      { shard: '7', count: 50, last: false },
      { shard: '7', count: 0, last: true },
    ]);
  });

  test('with no session, where those that follow have gone before the next round', async () => {
    world.pageMs = 6000;
    const uids = await world.open('0', 1, [1, 251]);
    expect(await world.round()).toBe('continued');
    await world.deps.sessions.end(token.uid, uids.at(-1) ?? '');
    world.pageMs = 0;
    expect(await world.rounds(3)).toEqual(['completed']);
    expect(world.told().at(-1)).toEqual({ shard: '0', count: 0, last: true });
    expect(world.told().filter(({ last }) => last)).toHaveLength(1);
  });

  test('and a shard of which nothing is told has none', async () => {
    await world.open('7', 2, [1, 3]);
    await world.rounds(3);
    expect(world.told()).toEqual([]);
  });
});

test('what is left of a completed revocation goes with the tombstone, 400 days after its instant', async () => {
  await world.open('1', 1, [1, 3]);
  await world.open('2', 1, [1, 1]);
  await world.open('3', 2, [1, 251]);
  await world.rounds(3);
  const rows = world.dynamo.items(tables.tokens).map(({ sk, ttl }) => [sk?.S?.split('#')[0], Number(ttl?.N)]);
  const goneAt = Date.parse('2027-04-05T08:00:00.000Z') / 1000;
  expect(rows).toEqual([
    ['META', Number.NaN],
    ['PROGRESS', goneAt],
    ['PROGRESS', goneAt],
    ['PROGRESS', goneAt],
    ['RECEIPT', goneAt],
  ]);
});
