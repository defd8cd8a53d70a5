import { createHash } from 'node:crypto';
import { minuteMs } from '../values/duration.ts';
import type { Addressed } from './digest-entries.ts';
import type { Delivery, TakenDigest } from './digest-repository.ts';
import type { MailOutcome } from './mailer.ts';

/** How many mails of a digest came to what in this run. */
export interface Sent {
  sent: number;
  failed: number;
  unknown: number;
  undeliverable: number;
}

/** A delivery with the outcome of its try. */
export type EndedDelivery = Omit<Delivery, 'state' | 'reason'> &
  (
    | { readonly state: 'undeliverable'; readonly reason: string }
    | { readonly state: Exclude<keyof Sent, 'undeliverable'>; readonly reason: string | null }
  );

const firstRetryMs = 15 * minuteMs;
const mostTries = 8;

/** The delivery that is to be recorded before a mail is sent; null where it has an outcome, or its time has not come. */
export function claimOf(
  seen: Delivery | null,
  { digest, person, now, run }: { digest: TakenDigest; person: Addressed; now: Date; run: string },
): Delivery | null {
  const at = now.toISOString();
  const { stack, send_at } = digest;
  const sending = {
    stack,
    send_at,
    person: person.uid,
    address: person.address,
    state: 'sending',
    run,
    at,
    reason: null,
    next_try_at: null,
  } as const;
  if (!seen) return { ...sending, tries: 1, again: false };
  const once = { ...sending, tries: seen.tries + 1 };
  if (seen.state === 'failed') return (seen.next_try_at ?? '') <= at ? { ...once, again: seen.again } : null;
  // Nobody recorded what became of it, and whoever sent it had its time.
  const isUnknown = seen.state === 'unknown' || seen.state === 'sending';
  if (!isUnknown) return null;
  if (!seen.again) return { ...once, again: true };
  if (seen.state === 'unknown') return null;
  return {
    ...seen,
    state: 'unknown',
    run,
    at,
    reason: 'The run that sent it did not say what became of it.',
    next_try_at: null,
  };
}

/** What became of a try, and when there is another. */
export function endOf(claimed: Delivery, { outcome, at }: { outcome: MailOutcome; at: Date }): EndedDelivery {
  const ended = {
    ...claimed,
    at: at.toISOString(),
    reason: 'reason' in outcome ? outcome.reason : null,
    next_try_at: null,
  };
  const later = (ms: number) => new Date(at.getTime() + ms).toISOString();
  switch (outcome.outcome) {
    case 'sent':
      return { ...ended, state: 'sent' };
    case 'undeliverable':
      return { ...ended, state: 'undeliverable', reason: outcome.reason };
    case 'unknown':
      // Once more, and marked; then it stays unknown.
      return { ...ended, state: 'unknown', next_try_at: claimed.again ? null : at.toISOString() };
    case 'failed':
      return claimed.tries < mostTries
        ? { ...ended, state: 'failed', next_try_at: later(firstRetryMs * 2 ** (claimed.tries - 1)) }
        : { ...ended, state: 'undeliverable', reason: `${outcome.reason} Given up after ${claimed.tries} tries.` };
  }
}

/** Tells of a mail to which delivery and try it belongs, and nothing about anybody. */
export function deliveryId({ stack, send_at }: TakenDigest, { person, tries }: Delivery): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([stack, send_at, person]))
    .digest('hex')
    .slice(0, 24);
  return `${hash}-${tries}`;
}
