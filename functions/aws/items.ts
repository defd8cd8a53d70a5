// Long because the shape of every stored item stands here, beside those that it shares attributes with.
import * as z from 'zod/mini';
import type { Delivery, DigestNotice, ReadDigest } from '../notices/digest-repository.ts';
import type { Notice } from '../notices/notice-repository.ts';
import type { DeadUse } from '../notices/row-change.ts';
import type { RunningReceipt, ShardProgress } from '../sessions/revocation-repository.ts';
import type { SessionEpoch } from '../sessions/session-repository.ts';
import type { AuditEntry } from '../stacks/audit-entry.ts';
import type { Environment } from '../stacks/environment.ts';
import type { Invitation } from '../stacks/invitation.ts';
import type { KnownAddress } from '../stacks/person.ts';
import type { Alias, Branch, BranchNames, Member, Stack } from '../stacks/stack.ts';
import type { Token } from '../tokens/token.ts';
import type { IdempotencyRecord } from '../tokens/token-repository.ts';
import type { Session } from '../verification/session.ts';
import { dueAttributes } from './keys.ts';
import type { Item } from './storage/expressions.ts';
import { auditReasonFrom, reasonFrom } from './stored-reasons.ts';

/** A state, a reason, an action, a role: a newer version may have stored one that is not known here. It is read as it is. */
const open = z.string();

const acl = z.object({ read: z.optional(z.boolean()), write: z.optional(z.boolean()) });
const scopeEntry = z.object({
  module: open,
  acl,
  branches: z.optional(z.array(z.string())),
  branch_aliases: z.optional(z.array(z.string())),
});

const TokenItem = z.object({
  uid: z.string(),
  api_key: z.string(),
  org_uid: z.string(),
  name: z.string(),
  description: z.string(),
  scope: z.array(scopeEntry),
  expires_on: z.nullable(z.string()),
  expires_at: z.nullable(z.string()),
  is_email_notification_enabled: z.boolean(),
  rate_limit_enabled: z.boolean(),
  rate_limits: z.nullable(z.object({ read: z.number(), write: z.number() })),
  state: open,
  digest: z.string(),
  digest_algorithm: open,
  hint: z.string(),
  version: z.number(),
  epoch: z.number(),
  next_action: z.optional(open),
  due_at: z.optional(z.string()),
  armed_under: z.number(),
  sweep_failures: z.optional(z.number()),
  created_by: z.string(),
  updated_by: z.string(),
  created_at: z.string(),
  updated_at: z.string(),
  stopped: z.optional(z.object({ at: z.string(), by: z.nullable(z.string()), reason: z.nullable(open) })),
  end: z.optional(z.object({ at: z.string(), by: z.string(), reason: open, operation: z.string() })),
});

const MemberItem = z.object({
  uid: z.string(),
  role: open,
  issuer: z.string(),
  sub: z.string(),
  joined_at: z.optional(z.string()),
});

/** `vouched` is about `email` where it names the same: rows from before have none, and what an operator says comes from no JWT. */
const PersonItem = z.object({
  email: z.optional(z.string()),
  vouched: z.optional(z.object({ email: z.string(), iat: z.number() })),
});

const StackItem = z.object({
  api_key: z.string(),
  org_uid: z.string(),
  name: z.string(),
  description: z.string(),
  master_locale: z.string(),
  plan: z.object({ max_tokens: z.number(), manage_rate_limits: z.boolean() }),
  settings: z.object({ branches: z.boolean() }),
  hygiene: z.object({
    warn_days: z.array(z.number()),
    mail_to: z.array(open),
    mail_about: open,
    send_hour: z.number(),
    time_zone: z.string(),
    cleanup_after_days: z.nullable(z.number()),
    max_cleanup_per_day: z.number(),
  }),
  hygiene_version: z.number(),
  changes: z._default(z.number(), 0),
  created_by: z.string(),
  created_at: z.string(),
  updated_at: z.string(),
});

const InvitationItem = z.object({
  address: z.string(),
  role: open,
  invited_by: z.string(),
  invited_at: z.string(),
  expires_at: z.string(),
});
const authorship = {
  created_by: z.string(),
  updated_by: z.string(),
  created_at: z.string(),
  updated_at: z.string(),
};
const AliasItem = z.object({ name: z.string(), target: z.string(), ...authorship });
const BranchNamesItem = z.object({ name: z.string(), aliases: z.array(z.string()) });
const BranchItem = z.object({
  name: z.string(),
  aliases: z.array(z.string()),
  source: z._default(z.string(), ''),
  ...authorship,
});
const IdempotencyItem = z.object({ id: z.string(), body: z.string(), token_uid: z.string(), created_at: z.string() });

const AuditItem = z.object({
  uid: z.string(),
  stack: z.string(),
  created_at: z.string(),
  created_by: z.string(),
  module: open,
  event_type: open,
  outcome: open,
  reason: z.optional(open),
  metadata: z.object({ uid: z.string(), title: z.string() }),
  changes: z.array(z.object({ field: z.string(), from: z.unknown(), to: z.unknown() })),
  request_id: z.string(),
  remote_addr: z.string(),
});

const SessionItem = z.object({
  uid: z.string(),
  token_uid: z.string(),
  api_key: z.string(),
  digest: z.string(),
  epoch: z.number(),
  client: z.string(),
  remote_addr: z.string(),
  opened_at: z.string(),
  expires_at: z.string(),
});

const SessionEpochItem = z.object({ uid: z.string(), epoch: z.number() });

const Sample = z.object({ ms: z.number(), sessions: z.number() });
const Summary = z.object({
  sessions: z.object({ total: z.number(), ended: z.number(), remaining: z.number() }),
  tidied_ms: z.object({ p50: z.number(), p99: z.number(), max: z.number() }),
  waited_ms: z._default(z.nullable(z.number()), null),
  completed_at: z.string(),
});

const ReceiptItem = z.object({
  operation: z.string(),
  token_uid: z.string(),
  token_name: z.string(),
  api_key: z.string(),
  reason: open,
  actor: z.string(),
  refused_from: z.string(),
  epoch: z.nullable(z.number()),
  state: open,
  due_at: z.optional(z.string()),
  tidied: z._default(z.array(Sample), []),
  waited_ms: z._default(z.nullable(z.number()), null),
  rounds: z._default(z.number(), 0),
  stuck_because: z._default(z.nullable(z.string()), null),
  summary: z._default(z.nullable(Summary), null),
});

const ProgressItem = z.object({
  shard: z.string(),
  upto: z._default(z.string(), ''),
  ended: z._default(z.number(), 0),
  last: z._default(z.boolean(), false),
  cleared: z._default(z.string(), ''),
});

const DeadUseItem = z.object({
  token_uid: z.string(),
  token_version: z.number(),
  epoch: z.number(),
  api_key: z.string(),
  name: z.string(),
  at: z.string(),
  client: z.string(),
  remote_addr: z.string(),
  calls: z.number(),
});

const NoticeItem = z.object({
  token_uid: z.string(),
  api_key: z.string(),
  name: z.string(),
  token_version: z.number(),
  epoch: z.number(),
  expires_at: z.string(),
  threshold: open,
  claimed_at: z.string(),
  last_used_at: z.nullable(z.string()),
});

const digestNotice = { token_uid: z.string(), expires_at: z.string(), threshold: open };

const DigestItem = z.object({
  stack: z.string(),
  send_at: z.string(),
  /** Only digests of earlier versions hold their notices themselves: now each notice has a row of its own. */
  notices: z.optional(z.array(z.object(digestNotice))),
});

const DigestNoticeItem = z.object({ ...digestNotice, claimed_at: z.string() });

const DeliveryItem = z.object({
  stack: z.string(),
  send_at: z.string(),
  person: z.string(),
  address: z.string(),
  state: open,
  run: z.string(),
  tries: z.number(),
  again: z.boolean(),
  at: z.string(),
  reason: z.nullable(z.string()),
  next_try_at: z.nullable(z.string()),
});

const EnvironmentItem = z.object({ uid: z.string(), name: z.string(), created_by: z.string(), created_at: z.string() });

/** A malformed item is our own mistake, and is told by the attribute that is wrong, never by its value. */
export class MalformedItem extends Error {
  override readonly name = 'MalformedItem';
}

function parse<S extends z.ZodMiniType>(schema: S, item: Item): z.output<S> {
  const result = schema.safeParse(item);
  if (result.success) return result.data;
  const attributes = result.error.issues.map((issue) => issue.path.join('.')).join(', ');
  throw new MalformedItem(`Item ${String(item.pk)} / ${String(item.sk)}: ${attributes}`);
}

/** Reads an item by its schema; marked pure where it is called, so that a bundle holds only the items that its door reads. */
export const decoded =
  <S extends z.ZodMiniType, T>(schema: S, shape: (data: z.output<S>) => T) =>
  (item: Item | null | undefined): T | null =>
    item ? shape(parse(schema, item)) : null;

/** Optional attributes are absent, never undefined. */
function dense<T extends object>(data: T): T {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined)) as T;
}

export const memberFrom = /* @__PURE__ */ decoded(MemberItem, (member): Member => member);
export const knownAddressFrom = /* @__PURE__ */ decoded(
  PersonItem,
  ({ email = null, vouched }): KnownAddress => ({
    address: email,
    issued_at: vouched?.email === email ? vouched.iat : null,
  }),
);
export const receiptFrom = /* @__PURE__ */ decoded(
  ReceiptItem,
  ({ due_at: due, ...receipt }): RunningReceipt => ({
    ...receipt,
    reason: reasonFrom(receipt.reason, receipt),
    next_try_at: due?.split('#', 1)[0] ?? null,
  }),
);
export const progressFrom = /* @__PURE__ */ decoded(ProgressItem, (progress): ShardProgress => progress);
export const sessionFrom = /* @__PURE__ */ decoded(SessionItem, (session): Session => session);
export const sessionEpochFrom = /* @__PURE__ */ decoded(SessionEpochItem, (session): SessionEpoch => session);
export const deadUseFrom = /* @__PURE__ */ decoded(DeadUseItem, (use): DeadUse => use);
export const noticeFrom = /* @__PURE__ */ decoded(NoticeItem, (notice): Notice => notice);
export const digestFrom = /* @__PURE__ */ decoded(
  DigestItem,
  ({ notices = [], ...key }): ReadDigest => ({ ...key, notices }),
);
/** With the instant of its claim, by which the notices of a digest are put in order. */
export const digestNoticeFrom = /* @__PURE__ */ decoded(
  DigestNoticeItem,
  (notice): DigestNotice & Pick<Notice, 'claimed_at'> => notice,
);
export const deliveryFrom = /* @__PURE__ */ decoded(DeliveryItem, (delivery): Delivery => delivery);
export const environmentFrom = /* @__PURE__ */ decoded(EnvironmentItem, (environment): Environment => environment);
export const branchNamesFrom = /* @__PURE__ */ decoded(BranchNamesItem, (branch): BranchNames => branch);
export const branchFrom = /* @__PURE__ */ decoded(BranchItem, (branch): Branch => branch);
export const invitationFrom = /* @__PURE__ */ decoded(InvitationItem, (invitation): Invitation => invitation);
export const aliasFrom = /* @__PURE__ */ decoded(AliasItem, (alias): Alias => alias);
export const auditFrom = /* @__PURE__ */ decoded(
  AuditItem,
  ({ reason, ...entry }): AuditEntry => ({
    ...entry,
    ...(reason === undefined ? {} : { reason: auditReasonFrom(reason, entry) }),
  }),
);
export const idempotencyFrom = /* @__PURE__ */ decoded(IdempotencyItem, (record): IdempotencyRecord => record);
export const stackFrom = /* @__PURE__ */ decoded(StackItem, (stack): Stack => stack);

export const tokenFrom = /* @__PURE__ */ decoded(
  TokenItem,
  ({ next_action: action, due_at: due, scope, end, stopped, sweep_failures, ...token }): Token => ({
    ...token,
    scope: scope.map((entry) => dense({ ...entry, acl: dense(entry.acl) })) as Token['scope'],
    next: action && due ? { action, at: due.split('#', 1)[0] ?? due } : null,
    ...(stopped ? { stopped } : {}),
    ...(end ? { end: { ...end, reason: reasonFrom(end.reason, { actor: end.by, token_uid: token.uid }) } } : {}),
    ...(sweep_failures === undefined ? {} : { sweep_failures }),
  }),
);

/** A token as its item, with its place in the due index where something is to be done about it. */
export function tokenItem({ next, ...token }: Token): Item {
  return { ...token, ...(next ? { next_action: next.action, ...dueAttributes(next.at, token.uid, token.uid) } : {}) };
}
