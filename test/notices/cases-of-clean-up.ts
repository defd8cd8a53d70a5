import { expect } from 'vitest';
import type { Case } from './notice-case.ts';
import { NoticeWorld } from './notice-world.ts';

/** So many tokens that expired on day 1, of a stack that takes so many a day, on the day when they are to be cleaned up. */
async function expired(count: number, most: number): Promise<{ world: NoticeWorld; uids: readonly string[] }> {
  const world = await NoticeWorld.make();
  await world.settings({ max_cleanup_per_day: most });
  const uids: string[] = [];
  for (let made = 0; made < count; made += 1)
    uids.push(await world.token({ name: `token ${made}`, expires: 1 + made / 100 }));
  await world.upUntil(30);
  world.mails.length = 0;
  world.downUntil(31 + 1 / 24);
  return { world, uids };
}

const states = (world: NoticeWorld, uids: readonly string[]) => uids.map((uid) => world.see(uid).state);

export const cleanUpCases: Readonly<Record<string, Case>> = {
  'expired for 30 days': async () => {
    const { world, uids } = await expired(1, 10);
    expect(states(world, uids)).toEqual(['live']);
    expect(await world.tick()).toMatchObject({ cleaned_up: 1, failed: [] });
    const [uid = ''] = uids;
    expect(world.see(uid)).toMatchObject({ state: 'deleted', end: { reason: 'expired', by: 'tokenward' }, next: null });
    expect(world.rows(`TOKEN#${uid}`, 'RECEIPT#')).toMatchObject([{ reason: 'expired', actor: 'tokenward' }]);
    const audit = world.rows(`STACK#${world.stack}`).filter((row) => row.event_type === 'delete');
    expect(audit).toMatchObject([
      { created_by: 'tokenward', reason: 'expired', request_id: expect.stringMatching(/^run-/) },
    ]);
    expect(world.mails).toEqual([]);
  },
  'extended just before clean-up': async () => {
    const { world, uids } = await expired(1, 10);
    const [uid = ''] = uids;
    const { notices } = world.sweepDependencies();
    // Between the run's read and its write.
    const tokens: typeof notices.tokens = async (found) => {
      const read = await notices.tokens(found);
      await world.expire(uid, 100);
      return read;
    };
    const slow: typeof notices = {
      due: (now) => notices.due(now),
      tokens,
      stack: (key) => notices.stack(key),
      claim: (claim) => notices.claim(claim),
      claimAll: (claims) => notices.claimAll(claims),
      advance: (token, next) => notices.advance(token, next),
      postpone: (token, until) => notices.postpone(token, until),
      postponeUnreadable: (token, when) => notices.postponeUnreadable(token, when),
    };
    expect(await world.tick(0, { notices: slow })).toMatchObject({ cleaned_up: 0, not_due: 1, failed: [] });
    expect(world.see(uid)).toMatchObject({ state: 'live', expires_at: world.at(100), next: { action: 'warn#30' } });
  },
  'more than the limit of 24 hours': async () => {
    const { world, uids } = await expired(5, 2);
    world.downUntil(31.2);
    expect(await world.tick()).toMatchObject({ cleaned_up: 2, held_back: 3 });
    expect(states(world, uids)).toEqual(['deleted', 'deleted', 'live', 'live', 'live']);
    for (const uid of uids.slice(2)) expect(world.told(uid)).toEqual(['1', 'expired', 'held_back']);
    // 08:00 of the next day.
    world.downUntil(32 + 1 / 24);
    await world.tick();
    expect(world.mails.map(({ to, subject }) => [to, subject]).sort()).toEqual(
      ['adam', 'olivia'].map((name) => [`${name}@example.test`, '3 tokens of Acme wait for clean-up']),
    );
    world.downUntil(32.2);
    expect(await world.tick()).toMatchObject({ cleaned_up: 2, held_back: 1 });
    // One waits for a second day: people know.
    world.downUntil(33 + 1 / 24);
    expect((await world.tick()).mails.sent).toBe(0);
    world.downUntil(33.2);
    expect(await world.tick()).toMatchObject({ cleaned_up: 1, held_back: 0 });
    await world.upUntil(36);
    expect(states(world, uids)).toEqual(uids.map(() => 'deleted'));
    expect([world.mails.length, world.told(uids[4] ?? '')]).toEqual([2, ['1', 'expired', 'held_back']]);
  },
  'other settings change while some wait': async () => {
    const { world, uids } = await expired(2, 1);
    world.downUntil(31.2);
    expect(await world.tick()).toMatchObject({ cleaned_up: 1, held_back: 1 });
    await world.settings({ warn_days: [3] });
    expect(await world.tick(1)).toMatchObject({ cleaned_up: 0, held_back: 0 });
    expect(states(world, uids)).toEqual(['deleted', 'live']);
    await world.tick(22);
    expect([world.told(uids[1] ?? ''), world.mails.length]).toEqual([['1', 'expired', 'held_back'], 2]);
  },
  'the limit is raised while some wait': async () => {
    const { world, uids } = await expired(3, 1);
    world.downUntil(31.2);
    expect(await world.tick()).toMatchObject({ cleaned_up: 1, held_back: 2 });
    await world.settings({ max_cleanup_per_day: 10 });
    expect(await world.tick(1 / 4)).toMatchObject({ cleaned_up: 0, held_back: 0 });
    expect(await world.tick(24)).toMatchObject({ cleaned_up: 2, held_back: 0 });
    expect(states(world, uids)).toEqual(['deleted', 'deleted', 'deleted']);
  },
};
