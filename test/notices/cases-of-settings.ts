import { expect } from 'vitest';
import type { Case } from './notice-case.ts';
import { NoticeWorld } from './notice-world.ts';

/** A token that expires on day 10, whose notice of 7 days is claimed, and whose mail goes within the hour. */
async function claimed(flag = false): Promise<{ world: NoticeWorld; uid: string }> {
  const world = await NoticeWorld.make();
  const uid = await world.token({ expires: 10, flag });
  world.downUntil(3);
  await world.tick();
  expect([world.told(uid), world.mails]).toEqual([['7'], []]);
  return { world, uid };
}

/** What is told of a token of day 20, when the thresholds change on a day. */
async function toldWith(
  warn_days: readonly number[],
  { changed, missed = false }: { changed: number; missed?: boolean },
) {
  const world = await NoticeWorld.make();
  const uid = await world.token({ expires: 20 });
  if (missed) world.downUntil(changed);
  else await world.upUntil(changed);
  await world.settings({ warn_days });
  await world.upUntil(21);
  return world.told(uid);
}

export const settingsCases: Readonly<Record<string, Case>> = {
  'the hour changes between claim and mail': async () => {
    const { world } = await claimed();
    await world.settings({ send_hour: 20, time_zone: 'Asia/Tokyo' });
    expect((await world.tick(1)).mails.sent).toBe(2);
    world.downUntil(9);
    expect(await world.tick()).toMatchObject({ notices: 1, mails: { sent: 0 } });
    expect((await world.tick(3)).mails.sent).toBe(0);
    // 20:00 in Tokyo is 11:00 UTC.
    expect((await world.tick(1)).mails.sent).toBe(2);
  },
  'there are no thresholds': async () => {
    expect(await toldWith([], { changed: 5 })).toEqual(['expired']);
  },
  'a threshold is added that is already past': async () => {
    expect(await toldWith([16, 7], { changed: 5 })).toEqual(['7', 'expired']);
  },
  'a threshold is added that is to come': async () => {
    expect(await toldWith([10, 7], { changed: 5 })).toEqual(['10', '7', 'expired']);
  },
  'a threshold is removed between claim and mail': async () => {
    const { world } = await claimed();
    await world.settings({ warn_days: [] });
    expect((await world.tick(1)).mails.sent).toBe(2);
  },
  'a threshold is removed while it was missed': async () => {
    expect(await toldWith([30, 1], { changed: 14, missed: true })).toEqual(['1', 'expired']);
  },
  'a threshold stays while it was missed': async () => {
    expect(await toldWith([14, 7], { changed: 14, missed: true })).toEqual(['7', 'expired']);
  },
  'the recipients change between claim and mail': async () => {
    const { world } = await claimed();
    await world.settings({ mail_to: ['admins'] });
    world.putMember('astrid', 'admin');
    await world.tick(1);
    expect(world.mails.map(({ to }) => to).sort()).toEqual(['adam@example.test', 'astrid@example.test']);
  },
  'mail_about becomes flagged between claim and mail': async () => {
    const { world } = await claimed();
    const flagged = await world.token({ name: 'flagged', expires: 4.01, flag: true });
    expect((await world.tick(0.5)).notices).toBe(1);
    await world.settings({ mail_about: 'flagged' });
    await world.tick(0.5);
    expect(world.told(flagged)).toEqual(['1']);
    expect(world.mails).toHaveLength(2);
    for (const { text } of world.mails)
      expect([text.includes('flagged'), text.includes('ci-deploy')]).toEqual([true, false]);
  },
  'clean-up is switched off': async () => {
    const world = await NoticeWorld.make();
    const uid = await world.token({ expires: 2 });
    await world.upUntil(10);
    await world.settings({ cleanup_after_days: null });
    await world.upUntil(70);
    expect([world.see(uid).state, world.see(uid).next]).toEqual(['live', null]);
  },
  'clean-up comes to lie in the past, and the expiry was not told of': async () => {
    const world = await NoticeWorld.make();
    const uid = await world.token({ expires: 2 });
    world.downUntil(10);
    await world.settings({ cleanup_after_days: 5 });
    await world.tick();
    expect(world.see(uid).state).toBe('live');
    await world.tick(23);
    expect(world.see(uid).state).toBe('live');
    await world.tick(1);
    expect(world.see(uid).state).toBe('deleted');
  },
  'clean-up comes to lie in the past': async () => {
    const world = await NoticeWorld.make();
    const uid = await world.token({ expires: 2 });
    await world.upUntil(10);
    await world.settings({ cleanup_after_days: 5 });
    // Another change takes nothing of the day.
    await world.tick(12);
    await world.settings({ send_hour: 9 });
    await world.tick(11);
    expect([world.see(uid).state, world.see(uid).next?.action]).toEqual(['live', 'clean_up']);
    await world.tick(1);
    expect(world.see(uid).state).toBe('deleted');
  },
};
