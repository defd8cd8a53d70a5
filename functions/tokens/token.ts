import * as z from 'zod/mini';
import type { NextAction } from '../hygiene/schedule.ts';
import { dayMs } from '../values/duration.ts';
import { type OpenEnum, storedEnum } from '../values/open-enum.ts';
import type { RevocationReason } from '../values/revocation-reason.ts';
import { StoredScope } from '../values/scope.ts';
import { type Entity, field, type NameOf, type Stored } from '../values/shape.ts';
import { expiryMs } from './expiry.ts';

const instant = z.string();

const StoredRateLimits = z.object({ read: z.number(), write: z.number() });
/** Requests per second that a token may make, for reads (GET) and for writes (all else). */
export type RateLimits = Stored<typeof StoredRateLimits>;

export const stopReasons = ['expired_now', 'revoked_by_holder', 'idle'] as const;

/** How a token was stopped. Earlier versions did not keep it: what is not known of their stops is null. */
const StoredStop = z.object({
  at: instant,
  /** Uid of a person or machine, or of the token itself where its holder stopped it. */
  by: z.nullable(z.string()),
  reason: z.nullable(storedEnum<(typeof stopReasons)[number]>()),
});
export type TokenStop = Stored<typeof StoredStop>;

/** How a token ended. */
const StoredEnd = z.object({
  at: instant,
  by: z.string(),
  reason: storedEnum<RevocationReason>(),
  operation: z.string(),
});

/**
 * Every field of a management token, once: its item (aws/token-item.ts), its view (http/tokens/token-view.ts), the API's document and
 * the audited changes (changes.ts) follow from this. Never the value: its digest. Field names are those of the API and of storage, so
 * that one vocabulary serves wire, core and audit log. Instants are ISO 8601, UTC, with milliseconds.
 *
 * Three things are said elsewhere: `next`, which is stored as two attributes; what people may send (token-fields.ts); and what the view
 * computes (status, last use, how it was stopped).
 */
export const tokenFields = {
  uid: field(z.string(), 'shown'),
  /** NFC; 1 to 50 code points. */
  name: field(z.string(), 'shown', 'edited', 'audited'),
  description: field(z.string(), 'shown', 'edited', 'audited'),
  scope: field(StoredScope, 'shown', 'edited', 'audited'),
  /** As it was given, or null for never. */
  expires_on: field(z.nullable(z.string()), 'shown', 'edited', 'audited'),
  /** The instant, or null for never. */
  expires_at: field(z.nullable(instant), 'shown', 'audited'),
  is_email_notification_enabled: field(z.boolean(), 'shown', 'edited', 'audited'),
  rate_limit_enabled: field(z.boolean(), 'shown', 'edited', 'audited'),
  rate_limits: field(z.nullable(StoredRateLimits), 'shown', 'edited', 'audited'),
  /** The last four characters of the value, for people to tell tokens apart. */
  hint: field(z.string(), 'shown'),
  created_by: field(z.string(), 'shown'),
  updated_by: field(z.string(), 'shown'),
  created_at: field(instant, 'shown'),
  updated_at: field(instant, 'shown'),
  /** The stack that it belongs to. */
  api_key: field(z.string(), 'shown'),
  org_uid: field(z.string(), 'shown'),
  /** `live` until its expiry; `stopped` by "expire now" or by its holder; `deleted` for ever. Any other state refuses, too. */
  state: field(storedEnum<'live' | 'stopped' | 'deleted'>()),
  digest: field(z.string()),
  digest_algorithm: field(storedEnum<'sha256'>()),
  /** Counts edits. */
  version: field(z.number()),
  /** Sessions opened under an older epoch are dead. */
  epoch: field(z.number()),
  /** The version of the stack's hygiene settings by which `next` was found. */
  armed_under: field(z.number()),
  /** How often what was due could not be done; absent: not once. */
  sweep_failures: field(z.exactOptional(z.number())),
  /** The last stop, which holds only while the state is `stopped`: ask `stopOf`. */
  stopped: field(z.exactOptional(StoredStop)),
  /** Of a deleted token only: how it ended, and the operation whose receipt tells of its sessions. */
  end: field(z.exactOptional(StoredEnd)),
} as const;

/** A management token as it is kept. */
export interface Token extends Entity<typeof tokenFields> {
  /** Stored as `next_action` and `due_at`, by which the due index finds it. */
  readonly next: NextAction | null;
}

export type TokenState = Token['state'];

/** The part of a token that its owner chooses. */
export type TokenSettings = Entity<typeof tokenFields, NameOf<typeof tokenFields, 'audited'>>;

/**
 * Whether a token's own state and expiry let it act: good if and only if `now < expires_at` and nobody stopped it. The one place
 * where an expiry is compared.
 */
export function isAlive(token: Pick<Token, 'state' | 'expires_at'>, now: Date): boolean {
  return token.state === 'live' && now.getTime() < expiryMs(token.expires_at);
}

/** How a token was stopped; null where it is not. */
export function stopOf(token: Token): TokenStop | null {
  if (token.state !== 'stopped') return null;
  if (token.stopped) return token.stopped;
  // It was stopped by a version that did not keep who and why. The last edit tells, where that is the one that stopped it.
  const { uid, updated_by: by, updated_at: at, expires_at } = token;
  if (by === uid) return { at, by, reason: 'revoked_by_holder' };
  return at === expires_at ? { at, by, reason: 'expired_now' } : { at: expires_at ?? at, by: null, reason: null };
}

/**
 * What people are told of a token's state: `expiring` within so many days of its expiry. A state that is not known here is shown as it
 * is.
 */
export function statusOf(token: Pick<Token, 'state' | 'expires_at'>, firstWarningDays: number, now: Date): TokenStatus {
  if (token.state !== 'live' && token.state !== 'stopped') return token.state;
  if (!isAlive(token, now)) return 'expired';
  const left = expiryMs(token.expires_at) - now.getTime();
  return left <= firstWarningDays * dayMs ? 'expiring' : 'active';
}

export type TokenStatus = OpenEnum<'active' | 'expiring' | 'expired'>;
