import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { auditFrom } from '../../functions/aws/audit-item.ts';
import {
  deadUseFrom,
  deliveryFrom,
  digestFrom,
  digestNoticeFrom,
  noticeFrom,
} from '../../functions/aws/notice-items.ts';
import { progressFrom, receiptFrom } from '../../functions/aws/receipt-items.ts';
import { sessionEpochFrom, sessionFrom } from '../../functions/aws/session-items.ts';
import {
  aliasFrom,
  branchFrom,
  branchNamesFrom,
  environmentFrom,
  invitationFrom,
  knownAddressFrom,
  memberFrom,
  stackFrom,
} from '../../functions/aws/stack-items.ts';
import type { Item } from '../../functions/aws/storage/expressions.ts';
import { idempotencyFrom, tokenFrom } from '../../functions/aws/token-item.ts';
import { usageFrom } from '../../functions/aws/usage-item.ts';
import { StoredHygiene } from '../../functions/hygiene/settings.ts';
import { runningReceiptFields } from '../../functions/sessions/revocation-repository.ts';
import { tokenFields } from '../../functions/tokens/token.ts';
import { storedIn } from '../../functions/values/shape.ts';
import { sessionFields } from '../../functions/verification/session.ts';

const at = '2026-03-01T08:00:00.000Z';
const uid = 'blt00000000000000e1';
const stack = 'blt00000000000000a1';
const person = 'blt00000000000000b1';

// The first version's items. A field that comes later is not added here: it is what an old item lacks.
const token: Item = {
  uid,
  name: 'ci-deploy',
  description: '',
  scope: [{ module: 'branch', acl: {} }],
  expires_on: null,
  expires_at: null,
  is_email_notification_enabled: false,
  rate_limit_enabled: false,
  rate_limits: null,
  hint: 'abcd',
  created_by: person,
  updated_by: person,
  created_at: at,
  updated_at: at,
  api_key: stack,
  org_uid: 'blt00000000000000ff',
  state: 'live',
  digest: '0'.repeat(64),
  digest_algorithm: 'sha256',
  version: 1,
  epoch: 1,
  armed_under: 1,
};
const session: Item = {
  uid: 'blt00000000000000d1',
  token_uid: uid,
  api_key: stack,
  digest: '0'.repeat(64),
  epoch: 1,
  client: 'ci',
  remote_addr: '192.0.2.1',
  opened_at: at,
  expires_at: at,
};
const receipt: Item = {
  operation: 'op',
  token_uid: uid,
  token_name: 'ci-deploy',
  api_key: stack,
  reason: 'deleted',
  actor: person,
  refused_from: at,
  epoch: null,
  state: 'running',
};
const hygiene: Item = {
  warn_days: [30, 7, 1],
  mail_to: ['owner', 'admins'],
  mail_about: 'all',
  send_hour: 8,
  time_zone: 'UTC',
  cleanup_after_days: 30,
  max_cleanup_per_day: 10,
};
const ofStack: Item = {
  api_key: stack,
  org_uid: 'blt00000000000000ff',
  name: 'Web',
  description: '',
  master_locale: 'en-us',
  plan: { max_tokens: 10, manage_rate_limits: false },
  settings: { branches: true },
  hygiene,
  hygiene_version: 1,
  created_by: person,
  created_at: at,
  updated_at: at,
};
const authorship = { created_by: person, updated_by: person, created_at: at, updated_at: at };
const entry: Item = {
  uid: '0'.repeat(32),
  stack,
  created_at: at,
  created_by: person,
  module: 'stack',
  event_type: 'update',
  outcome: 'done',
  metadata: { uid: stack, title: 'Web' },
  changes: [],
  request_id: 'r',
  remote_addr: '',
};
const notice: Item = {
  token_uid: uid,
  api_key: stack,
  name: 'ci-deploy',
  token_version: 1,
  epoch: 1,
  expires_at: at,
  threshold: '7',
  claimed_at: at,
  last_used_at: null,
};
const noticeInDigest: Item = { token_uid: uid, expires_at: at, threshold: '7', claimed_at: at };
const delivery: Item = {
  stack,
  send_at: at,
  person,
  address: 'a@example.test',
  state: 'sent',
  run: 'r',
  tries: 1,
  again: false,
  at,
  reason: null,
  next_try_at: null,
};
const deadUse: Item = {
  token_uid: uid,
  token_version: 1,
  epoch: 1,
  api_key: stack,
  name: 'ci-deploy',
  at,
  client: '',
  remote_addr: '',
  calls: 1,
};
const member: Item = { uid: person, role: 'owner', issuer: 'https://issuer.example.test', sub: 'a' };
const invitation: Item = { address: 'a', role: 'admin', invited_by: person, invited_at: at, expires_at: at };
const idempotency: Item = { id: 'i', body: 'b', token_uid: uid, created_at: at };
const environment: Item = { uid, name: 'production', created_by: person, created_at: at };
const shard = { upto: '', ended: 0, last: false, cleared: '' };
const rounds = { tidied: [], waited_ms: null, rounds: 0, stuck_because: null, summary: null, next_try_at: null };

describe('the oldest item of an entity', () => {
  it.for<[string, Item, (item: Item) => unknown, added: object]>([
    ['a token', token, tokenFrom, { next: null }],
    ['a session', session, sessionFrom, {}],
    ['a receipt', receipt, receiptFrom, rounds],
    ["a shard's progress", { shard: '0' }, progressFrom, shard],
    ['a stack with its settings', ofStack, stackFrom, { changes: 0 }],
    ['a member', member, memberFrom, {}],
    ['an invitation', invitation, invitationFrom, {}],
    ['a branch', { name: 'main', aliases: [], ...authorship }, branchFrom, { source: '' }],
    ['a branch with its aliases', { name: 'main', aliases: [] }, branchNamesFrom, {}],
    ['an alias', { name: 'deploy', target: 'main', ...authorship }, aliasFrom, {}],
    ['an environment', environment, environmentFrom, {}],
    ['an audit entry', entry, auditFrom, {}],
    ['a notice', notice, noticeFrom, {}],
    ['a digest', { stack, send_at: at }, digestFrom, { notices: [] }],
    ['a notice in a digest', noticeInDigest, digestNoticeFrom, {}],
    ['a delivery', delivery, deliveryFrom, {}],
    ['a use of a dead value', deadUse, deadUseFrom, {}],
    ['an idempotency record', idempotency, idempotencyFrom, {}],
  ])('of %s is read, with defaults for what came later', ([, item, read, added]) => {
    expect(read(item)).toEqual({ ...item, ...added });
  });

  it('of a person, and of a last use, are read, too', () => {
    expect(knownAddressFrom({})).toEqual({ address: null, issued_at: null });
    const use = { at, client: 'ci', remote_addr: '192.0.2.1' };
    expect(usageFrom(use)).toEqual({ lastUse: { ...use, hours: new Map() }, lastRefusedAt: null });
    expect(sessionEpochFrom({ uid, epoch: 1 })).toEqual({ uid, epoch: 1 });
  });

  it.for([
    ['a token', token, storedIn(tokenFields)],
    ['a session', session, storedIn(sessionFields)],
    ['a receipt', receipt, storedIn(runningReceiptFields)],
    ["a stack's settings", hygiene, StoredHygiene.shape],
  ] as const)('of %s lacks every field that an item may lack', ([, item, schemas]) => {
    const required = Object.entries(schemas).flatMap(([name, schema]) =>
      z.object({ [name]: schema }).safeParse({}).success ? [] : [name],
    );
    expect(Object.keys(item).sort()).toEqual(required.sort());
  });
});
