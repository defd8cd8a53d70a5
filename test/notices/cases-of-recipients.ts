import { expect } from 'vitest';
import { firstMailHour } from '../../functions/hygiene/send-time.ts';
import type { Case } from './notice-case.ts';
import { actorOf } from './notice-people.ts';
import { NoticeWorld } from './notice-world.ts';

const to = (world: NoticeWorld) => world.mails.map((mail) => mail.to.replace('@example.test', '')).sort();

interface Situation {
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly flag?: boolean;
  readonly by?: string;
  readonly prepare?: (world: NoticeWorld) => void | Promise<void>;
}

/** A token whose notice of 7 days is mailed. */
async function mailed({ settings = {}, flag = false, by = 'olivia', prepare }: Situation): Promise<NoticeWorld> {
  const world = await NoticeWorld.make();
  await world.settings(settings);
  await world.token({ expires: 10, flag, by });
  await prepare?.(world);
  world.downUntil(3);
  await world.tick();
  await world.tick(1);
  expect(world.events('token.expiring')).toHaveLength(1);
  return world;
}

const refused = (...names: readonly string[]) => ({
  prepare: (world: NoticeWorld) => {
    world.outcome = (address) =>
      names.some((name) => address.startsWith(name))
        ? { outcome: 'undeliverable', reason: 'No such address.' }
        : { outcome: 'sent', message_id: 'id' };
  },
});
const without = (...names: readonly string[]) => ({
  prepare: (world: NoticeWorld) => {
    for (const name of names) world.putAddress(name, null);
  },
});
const undeliverable = (world: NoticeWorld) => world.events('notice.undeliverable').map(({ data }) => data.person);
const uidOf = (name: string) => actorOf(name).uid;

/** The instants at which mails of an hour go, from an instant on. */
function sendTimes(time_zone: string, send_hour: number, from: string): string[] {
  const first = firstMailHour({ time_zone, send_hour }, new Date(from));
  const second = firstMailHour({ time_zone, send_hour }, new Date(first.getTime() + 1));
  return [first, second].map((time) => time.toISOString());
}

export const recipientCases: Readonly<Record<string, Case>> = {
  'two tokens of one day': async () => {
    const world = await NoticeWorld.make();
    await world.token({ name: 'first', expires: 10 });
    await world.token({ name: 'second', expires: 10.01 });
    world.downUntil(3);
    await world.tick();
    await world.tick(0.5);
    await world.tick(0.5);
    expect(to(world)).toEqual(['adam', 'olivia']);
    for (const { text } of world.mails) expect(text).toMatch(/first.*second/s);
  },
  'in use with a day or less left': async () => {
    const world = await NoticeWorld.make();
    const uid = await world.token({ expires: 10 });
    world.downUntil(2.5);
    world.use(uid);
    world.downUntil(9);
    expect(await world.tick()).toMatchObject({ notices: 1, mails: { sent: 2 } });
    expect(world.mails[0]?.subject).toContain('expires within a day');
  },
  'idle with a day or less left': async () => {
    const world = await NoticeWorld.make();
    const uid = await world.token({ expires: 10 });
    world.downUntil(1.99);
    world.use(uid);
    world.downUntil(9);
    expect(await world.tick()).toMatchObject({ notices: 1, mails: { sent: 0 } });
    expect((await world.tick(1)).mails.sent).toBe(2);
  },
  'the mail hour is the threshold': async () => {
    const world = await NoticeWorld.make();
    const expires = 8 + 1 / 24;
    await world.token({ expires });
    for (const [day, subject] of [
      [expires - 7, 'expires within 7 days'],
      [expires - 1, 'expires within a day'],
      [expires, 'has expired'],
    ] as const) {
      world.downUntil(day);
      expect(await world.tick()).toMatchObject({ notices: 1, mails: { sent: 2 } });
      expect(world.mails.at(-1)?.subject).toContain(subject);
    }
  },
  'less than half of the threshold left at the mail hour': async () => {
    const world = await NoticeWorld.make();
    await world.settings({ warn_days: [1] });
    // At 08:00 of day 9 half a day is left of the one, and not quite of the other.
    await world.token({ name: 'half', expires: 9.5 + 1 / 24 });
    await world.token({ name: 'less', expires: 9.5 });
    world.downUntil(8.5);
    expect(await world.tick()).toMatchObject({ notices: 1, mails: { sent: 2 } });
    expect(world.mails[0]?.subject).toBe('Token “less” of Acme expires within a day');
    expect(await world.tick(1)).toMatchObject({ notices: 1, mails: { sent: 0 } });
    expect(await world.tick(12)).toMatchObject({ notices: 0, mails: { sent: 2 } });
    expect(world.mails.at(-1)?.subject).toBe('Token “half” of Acme expires within a day');
  },
  'expired in use': async () => {
    const world = await NoticeWorld.make();
    const uid = await world.token({ expires: 0.5 });
    world.downUntil(0.4);
    world.use(uid);
    world.downUntil(0.5);
    expect(await world.tick()).toMatchObject({ notices: 1, mails: { sent: 0 } });
    expect(await world.tick(13)).toMatchObject({ mails: { sent: 2 } });
    expect(world.mails[0]?.subject).toContain('expired while in use');
  },
  'a flagged token': async () => {
    expect(to(await mailed({ settings: { mail_to: ['owner'] }, flag: true, by: 'adam' }))).toEqual(['adam', 'olivia']);
    expect(to(await mailed({ settings: { mail_to: ['owner'] }, by: 'adam' }))).toEqual(['olivia']);
    expect(to(await mailed({ settings: { mail_to: [] }, flag: true, by: 'adam' }))).toEqual(['adam']);
    expect(to(await mailed({ settings: { mail_about: 'flagged' } }))).toEqual([]);
    expect(to(await mailed({ settings: { mail_about: 'flagged' }, flag: true }))).toEqual(['adam', 'olivia']);
  },
  'a flagged token whose creator has left': async () => {
    const leave = { prepare: (world: NoticeWorld) => world.removeMember('adam') };
    expect(to(await mailed({ flag: true, by: 'adam', ...leave }))).toEqual(['olivia']);
  },
  'mail_to is empty': async () => {
    const world = await mailed({ settings: { mail_to: [] } });
    expect([to(world), undeliverable(world), await world.deliveries()]).toEqual([[], [], []]);
  },
  'the one to be told has no address': async () => {
    expect(to(await mailed({ settings: { mail_to: ['owner'] }, ...without('olivia') }))).toEqual(['adam']);
    expect(to(await mailed({ settings: { mail_to: ['admins'] }, ...without('adam') }))).toEqual(['olivia']);
    // One of those to be told is: nobody else has to be.
    expect(to(await mailed(without('adam')))).toEqual(['olivia']);
  },
  'nobody has an address': async () => {
    const world = await mailed(without('olivia', 'adam'));
    expect([to(world), undeliverable(world)]).toEqual([[], [null]]);
    await world.tick(24);
    expect(undeliverable(world)).toEqual([null]);
  },
  'an address is refused for good': async () => {
    const world = await mailed({ settings: { mail_to: ['owner'] }, ...refused('olivia') });
    expect([to(world), undeliverable(world)]).toEqual([['adam'], [uidOf('olivia')]]);
    const both = await mailed(refused('olivia'));
    expect([to(both), undeliverable(both)]).toEqual([['adam'], [uidOf('olivia')]]);
  },
  'every address is refused for good': async () => {
    const world = await mailed(refused('olivia', 'adam'));
    expect([to(world), undeliverable(world).sort()]).toEqual([[], [uidOf('olivia'), uidOf('adam')].sort()]);
    expect((await world.deliveries()).map(({ state }) => state)).toEqual(['undeliverable', 'undeliverable']);
    await world.tick(24);
    expect(undeliverable(world)).toHaveLength(2);
  },
  'an hour that summer time leaves out': async () => {
    // Berlin goes from 02:00 to 03:00 on 29 March 2026.
    const times = sendTimes('Europe/Berlin', 2, '2026-03-28T12:00:00Z');
    expect(times).toEqual(['2026-03-29T01:00:00.000Z', '2026-03-30T00:00:00.000Z']);
  },
  'an hour that comes twice': async () => {
    // And from 03:00 back to 02:00 on 25 October 2026.
    const times = sendTimes('Europe/Berlin', 2, '2026-10-24T12:00:00Z');
    expect(times).toEqual(['2026-10-25T00:00:00.000Z', '2026-10-26T01:00:00.000Z']);
  },
};
