import { Cron } from 'croner';
import { dayMs } from '../values/duration.ts';
import type { LastUse } from '../values/last-use.ts';
import type { Threshold } from './decide.ts';
import type { HygieneSettings } from './settings.ts';

type MailHour = Pick<HygieneSettings, 'send_hour' | 'time_zone'>;

/** A token that was used within that time is in use: somebody's program works with it. */
const inUseMs = 7 * dayMs;

export function isInUse(lastUse: Pick<LastUse, 'at'> | null, now: Date): boolean {
  return lastUse !== null && now.getTime() - Date.parse(lastUse.at) < inUseMs;
}

/**
 * The first mail hour of a stack at or after an instant: its `send_hour` in its time zone. On a day on which summer time skips that
 * hour, it is the moment at which the clocks move on. An hour that comes twice counts the first time only.
 */
export function firstMailHour({ send_hour, time_zone }: MailHour, from: Date): Date {
  // croner searches strictly after the instant that it is given.
  const next = new Cron(`0 0 ${send_hour} * * *`, { timezone: time_zone }).nextRun(new Date(from.getTime() - 1));
  // Stryker disable next-line all: unreachable
  if (!next) throw new Error(`There is no ${send_hour} o'clock in ${time_zone}.`);
  return next;
}

/** What of a notice decides when it is mailed. */
export interface TimedNotice {
  readonly threshold: Threshold;
  /** ISO instant. */
  readonly expires_at: string;
  /** Whether a program uses the token. */
  readonly isInUse: boolean;
}

/**
 * When a notice is mailed: `now` or later.
 *
 * A warning goes at the first mail hour at or after its threshold. It goes at once when that hour has passed, when less than half of the
 * threshold would be left then (the mail would come too late to act on), and when the token is in use and has a day or less left.
 * Everything else, such as the notice that a token has expired, goes at the next mail hour.
 */
export function sendTimeOf(
  { threshold, expires_at, isInUse }: TimedNotice,
  { settings, now }: { settings: MailHour; now: Date },
): Date {
  if (!isWarning(threshold)) return firstMailHour(settings, now);
  const expiry = Date.parse(expires_at);
  const ahead = Number(threshold) * dayMs;
  const mailHour = firstMailHour(settings, new Date(expiry - ahead)).getTime();
  const isTooLate = expiry - mailHour < ahead / 2;
  const isUrgent = isInUse && expiry - now.getTime() <= dayMs;
  return isTooLate || isUrgent ? now : new Date(Math.max(mailHour, now.getTime()));
}

/** True for a notice that is told before the expiry, and false once there is nothing left to warn of. */
export function isWarning(threshold: Threshold): threshold is `${number}` {
  return threshold !== 'expired' && threshold !== 'held_back';
}
