import { expect } from 'vitest';
import type { Case } from './notice-case.ts';
import { NoticeWorld } from './notice-world.ts';

/** A world with one token whose notice of 7 days is claimed, and whose mail goes within the hour. */
async function claimed(): Promise<{ world: NoticeWorld; uid: string }> {
  const world = await NoticeWorld.make();
  const uid = await world.token({ expires: 10 });
  world.downUntil(3);
  await world.tick();
  expect([world.told(uid), world.mails]).toEqual([['7'], []]);
  return { world, uid };
}

const toldOf = async (expires: number | null, until = 40) => {
  const world = await NoticeWorld.make();
  const uid = await world.token({ expires });
  await world.upUntil(until);
  return world.notices(uid).map(({ threshold, claimed_at }) => [threshold, claimed_at].join(' '));
};
const at = (day: number) => new Date(Date.parse('2026-03-01T07:00:00.000Z') + day * 86_400_000).toISOString();

export const expiryCases: Readonly<Record<string, Case>> = {
  'created long before': async () => {
    expect(await toldOf(50, 51)).toEqual([`30 ${at(20)}`, `7 ${at(43)}`, `1 ${at(49)}`, `expired ${at(50)}`]);
  },
  'created with 5 days left': async () => {
    expect(await toldOf(5)).toEqual([`1 ${at(4)}`, `expired ${at(5)}`]);
  },
  'created exactly at a threshold': async () => {
    expect(await toldOf(7)).toEqual([`1 ${at(6)}`, `expired ${at(7)}`]);
  },
  'created with less than a day left': async () => {
    expect(await toldOf(0.5)).toEqual([`expired ${at(1)}`]);
  },
  'it never expires': async () => {
    const world = await NoticeWorld.make();
    const uid = await world.token({ expires: null });
    await world.upUntil(60);
    expect([world.told(uid), world.mails, world.see(uid).state]).toEqual([[], [], 'live']);
  },
  'the expiry moves later': async () => {
    const { world, uid } = await claimed();
    await world.tick(1);
    expect(world.mails).not.toEqual([]);
    await world.expire(uid, 60);
    await world.upUntil(61);
    const told = world.notices(uid).map(({ expires_at, threshold }) => [expires_at, threshold]);
    const moved = ['30', '7', '1', 'expired'].map((threshold) => [at(60), threshold]);
    expect(told).toEqual([[at(10), '7'], ...moved]);
  },
  'the expiry moves later between claim and mail': async () => {
    const { world, uid } = await claimed();
    const other = await world.token({ name: 'other', expires: 3.5 });
    await world.expire(uid, 60);
    await world.tick(12);
    await world.tick(24);
    expect(world.told(other)).toEqual(['expired']);
    expect(world.mails).not.toEqual([]);
    for (const { text } of world.mails)
      expect([text.includes('other'), text.includes('ci-deploy')]).toEqual([true, false]);
  },
  'the expiry moves earlier': async () => {
    const world = await NoticeWorld.make();
    const uid = await world.token({ expires: 100 });
    await world.upUntil(10);
    await world.expire(uid, 15);
    await world.upUntil(16);
    expect(world.notices(uid).map(({ threshold, claimed_at }) => [threshold, claimed_at])).toEqual([
      ['1', at(14)],
      ['expired', at(15)],
    ]);
  },
  'the expiry is now': async () => {
    const { world, uid } = await claimed();
    await world.expire(uid, 'now');
    await world.upUntil(32);
    expect([world.told(uid), world.mails, world.see(uid).state]).toEqual([['7'], [], 'stopped']);
    await world.upUntil(34);
    expect(world.see(uid)).toMatchObject({ state: 'deleted', end: { reason: 'cleaned_up' } });
  },
  'the expiry is removed': async () => {
    const { world, uid } = await claimed();
    await world.expire(uid, null);
    await world.upUntil(60);
    expect([world.told(uid), world.mails, world.see(uid).state]).toEqual([['7'], [], 'live']);
  },
  'the expiry is set again to an earlier value': async () => {
    const { world, uid } = await claimed();
    await world.expire(uid, 60);
    await world.expire(uid, 10);
    await world.upUntil(11);
    expect(world.told(uid)).toEqual(['7', '1', 'expired']);
  },
  'an expired token is extended': async () => {
    const world = await NoticeWorld.make();
    const uid = await world.token({ expires: 2 });
    await world.upUntil(20);
    await world.expire(uid, 40);
    await world.upUntil(41);
    expect([world.told(uid), world.see(uid).state]).toEqual([['1', 'expired', '7', '1', 'expired'], 'live']);
  },
  'deleted between claim and mail': async () => {
    const { world, uid } = await claimed();
    await world.delete(uid);
    expect(await world.tick(1)).toMatchObject({ mails: { sent: 0 } });
    expect([world.mails, await world.deliveries()]).toEqual([[], []]);
    expect(await world.tick()).toMatchObject({ not_due: 0, mails: { sent: 0 } });
  },
  'deleted before a threshold': async () => {
    const world = await NoticeWorld.make();
    const uid = await world.token({ expires: 10 });
    await world.delete(uid);
    await world.upUntil(45);
    expect([world.told(uid), world.mails]).toEqual([[], []]);
  },
};
