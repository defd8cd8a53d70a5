import { describe, expect, it } from 'vitest';
import { isInUse } from '../../functions/hygiene/send-time.ts';
import { defaultHygiene, type HygieneSettings } from '../../functions/hygiene/settings.ts';
import { digestFor, type EntryContext, entryOf, recipientsOf } from '../../functions/notices/digest-entries.ts';
import type { DigestNotice, Reachable } from '../../functions/notices/digest-repository.ts';
import type { Stack } from '../../functions/stacks/stack.ts';
import type { Token } from '../../functions/tokens/token.ts';
import type { LastUse } from '../../functions/values/last-use.ts';
import { settingsLike } from '../hygiene/settings-like.ts';
import { stackLike } from '../stacks/stack-like.ts';
import { tokenLike } from '../tokens/token-like.ts';

const now = new Date('2026-03-01T06:00:00.000Z');
const [hour, day] = [3_600_000, 86_400_000];
const inMs = (ms: number) => new Date(now.getTime() + ms).toISOString();
const used = (ms: number): LastUse => ({ at: inMs(-ms), client: 'c', remote_addr: '192.0.2.1', hours: new Map() });
const stack = tokenLike().api_key;

const stackOf = (settings: Partial<HygieneSettings> = {}): Stack => stackLike({ hygiene: settingsLike(settings) });

describe('a token is in use', () => {
  it.for([
    ['that was used this moment', used(0), true],
    ['that was used in the last 7 days', used(7 * day - 1), true],
    ['that was used 7 days ago', used(7 * day), false],
    ['that was never used', null, false],
  ] as const)('or not: one %s', ([, lastUse, isUsed]) => {
    expect(isInUse(lastUse, now)).toBe(isUsed);
  });
});

describe('the digest of a notice', () => {
  const atEight = inMs(2 * hour);
  const of = (
    threshold: DigestNotice['threshold'],
    left: number,
    { lastUse = null, closed = null }: { lastUse?: LastUse | null; closed?: string | null } = {},
  ) => {
    const token = tokenLike({ expires_at: inMs(left) });
    return digestFor(
      { token, lastUse },
      {
        notice: notice(token.uid, inMs(left), threshold),
        settings: defaultHygiene,
        now,
        closed: closed === null ? null : { stack, send_at: closed },
      },
    );
  };

  it.for([
    ['a warning, at the mail hour', '7', 7 * day, {}, atEight],
    ['a warning of one day about an idle token, at the mail hour', '1', day, {}, atEight],
    ['a warning about a token in use with a day left, at once', '1', day, { lastUse: used(0) }, inMs(0)],
    [
      'a warning about a token in use with more than a day left, at the mail hour',
      '7',
      7 * day,
      { lastUse: used(0) },
      atEight,
    ],
    ['an expiry, at the mail hour', 'expired', 0, {}, atEight],
    ['an expiry of a token in use, at the mail hour', 'expired', -1, { lastUse: used(0) }, atEight],
    ['a clean-up that waits, at the mail hour', 'held_back', -30 * day, {}, atEight],
    ['a warning whose digest is closed, a millisecond later', '7', 7 * day, { closed: atEight }, inMs(2 * hour + 1)],
    [
      'an expiry whose digest is closed, at the next mail hour',
      'expired',
      0,
      { closed: atEight },
      inMs(2 * hour + day),
    ],
  ] as const)('tells %s', ([, threshold, left, more, send_at]) => {
    expect(of(threshold, left, more)).toEqual({ stack, send_at });
  });
});

const person = (uid: string, role: Reachable['role'], address: string | null = `${uid}@example.test`): Reachable => ({
  uid,
  role,
  issuer: '',
  sub: uid,
  address,
});
const notice = (token_uid: string, expires_at: string, threshold: DigestNotice['threshold'] = '7'): DigestNotice => ({
  token_uid,
  expires_at,
  threshold,
});

describe('who is told what', () => {
  const people = [person('o', 'owner'), person('a', 'admin'), person('d', 'developer')];
  const tokens = [
    { token: tokenLike({ uid: 'plain', expires_at: inMs(day), created_by: 'd' }), lastUse: null },
    {
      token: tokenLike({
        uid: 'flagged',
        expires_at: inMs(day),
        created_by: 'd',
        is_email_notification_enabled: true,
      }),
      lastUse: null,
    },
  ];
  const notices = ['plain', 'flagged'].map((uid) => notice(uid, inMs(day)));

  const told = (settings: Partial<HygieneSettings>, whom: readonly Reachable[] = people, about = tokens) => {
    const { recipients: by, undeliverable } = recipientsOf(
      { stack: stackOf(settings), people: whom, tokens: about, deliveries: [] },
      { notices, now },
    );
    const uids = (some: readonly { token: Token }[]) => some.map(({ token }) => token.uid).join(' ');
    return [Object.fromEntries([...by].map(([{ uid }, some]) => [uid, uids(some)])), uids(undeliverable)];
  };

  it.for<[string, Partial<HygieneSettings>, unknown]>([
    [
      'everybody who is asked, and who made a flagged one',
      {},
      [{ o: 'plain flagged', a: 'plain flagged', d: 'flagged' }, ''],
    ],
    ['the owner alone', { mail_to: ['owner'] }, [{ o: 'plain flagged', d: 'flagged' }, '']],
    ['the admins alone', { mail_to: ['admins'] }, [{ a: 'plain flagged', d: 'flagged' }, '']],
    ['of flagged ones only', { mail_about: 'flagged' }, [{ o: 'flagged', a: 'flagged', d: 'flagged' }, '']],
    ['nobody but who made it', { mail_to: [] }, [{ d: 'flagged' }, '']],
    [
      'everybody of all, where a newer version knows another choice',
      { mail_about: 'those in use' },
      [{ o: 'plain flagged', a: 'plain flagged', d: 'flagged' }, ''],
    ],
  ])('is %s', ([, settings, expected]) => {
    expect(told(settings)).toEqual(expected);
  });

  it('is nobody without an address, and then what nobody heard is known', () => {
    const silent = [person('o', 'owner', null), person('a', 'admin', null), person('d', 'developer')];
    expect(told({}, silent)).toEqual([{ d: 'flagged' }, 'plain flagged']);
    expect(told({ mail_about: 'flagged' }, silent)).toEqual([{ d: 'flagged' }, 'flagged']);
    expect(told({ mail_to: [] }, silent)).toEqual([{ d: 'flagged' }, '']);
  });

  it('is nobody of what is deleted, or whose expiry has moved', () => {
    const [plain, flagged] = tokens.map(({ token }) => token);
    if (!plain || !flagged) throw new Error('There are no tokens.');
    const gone = [
      { token: { ...plain, state: 'deleted' as const }, lastUse: null },
      { token: { ...flagged, expires_at: inMs(2 * day) }, lastUse: null },
    ];
    expect(told({}, people, gone)).toEqual([{}, '']);
  });

  const thresholdTold = (some: readonly DigestNotice[], at = now) => {
    const scene = { stack: stackOf(), people, tokens: tokens.slice(0, 1), deliveries: [] };
    return [...recipientsOf(scene, { notices: some, now: at }).recipients.values()][0]?.map(
      (one) => one.notice.threshold,
    );
  };

  it('of several notices of a token is the last', () => {
    const several = [notice('plain', inMs(day), '7'), notice('plain', inMs(day), '1'), notice('other', inMs(day), '3')];
    expect(thresholdTold(several)).toEqual(['1']);
  });

  it('is nobody of a warning whose token has expired meanwhile, and everybody of the expiry', () => {
    const at = (ms: number) => new Date(now.getTime() + ms);
    const warning = [notice('plain', inMs(day), '1')];
    expect(thresholdTold(warning, at(day - 1))).toEqual(['1']);
    expect(thresholdTold(warning, at(day))).toBeUndefined();
    for (const threshold of ['expired', 'held_back'] as const)
      expect(thresholdTold([...warning, notice('plain', inMs(day), threshold)], at(day))).toEqual([threshold]);
  });
});

describe('a token in a mail', () => {
  const context = (more: Partial<EntryContext> = {}): EntryContext => ({
    stack: stackOf(),
    people: [person('m', 'developer', 'maker@example.test'), person('n', 'developer', null)],
    now,
    consoleUrl: null,
    ...more,
  });
  const entry = (
    facts: Partial<Token>,
    {
      threshold = '7',
      lastUse = null,
      more = {},
    }: { threshold?: DigestNotice['threshold']; lastUse?: LastUse | null; more?: Partial<EntryContext> } = {},
  ) => {
    const token = tokenLike({ expires_at: inMs(day), ...facts });
    return entryOf({ token, lastUse, notice: notice(token.uid, token.expires_at ?? '', threshold) }, context(more));
  };

  it('has what people have to know of it', () => {
    const token = tokenLike({ created_by: 'm' });
    expect(entry({ created_by: 'm' }, { lastUse: used(0) })).toEqual({
      uid: token.uid,
      name: token.name,
      hint: token.hint,
      what: 'expiring',
      expires_at: inMs(day),
      last_use: { at: inMs(0), client: 'c' },
      in_use: true,
      created_by: 'maker@example.test',
      cleaned_up_at: inMs(31 * day),
      link: null,
    });
  });

  it.for([
    ['7', 'expiring'],
    ['1', 'expiring'],
    ['expired', 'expired'],
  ] as const)('is as its notice %s says: %s', ([threshold, what]) => {
    expect(entry({}, { threshold }).what).toBe(what);
  });

  it('that waits for clean-up is cleaned up when that is due', () => {
    const next = { action: 'clean_up', at: inMs(5) } as const;
    expect(entry({ next }, { threshold: 'held_back' })).toMatchObject({
      what: 'cleanup_held_back',
      cleaned_up_at: inMs(5),
    });
    expect(entry({ next: null }, { threshold: 'held_back' }).cleaned_up_at).toBeNull();
  });

  it('is not cleaned up where the stack wants none', () => {
    const stackWithout = stackOf({ cleanup_after_days: null });
    expect(entry({}, { more: { stack: stackWithout } }).cleaned_up_at).toBeNull();
  });

  it.for([
    ['n', 'n'],
    ['gone', 'gone'],
  ] as const)('whose maker has no address, or is gone (%s), names them by uid', ([created_by, shown]) => {
    expect(entry({ created_by })).toMatchObject({ created_by: shown });
  });

  it('links to its page of the console', () => {
    const { link } = entry({}, { more: { consoleUrl: 'https://console.example' } });
    const { uid } = tokenLike();
    expect(link).toBe(`https://console.example/#/stack/${stack}/settings/management-tokens/${uid}/edit`);
  });

  it('that was never used says so', () => {
    expect(entry({})).toMatchObject({ last_use: null, in_use: false });
  });
});
