import * as z from 'zod/mini';
import { minuteMs } from '../values/duration.ts';
import { storedEnum } from '../values/open-enum.ts';
import type { RevocationReason } from '../values/revocation-reason.ts';
import { type Entity, field } from '../values/shape.ts';
import { expiryMs } from './expiry.ts';
import type { Token } from './token.ts';

/**
 * Every field of a receipt as it is put, once; what its rounds add is in sessions/revocation-repository.ts. Its item
 * (aws/receipt-items.ts) and its view (http/tokens/fetch-revocation.ts) follow from both.
 */
export const receiptFields = {
  /** The operation's id: sorts by time. */
  operation: field(z.string()),
  token_uid: field(z.string(), 'shown'),
  token_name: field(z.string(), 'shown'),
  api_key: field(z.string()),
  reason: field(storedEnum<RevocationReason>(), 'shown'),
  actor: field(z.string(), 'shown'),
  /** ISO 8601 instant of the change: from here on nothing verifies. */
  refused_from: field(z.string(), 'shown'),
  /** Sessions of an older epoch are over; null where the token is gone, and so are all. */
  epoch: field(z.nullable(z.number())),
  state: field(storedEnum<'running' | 'stuck' | 'completed'>()),
} as const;

/** The record of one revocation, put in the transaction that does it. Completed by ending every session of an older epoch. */
export interface Receipt extends Entity<typeof receiptFields> {
  readonly reason: RevocationReason;
  readonly state: 'running';
}

/**
 * From when on the schedule may give an incomplete receipt another round, in milliseconds after it was put or last tried. The schedule
 * looks once a minute: with that and the round itself a receipt is completed within 90 s of the end of any trouble. Not sooner,
 * because the stream needs a moment to bring the round that has been asked for. Not later after many failures, because nobody knows
 * when the trouble ends.
 */
const retryAfterMs = 20_000;

/** When an operation that was put or tried at an instant may be tried again. */
export const nextTry = (at: Date): Date => new Date(at.getTime() + retryAfterMs);

/** Makes the receipt of a revocation, to be put in the transaction that does it. */
export function receiptOf(
  token: Pick<Token, 'uid' | 'name' | 'api_key'>,
  { at, ...facts }: Pick<Receipt, 'operation' | 'reason' | 'actor' | 'epoch'> & { readonly at: Date },
): Receipt {
  return {
    ...facts,
    token_uid: token.uid,
    token_name: token.name,
    api_key: token.api_key,
    refused_from: at.toISOString(),
    state: 'running',
  };
}

/** Why an edit raises the epoch, or null where sessions go on: "expire now" ends them, and so does giving power back to a token. */
export function revocationByEdit(before: Token, after: Token, now: Date): RevocationReason | null {
  if (after.state === 'stopped')
    return before.state === 'stopped' && after.expires_at === before.expires_at ? null : 'expired_now';
  return isRevival(before, after, now) ? 'extended' : null;
}

/**
 * Whether an edit gives power back to a token that has lost it, or is about to: no session of before may live again. An expiry less
 * than a minute ahead counts as reached, because instances' clocks differ.
 */
function isRevival(before: Token, after: Token, now: Date): boolean {
  if (before.state !== 'live') return after.state === 'live';
  const over = expiryMs(before.expires_at) - now.getTime() < minuteMs;
  return over && expiryMs(after.expires_at) > expiryMs(before.expires_at);
}
