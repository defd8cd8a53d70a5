import type { RevocationReason } from '../values/revocation-reason.ts';
import { expiryMs } from './expiry.ts';
import type { Token } from './token.ts';

/** The record of one revocation, put in the transaction that does it. Completed by ending every session of an older epoch. */
export interface Receipt {
  /** The operation's id: sorts by time. */
  readonly operation: string;
  readonly token_uid: string;
  readonly token_name: string;
  readonly api_key: string;
  readonly reason: RevocationReason;
  readonly actor: string;
  /** ISO 8601 instant of the change: from here on nothing verifies. */
  readonly refused_from: string;
  /** Sessions of an older epoch are over; null where the token is gone, and so are all. */
  readonly epoch: number | null;
  readonly state: 'running';
}

const minute = 60_000;

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
  const over = expiryMs(before.expires_at) - now.getTime() < minute;
  return over && expiryMs(after.expires_at) > expiryMs(before.expires_at);
}
