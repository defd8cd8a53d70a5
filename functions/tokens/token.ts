import type { NextAction } from '../hygiene/schedule.ts';
import type { OpenEnum } from '../values/open-enum.ts';
import type { RevocationReason } from '../values/revocation-reason.ts';
import type { ScopeEntry } from '../values/scope.ts';
import { expiryMs } from './expiry.ts';

/** Requests per second that a token may make, for reads (GET) and for writes (all else). */
export interface RateLimits {
  readonly read: number;
  readonly write: number;
}

/** `live` until its expiry; `stopped` by "expire now" or by its holder; `deleted` for ever. Any other state refuses, too. */
export type TokenState = OpenEnum<'live' | 'stopped' | 'deleted'>;

/** The part of a token that its owner chooses. Instants are ISO 8601, UTC, with milliseconds. */
export interface TokenSettings {
  /** NFC; 1 to 50 code points. */
  readonly name: string;
  readonly description: string;
  readonly scope: readonly ScopeEntry[];
  /** As it was given, or null for never. */
  readonly expires_on: string | null;
  /** The instant, or null for never. */
  readonly expires_at: string | null;
  readonly is_email_notification_enabled: boolean;
  readonly rate_limit_enabled: boolean;
  readonly rate_limits: RateLimits | null;
}

/** How a token ended. */
export interface TokenEnd {
  readonly at: string;
  readonly by: string;
  readonly reason: OpenEnum<RevocationReason>;
  readonly operation: string;
}

export const stopReasons = ['expired_now', 'revoked_by_holder', 'idle'] as const;

/** How a token was stopped. Earlier versions did not keep it: what is not known of their stops is null. */
export interface TokenStop {
  /** ISO 8601 instant. */
  readonly at: string;
  /** Uid of a person or machine, or of the token itself where its holder stopped it. */
  readonly by: string | null;
  readonly reason: OpenEnum<(typeof stopReasons)[number]> | null;
}

/**
 * A management token as it is kept. Never the value: its digest. Field names are those of the API and of storage, so that one
 * vocabulary serves wire, core and audit log.
 */
export interface Token extends TokenSettings {
  readonly uid: string;
  /** The stack that it belongs to. */
  readonly api_key: string;
  readonly org_uid: string;
  readonly state: TokenState;
  readonly digest: string;
  readonly digest_algorithm: OpenEnum<'sha256'>;
  /** The last four characters of the value, for people to tell tokens apart. */
  readonly hint: string;
  /** Counts edits. */
  readonly version: number;
  /** Sessions opened under an older epoch are dead. */
  readonly epoch: number;
  readonly next: NextAction | null;
  /** The version of the stack's hygiene settings by which `next` was found. */
  readonly armed_under: number;
  /** How often what was due could not be done; absent: not once. */
  readonly sweep_failures?: number;
  /** The last stop, which holds only while the state is `stopped`: ask `stopOf`. */
  readonly stopped?: TokenStop;
  /** Of a deleted token only: how it ended, and the operation whose receipt tells of its sessions. */
  readonly end?: TokenEnd;
  readonly created_by: string;
  readonly updated_by: string;
  readonly created_at: string;
  readonly updated_at: string;
}

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
  return left <= firstWarningDays * 86_400_000 ? 'expiring' : 'active';
}

export type TokenStatus = OpenEnum<'active' | 'expiring' | 'expired'>;
