import { describe, expect, it } from 'vitest';
import { auditFrom } from '../../functions/aws/audit-item.ts';
import { deliveryFrom, digestFrom, noticeFrom } from '../../functions/aws/notice-items.ts';
import { receiptFrom } from '../../functions/aws/receipt-items.ts';
import { invitationFrom, memberFrom, stackFrom } from '../../functions/aws/stack-items.ts';
import type { Item } from '../../functions/aws/storage/expressions.ts';
import { reasonFrom, storedReason } from '../../functions/aws/stored-reasons.ts';
import { tokenFrom, tokenItem } from '../../functions/aws/token-item.ts';
import { eventsOf } from '../../functions/stream/token-changes.ts';
import { revocationReasons } from '../../functions/values/revocation-reason.ts';
import { settingsLike } from '../hygiene/settings-like.ts';
import { stackLike } from '../stacks/stack-like.ts';
import { tokenLike } from '../tokens/token-like.ts';

const at = '2026-03-01T08:00:00.000Z';
const newer = 'of a newer version';
const token = tokenLike();

const entry: Item = {
  uid: '0'.repeat(32),
  stack: token.api_key,
  created_at: at,
  created_by: 'a',
  module: 'stack',
  event_type: 'update',
  outcome: 'done',
  metadata: { uid: token.api_key, title: 'Web' },
  changes: [],
  request_id: 'r',
  remote_addr: '',
};
const receipt: Item = {
  operation: 'op',
  token_uid: token.uid,
  token_name: token.name,
  api_key: token.api_key,
  reason: 'deleted',
  actor: 'a',
  refused_from: at,
  epoch: null,
  state: 'running',
};
const notice: Item = {
  token_uid: token.uid,
  api_key: token.api_key,
  name: token.name,
  token_version: 1,
  epoch: 1,
  expires_at: at,
  threshold: '7',
  claimed_at: at,
  last_used_at: null,
};
const delivery: Item = {
  stack: token.api_key,
  send_at: at,
  person: 'a',
  address: 'a@example.test',
  state: 'sent',
  run: 'r',
  tries: 1,
  again: false,
  at,
  reason: null,
  next_try_at: null,
};

describe('a value that a newer version stored is read as it is', () => {
  it.for<[string, () => unknown, unknown]>([
    ["a token's state", () => tokenFrom({ ...token, state: newer }), { state: newer }],
    [
      "a token's next action",
      () => tokenFrom({ ...tokenItem(token), next_action: newer, due_at: `${at}#${token.uid}` }),
      { next: { action: newer, at } },
    ],
    ['a digest algorithm', () => tokenFrom({ ...token, digest_algorithm: newer }), { digest_algorithm: newer }],
    [
      'a module of a scope',
      () => tokenFrom({ ...token, scope: [{ module: newer, acl: { read: true } }] }),
      { scope: [{ module: newer, acl: { read: true } }] },
    ],
    [
      'why a token was stopped',
      () => tokenFrom({ ...token, state: 'stopped', stopped: { at, by: 'a', reason: newer } }),
      { stopped: { at, by: 'a', reason: newer } },
    ],
    [
      'why a token ended',
      () => tokenFrom({ ...token, state: 'deleted', end: { at, by: 'a', reason: newer, operation: 'op' } }),
      { end: { reason: newer } },
    ],
    ["a receipt's reason", () => receiptFrom({ ...receipt, reason: newer }), { reason: newer }],
    ["a receipt's state", () => receiptFrom({ ...receipt, state: newer }), { state: newer }],
    ["an entry's module", () => auditFrom({ ...entry, module: newer }), { module: newer }],
    ["an entry's event", () => auditFrom({ ...entry, event_type: newer }), { event_type: newer }],
    ["an entry's outcome", () => auditFrom({ ...entry, outcome: newer }), { outcome: newer }],
    ["an entry's reason", () => auditFrom({ ...entry, reason: newer }), { reason: newer }],
    ["a member's role", () => memberFrom({ uid: 'a', role: newer, issuer: '', sub: 'a' }), { role: newer }],
    [
      "an invitation's role",
      () => invitationFrom({ address: 'a', role: newer, invited_by: 'b', invited_at: at, expires_at: at }),
      { role: newer },
    ],
    [
      'hygiene settings',
      () => stackFrom({ ...stackLike({}), hygiene: settingsLike({ mail_to: [newer], mail_about: newer }) }),
      { hygiene: { mail_to: [newer], mail_about: newer } },
    ],
    ["a notice's threshold", () => noticeFrom({ ...notice, threshold: newer }), { threshold: newer }],
    [
      'a threshold in a digest',
      () =>
        digestFrom({
          stack: token.api_key,
          send_at: at,
          notices: [{ token_uid: token.uid, expires_at: at, threshold: newer }],
        }),
      { notices: [{ threshold: newer }] },
    ],
    ["a delivery's state", () => deliveryFrom({ ...delivery, state: newer }), { state: newer }],
  ])('%s', ([, read, shown]) => {
    expect(read()).toMatchObject(shown as object);
  });

  it('and nothing is said of a notice whose threshold is not known', () => {
    expect(eventsOf({ notice: noticeFrom({ ...notice, threshold: newer }) })).toEqual([]);
    expect(eventsOf({ notice: noticeFrom(notice) })).toHaveLength(1);
  });
});

describe('the reason of a revocation', () => {
  const person = { actor: 'blt00000000000000b1', token_uid: token.uid };
  const holder = { actor: token.uid, token_uid: token.uid };

  it.for([
    ['deleted', person, 'deleted'],
    ['expired', person, 'cleaned_up'],
    ['ended', person, 'ended_all'],
    ['stopped', person, 'expired_now'],
    ['stopped', holder, 'revoked_by_holder'],
    ['extended', person, 'extended'],
    ['idle', person, 'idle'],
    [newer, person, newer],
  ] as const)('that is stored as %s is the one that the API names', ([stored, by, reason]) => {
    expect(reasonFrom(stored, by)).toBe(reason);
  });

  it.for(revocationReasons)('%s is read as it was, after it was stored', (reason) => {
    expect(reasonFrom(storedReason(reason), reason === 'revoked_by_holder' ? holder : person)).toBe(reason);
  });

  it('is stored in words that earlier versions read', () => {
    const words = ['deleted', 'expired', 'ended', 'stopped', 'extended'];
    // Nothing stops an idle token yet.
    expect(revocationReasons.map(storedReason).filter((word) => !words.includes(word))).toEqual(['idle']);
  });

  it('is the same in the audit log, and why something was refused is no such reason', () => {
    expect(auditFrom({ ...entry, event_type: 'delete', reason: 'expired' })?.reason).toBe('cleaned_up');
    expect(auditFrom({ ...entry, outcome: 'refused', reason: 'expired' })?.reason).toBe('expired');
    expect(auditFrom(entry)).not.toHaveProperty('reason');
  });
});
