import { expect } from 'vitest';
import type { MailOutcome } from '../../functions/notices/mailer.ts';
import type { Case } from './notice-case.ts';
import { actorOf } from './notice-people.ts';
import { NoticeWorld } from './notice-world.ts';

const sent: MailOutcome = { outcome: 'sent', message_id: 'id' };
const failed: MailOutcome = { outcome: 'failed', reason: 'Throttled.' };
const unknown: MailOutcome = { outcome: 'unknown', reason: 'No answer.' };
const undeliverable: MailOutcome = { outcome: 'undeliverable', reason: 'No such address.' };

/** A digest to owner and admin whose hour has come; SES answers to the owner as is said, try by try, and takes the admin's. */
async function due(...outcomes: readonly MailOutcome[]): Promise<NoticeWorld> {
  const world = await NoticeWorld.make();
  await world.token({ expires: 10 });
  world.downUntil(3);
  await world.tick();
  const left = [...outcomes];
  world.outcome = (to) => (to.startsWith('olivia') ? (left.shift() ?? sent) : sent);
  return world;
}

const gone = async () => {
  throw new Error('The process is gone.');
};
const toOwner = async (world: NoticeWorld) =>
  (await world.deliveries()).find(({ person }) => person === actorOf('olivia').uid);
const mailsTo = (world: NoticeWorld, name: string) => world.mails.filter(({ to }) => to.startsWith(name));
const inMinutes = (world: NoticeWorld, minutes: number) =>
  new Date(world.now.getTime() + minutes * 60_000).toISOString();

export const mailCases: Readonly<Record<string, Case>> = {
  sent: async () => {
    const world = await due();
    expect((await world.tick(1)).mails).toEqual({ sent: 2, failed: 0, unknown: 0, undeliverable: 0 });
    expect(await toOwner(world)).toMatchObject({
      state: 'sent',
      tries: 1,
      again: false,
      reason: null,
      next_try_at: null,
    });
    expect((await world.tick(1)).mails).toEqual({ sent: 0, failed: 0, unknown: 0, undeliverable: 0 });
    expect(world.mails).toHaveLength(2);
  },
  failed: async () => {
    const world = await due(failed, failed);
    expect((await world.tick(1)).mails).toEqual({ sent: 1, failed: 1, unknown: 0, undeliverable: 0 });
    const next_try_at = inMinutes(world, 15);
    expect(await toOwner(world)).toMatchObject({ state: 'failed', tries: 1, reason: 'Throttled.', next_try_at });
    expect((await world.tick(0.2)).mails).toMatchObject({ sent: 0, failed: 0 });
    expect((await world.tick(0.05)).mails).toMatchObject({ sent: 0, failed: 1 });
    expect(await toOwner(world)).toMatchObject({ tries: 2, next_try_at: inMinutes(world, 30) });
    expect((await world.tick(0.5)).mails).toMatchObject({ sent: 1, failed: 0 });
    expect(await toOwner(world)).toMatchObject({ state: 'sent', tries: 3, again: false });
    expect([mailsTo(world, 'olivia').length, mailsTo(world, 'adam').length]).toEqual([1, 1]);
  },
  'failed eight times': async () => {
    const world = await due(...Array.from({ length: 8 }, () => failed));
    await world.settings({ mail_to: ['owner'] });
    await world.tick(1);
    const first = world.now.getTime();
    for (let tries = 2; tries <= 8; tries += 1) await world.tick(2 ** (tries - 2) / 4);
    expect((world.now.getTime() - first) / 3_600_000).toBe(31.75);
    expect(await toOwner(world)).toMatchObject({
      state: 'undeliverable',
      tries: 8,
      reason: 'Throttled. Given up after 8 tries.',
      next_try_at: null,
    });
    expect([mailsTo(world, 'olivia').length, mailsTo(world, 'adam').length]).toEqual([0, 1]);
    expect(world.events('notice.undeliverable')).toMatchObject([{ data: { person: actorOf('olivia').uid } }]);
    expect((await world.tick(24)).mails).toEqual({ sent: 0, failed: 0, unknown: 0, undeliverable: 0 });
  },
  unknown: async () => {
    const world = await due(unknown);
    expect((await world.tick(1)).mails).toEqual({ sent: 1, failed: 0, unknown: 1, undeliverable: 0 });
    expect(await toOwner(world)).toMatchObject({ state: 'unknown', tries: 1, again: false, reason: 'No answer.' });
    expect((await world.tick(1 / 4)).mails).toEqual({ sent: 1, failed: 0, unknown: 0, undeliverable: 0 });
    expect(await toOwner(world)).toMatchObject({ state: 'sent', tries: 2, again: true });
    const marks = world.mails.map(({ to, text }) => [to, text.includes('You may have this mail already')]);
    expect(marks.filter(([, isMarked]) => isMarked)).toEqual([['olivia@example.test', true]]);
    expect(mailsTo(world, 'olivia')).toHaveLength(2);
  },
  'unknown twice': async () => {
    const world = await due(unknown, unknown);
    await world.tick(1);
    await world.tick(1 / 4);
    expect(await toOwner(world)).toMatchObject({ state: 'unknown', tries: 2, again: true, next_try_at: null });
    await world.tick(24);
    expect([mailsTo(world, 'olivia').length, mailsTo(world, 'adam').length]).toEqual([2, 1]);
  },
  'unknown twice while another mail is tried again': async () => {
    const world = await due();
    world.outcome = (to) => (to.startsWith('olivia') ? unknown : failed);
    for (const hours of [1, 1 / 4, 1 / 2, 1, 2]) await world.tick(hours);
    expect([mailsTo(world, 'olivia').length, (await toOwner(world))?.state]).toEqual([2, 'unknown']);
    const other = (await world.deliveries()).find(({ person }) => person === actorOf('adam').uid);
    expect(other).toMatchObject({ state: 'failed', tries: 5 });
  },
  'the run ended while sending': async () => {
    const world = await due();
    await world.tick(1, { mailer: { send: gone }, onFailure: () => {} });
    expect(await toOwner(world)).toMatchObject({ state: 'sending', tries: 1, again: false });
    expect((await world.tick(1 / 4)).mails).toMatchObject({ sent: 2 });
    expect(await toOwner(world)).toMatchObject({ state: 'sent', tries: 2, again: true });
    for (const { text } of world.mails) expect(text).toContain('You may have this mail already');
  },
  'the run ended while sending, twice': async () => {
    const world = await due();
    for (const hours of [1, 1 / 4]) await world.tick(hours, { mailer: { send: gone }, onFailure: () => {} });
    expect((await world.tick(1 / 4)).mails).toEqual({ sent: 0, failed: 0, unknown: 0, undeliverable: 0 });
    const reason = 'The run that sent it did not say what became of it.';
    expect(await toOwner(world)).toMatchObject({ state: 'unknown', tries: 2, again: true, reason, next_try_at: null });
    await world.tick(24);
    expect(world.mails).toEqual([]);
  },
  undeliverable: async () => {
    const world = await due(undeliverable);
    await world.settings({ mail_to: ['owner'] });
    expect((await world.tick(1)).mails).toEqual({ sent: 1, failed: 0, unknown: 0, undeliverable: 1 });
    expect(await toOwner(world)).toMatchObject({ state: 'undeliverable', tries: 1, reason: 'No such address.' });
    expect(world.mails.map(({ to }) => to)).toEqual(['adam@example.test']);
    expect(world.events('notice.undeliverable')).toMatchObject([
      { data: { api_key: world.stack, person: actorOf('olivia').uid, reason: 'No such address.' } },
    ]);
    expect((await world.tick(24)).mails).toMatchObject({ sent: 0, undeliverable: 0 });
  },
  'the bus is down when a mail is undeliverable': async () => {
    const world = await due(undeliverable, undeliverable);
    const publish = async () => {
      throw new Error('The bus is down.');
    };
    const failures: string[] = [];
    await world.tick(1, { publisher: { publish }, onFailure: (what) => void failures.push(what) });
    expect([failures.length > 0, mailsTo(world, 'adam').length]).toEqual([true, 1]);
    expect(world.events('notice.undeliverable')).toEqual([]);
    await world.tick(1 / 4);
    expect(world.events('notice.undeliverable')).toMatchObject([{ data: { person: actorOf('olivia').uid } }]);
    expect(mailsTo(world, 'adam')).toHaveLength(1);
    expect(await toOwner(world)).toMatchObject({ state: 'undeliverable' });
  },
};
