import { beforeEach, describe, expect, test } from 'vitest';
import { eventOf } from '../../functions/events/catalogue.ts';
import { endSessions } from '../../functions/sessions/end-sessions.ts';
import type { RevocationSummary } from '../../functions/sessions/revocation-repository.ts';
import { unavailable } from '../../functions/values/refusals.ts';
import { tables } from '../simulation/simulated-dependencies.ts';
import { operation, RevocationWorld, revokedAt, token } from './revocation-world.ts';

let world: RevocationWorld;
beforeEach(async () => {
  world = await RevocationWorld.make();
});

describe('a round', () => {
  test('of what is gone, or completed, does nothing', async () => {
    expect(await world.round('another')).toBe('none');
    expect(await world.rounds(1)).toEqual(['completed']);
    const before = world.bus.events.length;
    expect(await world.round()).toBe('none');
    expect(world.bus.events).toHaveLength(before);
  });

  test('tells whose sessions it ends, why, and under an id that is the same when it is told again', async () => {
    const uids = await world.open('7', 1, [1, 2]);
    world.bus.options.mishap = () => 'lose-answer';
    await world.round();
    world.bus.options.mishap = undefined;
    await world.rounds(3);
    const subject = { token_uid: token.uid, api_key: token.api_key, name: token.name, token_version: 1, epoch: 2 };
    const [first, ...again] = world.bus.of('sessions.revoked');
    expect(first).toMatchObject({
      time: revokedAt.toISOString(),
      data: { ...subject, operation, cause: 'ended_all', shard: '7', sessions: uids, last: true },
    });
    expect(again.length).toBeGreaterThan(0);
    expect(new Set(again.map(({ id }) => id))).toEqual(new Set([first?.id]));
  });

  test('that completes tells of it what the receipt says', async () => {
    world.pageMs = 10;
    await world.open('7', 1, [1, 2]);
    expect(await world.rounds(2)).toEqual(['completed']);
    const receipt = await world.receipt();
    expect(receipt?.summary?.tidied_ms.max).toBeLessThan(1000);
    expect(receipt?.summary).toMatchObject({ sessions: { total: 2, ended: 2, remaining: 0 } });
    expect(receipt?.summary?.tidied_ms.max).toBeGreaterThan(0);
    expect(world.bus.of('revocation.completed')).toMatchObject([
      {
        time: receipt?.summary?.completed_at,
        data: {
          token_uid: token.uid,
          token_version: 1,
          epoch: 2,
          operation,
          receipt: {
            reason: 'ended_all',
            actor: token.created_by,
            refused_from: revokedAt.toISOString(),
            ...receipt?.summary,
          },
        },
      },
    ]);
  });

  describe('says how long the first one waited', () => {
    const waitedMs = async () => (await world.receipt())?.summary?.waited_ms;

    test('whether it is the only one', async () => {
      world.ms += 7000;
      await world.round();
      expect(await waitedMs()).toBe(7000);
    });

    test('or others follow', async () => {
      await world.open('0', 1, [1, 1001]);
      world.ms += 7000;
      expect(await world.round()).toBe('continued');
      expect((await world.receipt())?.waited_ms).toBe(7000);
      world.ms += 60_000;
      await world.rounds(3);
      expect(await waitedMs()).toBe(7000);
    });

    test('or it was stuck, and a later one too', async () => {
      const { epochs } = world.deps.sessions;
      world.deps.sessions.epochs = async () => {
        throw new Error('Storage is away.');
      };
      world.ms += 7000;
      expect(await world.round()).toBe('stuck');
      world.ms += 60_000;
      expect(await world.round()).toBe('stuck');
      expect((await world.receipt())?.waited_ms).toBe(7000);
      world.deps.sessions.epochs = epochs.bind(world.deps.sessions);
      expect(await world.round()).toBe('completed');
      expect(await waitedMs()).toBe(7000);
    });

    test.each(['continueRevocation', 'markStuck'] as const)(
      'also when two begin at once: the first counts (%s)',
      async (keep) => {
        const receipt = await world.receipt();
        if (!receipt) throw new Error('There is no receipt.');
        const of = (waited_ms: number) => ({ waited_ms, tidied: [], reason: 'x', at: revokedAt });
        await world.deps.revocations[keep](receipt, of(7));
        await world.deps.revocations[keep](receipt, of(9));
        expect((await world.receipt())?.waited_ms).toBe(7);
      },
    );

    test('but not in a receipt of before that was kept, which is read all the same', async () => {
      const receipt = await world.receipt();
      if (!receipt) throw new Error('There is no receipt.');
      const before = { sessions: { total: 1, ended: 1, remaining: 0 }, tidied_ms: { p50: 1, p99: 1, max: 1 } };
      const summary = { ...before, completed_at: revokedAt.toISOString() } as RevocationSummary;
      await world.deps.revocations.complete(receipt, summary);
      expect((await world.receipt())?.summary).toEqual({ ...summary, waited_ms: null });
    });

    test('and nothing, by a clock that is behind', async () => {
      world.ms -= 500;
      await world.round();
      expect(await waitedMs()).toBe(0);
    });
  });

  test('gives way to others after 1,000 sessions', async () => {
    await world.open('0', 1, [1, 1001]);
    expect(await world.round()).toBe('continued');
    expect(world.left()).toHaveLength(1);
    expect(await world.rounds(3)).toEqual(['completed']);
    expect((await world.receipt())?.summary?.sessions.total).toBe(1001);
  });

  test('that is followed by another is looked for 20 seconds later, and counts as overdue only then', async () => {
    await world.open('0', 1, [1, 1001]);
    world.ms += 59_000;
    expect(await world.round()).toBe('continued');
    expect((await world.receipt())?.next_try_at).toBe(new Date(world.ms + 20_000).toISOString());
  });

  test.each([
    [4999, 'completed'],
    [5000, 'continued'],
  ])('gives way to others after 5 s: after %i ms it is %s', async (ms, outcome) => {
    await world.open('0', 1, [1, 251]);
    let pages = 0;
    const { sessions } = world.deps;
    const epochs = sessions.epochs.bind(sessions);
    sessions.epochs = async (page) => {
      if (page.shard === '0' && pages++ === 0) passed += ms;
      return await epochs(page);
    };
    let passed = 0;
    const now = () => new Date(revokedAt.getTime() + passed);
    expect(await endSessions({ ...world.deps, now }, { token: token.uid, operation })).toBe(outcome);
  });

  test.each([
    ['an error', new TypeError('x'), 'TypeError'],
    ['a refusal, by what caused it', unavailable(new RangeError('x')), 'RangeError'],
    ['a refusal that nothing caused', unavailable(undefined), 'Refusal'],
    ['what is no error', 'x', 'unknown'],
  ])('without any progress is stuck, because of %s', async (_, thrown, reason) => {
    world.deps.sessions.epochs = async () => {
      throw thrown;
    };
    expect(await world.round()).toBe('stuck');
    expect(await world.receipt()).toMatchObject({
      state: 'stuck',
      stuck_because: reason,
      next_try_at: new Date(revokedAt.getTime() + 20_000).toISOString(),
    });
  });

  test('that fails after some progress goes on at once', async () => {
    await world.open('0', 1, [1, 2]);
    const { sessions } = world.deps;
    const epochs = sessions.epochs.bind(sessions);
    sessions.epochs = async (page) => {
      if (page.shard !== 'f') return await epochs(page);
      throw new Error('Storage is away.');
    };
    expect(await world.round()).toBe('continued');
    expect(await world.receipt()).toMatchObject({ state: 'running', tidied: [{ sessions: 2 }] });
  });

  test('that another has overtaken counts nothing twice, and is not done', async () => {
    await world.open('0', 1, [1, 2]);
    world.deps.revocations.advance = async () => false;
    expect(await world.round()).toBe('continued');
    expect(world.left()).toHaveLength(2);
    expect((await world.receipt())?.tidied).toEqual([]);
  });

  test('ends every session of a token that is deleted, of whatever epoch', async () => {
    await world.revoke({ operation: 'gone', reason: 'deleted', epoch: null });
    await world.open('0', 1, [1, 1]);
    await world.open('0', 2, [2, 2]);
    await world.open('0', 3, [3, 3]);
    expect(await world.round('gone')).toBe('completed');
    expect(world.left()).toEqual([]);
  });

  test('reads each shard from its beginning, and no more of it than a page and one', async () => {
    const pages: unknown[] = [];
    const { sessions } = world.deps;
    const epochs = sessions.epochs.bind(sessions);
    sessions.epochs = async (page) => {
      pages.push(page);
      return await epochs(page);
    };
    await world.round();
    expect(pages.slice(0, 4)).toEqual(['0', '1', '2', '3'].map((shard) => ({ token: token.uid, shard, limit: 251 })));
    expect(pages).toHaveLength(16);
  });

  test('looks last at shards that were told to be at their end', async () => {
    await world.open('0', 1, [1, 1]);
    await world.open('f', 1, [1, 1]);
    const { sessions } = world.deps;
    const epochs = sessions.epochs.bind(sessions);
    sessions.epochs = async (page) => {
      if (page.shard !== 'f') return await epochs(page);
      throw new Error('Storage is away.');
    };
    expect(await world.round()).toBe('continued');
    const read: string[] = [];
    sessions.epochs = async (page) => {
      read.push(page.shard);
      return await epochs(page);
    };
    expect(await world.round()).toBe('completed');
    expect(read.join('')).toBe('123456789abcdef0');
  });

  test('that stops between telling and deleting tells of nothing twice', async () => {
    const uids = await world.open('0', 1, [1, 2]);
    const { sessions } = world.deps;
    const deleteAll = sessions.deleteAll.bind(sessions);
    sessions.deleteAll = async () => {
      throw new Error('Storage is away.');
    };
    expect(await world.round()).toBe('continued');
    sessions.deleteAll = deleteAll;
    expect([await world.round(), world.left()]).toEqual(['completed', []]);
    expect(world.bus.of('sessions.revoked').flatMap(({ data }) => data.sessions)).toEqual(uids);
    expect((await world.receipt())?.summary?.sessions.total).toBe(2);
  });

  test('keeps of a shard how far it is cleared only where something stays in it', async () => {
    await world.open('0', 1, [1, 251]);
    await world.open('1', 2, [1, 251]);
    await world.round();
    const rows = world.dynamo.items(tables.tokens).filter(({ sk }) => sk?.S?.startsWith('PROGRESS#'));
    expect(rows.map(({ shard, cleared }) => [shard?.S, cleared !== undefined])).toEqual([
      ['0', false],
      ['1', true],
    ]);
  });

  test('of what is gone when it is completed sums up what is left, which is nothing', async () => {
    const { revocations } = world.deps;
    const find = revocations.find.bind(revocations);
    let found = 0;
    revocations.find = async (...asked) => (found++ === 0 ? await find(...asked) : null);
    expect(await world.round()).toBe('completed');
    expect(world.bus.of('revocation.completed')).toMatchObject([
      { data: { receipt: { sessions: { total: 0, ended: 0, remaining: 0 } } } },
    ]);
  });
});

describe('the id of an event', () => {
  test('is made of the token, the operation, the shard and the sessions from the first to the last', async () => {
    const uids = await world.open('7', 1, [1, 250]);
    await world.open('7', 2, [251, 252]);
    await world.rounds(3);
    const parts = [
      [uids[0], uids[99]],
      [uids[100], uids[199]],
      [uids[200], uids[249]],
      ['last', uids[249]],
    ];
    const told = world.bus.of('sessions.revoked');
    expect(told.map(({ id }) => id)).toEqual(
      told.map(({ time, data }, at) => {
        const identity = [token.uid, operation, '7', ...(parts[at] ?? [])];
        return eventOf('sessions.revoked', { identity, time, data }).id;
      }),
    );
    expect(told).toHaveLength(parts.length);
  });

  test('that all is done is made of the token and the operation', async () => {
    await world.rounds(1);
    const [completed, ...others] = world.bus.of('revocation.completed');
    if (!completed) throw new Error('Nothing was told.');
    const { time, data } = completed;
    expect(completed.id).toBe(eventOf('revocation.completed', { identity: [token.uid, operation], time, data }).id);
    expect(others).toEqual([]);
  });
});
