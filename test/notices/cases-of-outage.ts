import { expect } from 'vitest';
import type { Case } from './notice-case.ts';
import { day, hour, NoticeWorld } from './notice-world.ts';

/** A token that expires on day 50, and a system that is down from the beginning until a day. */
async function after(days: number): Promise<{ world: NoticeWorld; uid: string }> {
  const world = await NoticeWorld.make();
  const uid = await world.token({ expires: 50 });
  world.downUntil(days);
  await world.tick();
  return { world, uid };
}

/** What is told by the first run after an outage, and what comes next. */
const toldAfter = async (days: number) => {
  const { world, uid } = await after(days);
  return [world.told(uid), world.see(uid).next?.action];
};

/** Runs once, and the process is gone at some moment. */
async function endedAt(world: NoticeWorld, moment: 'digests' | 'mailer'): Promise<void> {
  const gone = async () => {
    throw new Error('The process is gone.');
  };
  const given = world.sweepDependencies();
  const deps = moment === 'mailer' ? { mailer: { send: gone } } : { digests: { ...given.digests, take: gone } };
  await world.tick(0, { ...deps, onFailure: () => {} });
}

export const outageCases: Readonly<Record<string, Case>> = {
  'down over one threshold': async () => {
    const { world, uid } = await after(22);
    expect(world.told(uid)).toEqual(['30']);
    expect(world.mails[0]?.subject).toContain('expires within 28 days');
    expect(world.events('token.expiring')).toMatchObject([{ data: { token_uid: uid, days_left: 28 } }]);
  },
  'down over several thresholds': async () => {
    expect(await toldAfter(49.5)).toEqual([['1'], 'expire']);
    expect(await toldAfter(44)).toEqual([['7'], 'warn#1']);
  },
  'down over the expiry': async () => {
    expect(await toldAfter(51)).toEqual([['expired'], 'clean_up']);
  },
  'down for 7 days after a threshold': async () => {
    expect(await toldAfter(27)).toEqual([['30'], 'warn#7']);
    expect(await toldAfter(57)).toEqual([['expired'], 'clean_up']);
  },
  'down for more than 7 days after a threshold': async () => {
    expect(await toldAfter(27 + 1 / day)).toEqual([[], 'warn#7']);
    const { world, uid } = await after(28);
    await world.upUntil(44);
    expect(world.told(uid)).toEqual(['7']);
  },
  'down for more than 7 days after the expiry': async () => {
    expect(await toldAfter(57 + 1 / day)).toEqual([[], 'clean_up']);
  },
  'down between a warning and its mail, over the expiry': async () => {
    const { world, uid } = await after(49);
    expect([world.told(uid), world.mails]).toEqual([['1'], []]);
    world.downUntil(50 + 2 * (hour / day));
    expect(await world.tick()).toMatchObject({ notices: 1, mails: { sent: 0 } });
    await world.tick(23);
    expect(world.told(uid)).toEqual(['1', 'expired']);
    expect(world.mails.map(({ subject }) => subject)).toEqual(Array(2).fill('Token “ci-deploy” of Acme has expired'));
  },
  'down until clean-up is due': async () => {
    const { world, uid } = await after(80);
    expect([world.told(uid), world.mails, world.see(uid).state]).toEqual([[], [], 'deleted']);
    expect(world.rows(`TOKEN#${uid}`, 'RECEIPT#')).toMatchObject([{ reason: 'expired' }]);
    expect(world.rows(`STACK#${world.stack}`)).toContainEqual(
      expect.objectContaining({ event_type: 'delete', created_by: 'tokenward', reason: 'expired' }),
    );
  },
  'down at the hour of a mail': async () => {
    const { world } = await after(20);
    world.downUntil(21.5);
    expect((await world.tick()).mails.sent).toBe(2);
  },
  'the run ends between claim and mail': async () => {
    const world = await NoticeWorld.make();
    const uid = await world.token({ expires: 10 });
    world.downUntil(9.5);
    world.use(uid);
    await endedAt(world, 'digests');
    expect([world.told(uid), world.mails]).toEqual([['1'], []]);
    expect(await world.tick(1 / 4)).toMatchObject({ notices: 0, mails: { sent: 2 } });
    expect(world.told(uid)).toEqual(['1']);
  },
  'the run is out of time between two mails': async () => {
    const { world } = await after(20);
    const hasTime = () => world.mails.length === 0;
    expect(await world.tick(1, { hasTime })).toMatchObject({ mails: { sent: 1 }, complete: false });
    expect(world.events('hygiene.run').at(-1)?.data).toMatchObject({ complete: false });
    expect(await world.tick(1 / 4)).toMatchObject({ mails: { sent: 1 }, complete: true });
    expect(new Set(world.mails.map(({ to }) => to)).size).toBe(2);
  },
  'two runs at once': async () => {
    const world = await NoticeWorld.make();
    const uids = [await world.token({ expires: 10 }), await world.token({ name: 'other', expires: 10 })];
    world.downUntil(3);
    const both = await Promise.all([world.tick(), world.tick()]);
    expect(both.map(({ notices }) => notices).reduce((a, b) => a + b)).toBe(2);
    expect(uids.map((uid) => world.told(uid))).toEqual([['7'], ['7']]);
    world.downUntil(3 + hour / day);
    await Promise.all([world.tick(), world.tick()]);
    expect(world.mails.map(({ to }) => to).sort()).toEqual(['adam@example.test', 'olivia@example.test']);
    expect(world.events('token.expiring')).toHaveLength(2);
  },
  "the schedule's time is ahead of the clock": async () => {
    const world = await NoticeWorld.make();
    const uid = await world.token({ expires: 10 });
    world.downUntil(3 - 1 / day);
    await world.tick(0, {}, new Date(world.now.getTime() + 15 * 60_000));
    expect(world.told(uid)).toEqual([]);
    await world.tick(1 / hour);
    expect(world.told(uid)).toEqual(['7']);
  },
  "the schedule's time is behind the clock": async () => {
    const world = await NoticeWorld.make();
    const uid = await world.token({ expires: 1.9 });
    world.downUntil(0.9);
    // It is mailed on day 1, at 08:00. The run of that hour is handed over when the token has expired.
    expect(await world.tick()).toMatchObject({ notices: 1, mails: { sent: 0 } });
    world.downUntil(2);
    await world.tick(0, {}, new Date(world.at(1 + hour / day)));
    expect([world.told(uid), world.mails]).toEqual([['1'], []]);
    const late = await world.token({ name: 'late', expires: 10 });
    world.downUntil(5);
    await world.tick(0, {}, new Date(world.at(3.5)));
    expect(world.told(late)).toEqual(['7']);
    expect(world.mails.at(-1)?.subject).toMatch(/“late” of Acme expires within 5 days/);
  },
};
