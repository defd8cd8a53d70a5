import { dayMs, hourMs, secondMs } from '../values/duration.ts';

/**
 * How long storage keeps what is over, in milliseconds. Periods that a rule compares belong to the core: `idempotencyMs`, `invitationMs`
 * and a session's `lifetimeMs`.
 */
export const keptMs = {
  /** Tombstones, receipts, notices, digests, deliveries and last uses stay as long as anybody may ask what became of a token. */
  history: 400 * dayMs,
  /** That somebody called with a dead value: the stream tells of it at once. */
  deadCall: 7 * dayMs,
  /** A window of a rate limit after its end. */
  rateWindow: hourMs,
} as const;

/**
 * The attribute `ttl`: when DynamoDB may delete an item, in seconds since the epoch. It deletes late, so no rule relies on it.
 * @param from ISO 8601 instant
 * @param afterMs how long after it
 */
export function ttlAfter(from: string, afterMs = 0): number {
  return Math.ceil((Date.parse(from) + afterMs) / secondMs);
}
