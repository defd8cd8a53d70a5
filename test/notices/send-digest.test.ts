import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Delivery } from '../../functions/notices/digest-repository.ts';
import type { Mail, MailOutcome } from '../../functions/notices/mailer.ts';
import { tokenLike } from '../tokens/token-like.ts';
import { admin, delivery, inMs, minute, owner, person, send, send_at, sent, stack, told } from './digest-sending.ts';

const none = { sent: 0, failed: 0, unknown: 0, undeliverable: 0 };
const to = (mails: readonly Mail[]) => mails.map((mail) => mail.to.replace('@example.test', '')).join(' ');

describe('a digest', () => {
  it('is held for 10 minutes by the clock, and sent with one mail to each, each claimed before', async () => {
    const { counts, done, took, mails, recorded } = await send({ people: [admin, owner] });
    expect(took).toEqual(['take', inMs(-1), inMs(10 * minute + 1000)]);
    expect(counts).toEqual({ ...none, sent: 2 });
    expect(to(mails)).toBe('admin owner');
    expect(recorded.slice(0, 2)).toEqual([
      [delivery({ person: 'admin', address: 'admin@example.test', run: 'run', at: inMs(0) }), null],
      [
        delivery({ person: 'admin', address: 'admin@example.test', run: 'run', at: inMs(1000), state: 'sent' }),
        delivery({ person: 'admin', address: 'admin@example.test', run: 'run', at: inMs(0) }),
      ],
    ]);
    expect(done).toEqual([['finish', 'sent']]);
  });

  it.for([{ isTaken: false }, { isThere: false }])('that is not there to be sent (%j) sends nothing', async (scene) => {
    const { counts, done, mails } = await send(scene);
    expect([counts, done, mails]).toEqual([none, [], []]);
  });

  it('of what is gone is of account to nobody', async () => {
    const { counts, done, mails } = await send({ tokens: [told({ state: 'deleted' })] });
    expect([counts, done, mails]).toEqual([none, [['finish', 'nobody']], []]);
  });

  it('whose time is up leaves the rest to the next run, and stays due', async () => {
    const { counts, done, mails } = await send({ people: [owner, admin], time: 1 });
    expect([counts, to(mails), done]).toEqual([{ ...none, sent: 1 }, 'owner', []]);
  });

  it('of which one delivery is somebody else is sent to the others, fails, and stays due', async () => {
    const { counts, done, mails } = await send({ people: [owner, admin], held: 'owner' });
    expect(counts).toEqual(new Error('The delivery to owner is not as it was seen.'));
    expect([to(mails), done]).toEqual(['admin', []]);
  });

  it('names each mail by its delivery and its try, and nobody in it', async () => {
    const { mails } = await send({ deliveries: [delivery({ state: 'failed', tries: 4 })] });
    const hash = createHash('sha256')
      .update(JSON.stringify([stack, send_at, 'owner']))
      .digest('hex')
      .slice(0, 24);
    expect(mails.map((mail) => mail.delivery)).toEqual([`${hash}-5`]);
  });
});

describe('what becomes of a mail', () => {
  const failed: MailOutcome = { outcome: 'failed', reason: 'SES was busy.' };
  const unknown: MailOutcome = { outcome: 'unknown', reason: 'No answer came.' };
  const undeliverable: MailOutcome = { outcome: 'undeliverable', reason: 'No such address.' };

  it.for<[string, MailOutcome, Partial<Delivery>, Partial<Delivery>, unknown]>([
    ['sent', sent, { tries: 0 }, { state: 'sent' }, ['finish', 'sent']],
    [
      'a first failure is tried again after 15 minutes',
      failed,
      { tries: 0 },
      { state: 'failed', reason: 'SES was busy.', next_try_at: inMs(1000 + 15 * minute) },
      ['postpone', inMs(1000 + 15 * minute)],
    ],
    [
      'a third after an hour',
      failed,
      { tries: 2 },
      { state: 'failed', reason: 'SES was busy.', next_try_at: inMs(1000 + 60 * minute) },
      ['postpone', inMs(1000 + 60 * minute)],
    ],
    [
      'an eighth is the last',
      failed,
      { tries: 7 },
      { state: 'undeliverable', reason: 'SES was busy. Given up after 8 tries.' },
      ['finish', 'undeliverable'],
    ],
    [
      'what is not known is tried once more, at once',
      unknown,
      { tries: 0 },
      { state: 'unknown', reason: 'No answer came.', next_try_at: inMs(1000) },
      ['postpone', inMs(1000)],
    ],
    [
      'what is not known the second time stays so',
      unknown,
      { tries: 1, again: true },
      { state: 'unknown', reason: 'No answer came.', again: true },
      ['finish', 'sent'],
    ],
    [
      'what cannot be delivered never is',
      undeliverable,
      { tries: 0 },
      { state: 'undeliverable', reason: 'No such address.' },
      ['finish', 'undeliverable'],
    ],
  ])('%s', async ([, outcome, seen, ended, end]) => {
    const before = delivery({ state: 'failed', ...seen });
    const { recorded, done, counts } = await send({ deliveries: [before], outcome: () => outcome });
    const claimed = { ...before, state: 'sending', run: 'run', at: inMs(0), tries: before.tries + 1 };
    const rest = { reason: null, next_try_at: null };
    expect(recorded).toEqual([
      [{ ...claimed, ...rest }, before],
      [
        { ...claimed, ...rest, at: inMs(1000), ...ended },
        { ...claimed, ...rest },
      ],
    ]);
    expect(done).toEqual([end]);
    expect(counts).toEqual({ ...none, [ended.state ?? '']: 1 });
  });

  it('that nobody can get is told to the bus once, with the tokens that it was about', async () => {
    const { events } = await send({ outcome: () => undeliverable });
    expect(events).toMatchObject([
      {
        type: 'notice.undeliverable',
        time: inMs(0),
        data: { api_key: stack, send_at, person: 'owner', reason: 'No such address.', tokens: [tokenLike().uid] },
      },
    ]);
  });

  it('goes to the next who is told nothing yet, where it cannot be delivered', async () => {
    const outcome = (address: string) => (address.startsWith('owner') ? undeliverable : sent);
    const settings = { mail_to: ['owner'] } as const;
    const people = [
      person('a', 'auditor'),
      person('b', 'admin'),
      owner,
      person('c', 'admin'),
      person('d', 'developer'),
    ];
    expect(to((await send({ people, settings, outcome })).mails)).toBe('owner b');
    const machines = [owner, person('a', 'admin', null), person('d', 'developer')];
    const { mails, done } = await send({ people: machines, settings, outcome });
    expect([to(mails), done]).toEqual(['owner', [['finish', 'undeliverable']]]);
  });

  it('goes to the next also where an earlier run found that it cannot be delivered', async () => {
    const deliveries = [delivery({ state: 'undeliverable' })];
    const people = [owner, person('a', 'admin')];
    expect(to((await send({ people, deliveries, settings: { mail_to: ['owner'] } })).mails)).toBe('a');
  });

  it('goes to the owner before admins, where whoever made the token cannot be told', async () => {
    const outcome = (address: string) => (address.startsWith('maker') ? undeliverable : sent);
    const people = [person('maker', 'developer'), person('a', 'admin'), person('b', 'admin'), owner];
    const tokens = [told({ created_by: 'maker', is_email_notification_enabled: true })];
    expect(to((await send({ people, tokens, outcome, settings: { mail_to: [] } })).mails)).toBe('maker owner');
  });
});

describe('a delivery that is there already', () => {
  it.for<[string, Partial<Delivery>, Partial<Delivery> | null]>([
    ['that was sent is not sent again', { state: 'sent' }, null],
    ['that cannot be delivered is not tried again', { state: 'undeliverable' }, null],
    ['that failed is tried when its time has come', { state: 'failed', next_try_at: inMs(0) }, { tries: 2 }],
    ['that failed is not tried before', { state: 'failed', next_try_at: inMs(1) }, null],
    ['that failed and was marked stays marked', { state: 'failed', again: true }, { tries: 2, again: true }],
    ['that is not known is tried once more, and marked', { state: 'unknown' }, { tries: 2, again: true }],
    ['that is not known after that is not', { state: 'unknown', again: true }, null],
    ['that nobody ended is tried once more, and marked', { state: 'sending' }, { tries: 2, again: true }],
  ])('%s', async ([, seen, claimed]) => {
    const before = delivery(seen);
    const { recorded, mails } = await send({ deliveries: [before] });
    expect(mails).toHaveLength(claimed ? 1 : 0);
    const sending = { ...before, state: 'sending', run: 'run', at: inMs(0), next_try_at: null, ...claimed };
    expect(recorded.slice(0, 1)).toEqual(claimed ? [[sending, before]] : []);
  });

  it('that nobody ended the second time is not known for good, and no mail is sent', async () => {
    const before = delivery({ again: true, tries: 2 });
    const { recorded, mails, done } = await send({ deliveries: [before] });
    const reason = 'The run that sent it did not say what became of it.';
    expect(recorded).toEqual([[{ ...before, state: 'unknown', run: 'run', at: inMs(0), reason }, before]]);
    expect([mails, done]).toEqual([[], [['finish', 'sent']]]);
  });

  it('says in the mail that it may have come before', async () => {
    const { mails } = await send({ deliveries: [delivery({ state: 'unknown' })] });
    expect(mails[0]?.text).toContain('You may have this mail already');
    expect((await send({})).mails[0]?.text).not.toContain('You may have this mail already');
  });

  it('goes to the address of now, and where there is none to that of before', async () => {
    const before = delivery({ state: 'failed', address: 'old@example.test' });
    expect(to((await send({ deliveries: [before] })).mails)).toBe('owner');
  });

  it('of somebody who is told nothing any more holds nothing up', async () => {
    const gone = delivery({ person: 'gone', state: 'failed', next_try_at: inMs(5) });
    expect((await send({ deliveries: [gone] })).done).toEqual([['finish', 'sent']]);
  });

  it('that is tried again first is what the digest waits for', async () => {
    const late = delivery({ state: 'failed', next_try_at: inMs(9) });
    const soon = delivery({ person: 'admin', state: 'failed', next_try_at: inMs(5) });
    expect((await send({ people: [owner, admin], deliveries: [late, soon] })).done).toEqual([['postpone', inMs(5)]]);
  });
});

describe('where nobody who is asked can be told', () => {
  const settings = { mail_to: ['owner'] } as const;
  const silent = person('owner', 'owner', null);

  it('the first admin is', async () => {
    const admins = [person('b', 'admin'), person('a', 'admin')];
    for (const people of [
      [silent, ...admins],
      [silent, ...admins.toReversed()],
    ]) {
      const { mails, done, events } = await send({ people, settings });
      expect([to(mails), done, events]).toEqual(['a', [['finish', 'sent']], []]);
    }
  });

  it('the owner is, beside what they are told anyway', async () => {
    const people = [owner, person('a', 'admin', null)];
    const tokens = [
      told({ uid: 'blt00000000000000e1', name: 'flagged', is_email_notification_enabled: true }),
      told({ uid: 'blt00000000000000e2', name: 'plain', created_by: 'a' }),
    ];
    const { mails, done, events } = await send({ people, tokens, settings: { mail_to: ['admins'] } });
    expect([to(mails), done, events]).toEqual(['owner', [['finish', 'sent']], []]);
    for (const { name } of tokens) expect(mails[0]?.text.split(`* ${name} (value`)).toHaveLength(2);
  });

  it('one who is told nothing yet is, and nobody else is told more', async () => {
    const people = [silent, person('a', 'admin'), person('b', 'admin')];
    const tokens = [
      told({ uid: 'blt00000000000000e1', name: 'flagged', is_email_notification_enabled: true, created_by: 'a' }),
      told({ uid: 'blt00000000000000e2', name: 'plain' }),
    ];
    const { mails } = await send({ people, tokens, settings });
    expect(mails.map(({ to: address, text }) => [address[0], text.split('* ').length - 1])).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
  });

  it('the bus is, that there is nobody', async () => {
    const { mails, done, events } = await send({ people: [silent, person('d', 'developer')], settings });
    expect([mails, done]).toEqual([[], [['finish', 'undeliverable']]]);
    expect(events).toMatchObject([
      { data: { person: null, reason: 'Nobody who could be told has a verified address.' } },
    ]);
  });
});
