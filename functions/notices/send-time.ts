import { Cron } from 'croner';
import type { HygieneSettings } from './hygiene.ts';

/**
 * When the next mail of a stack is sent: its hour in its time zone, strictly after an instant. Where summer time leaves that hour out,
 * the mail goes when the clocks have moved on; where it comes twice, the first time.
 */
export function nextSendTime(
  { send_hour, time_zone }: Pick<HygieneSettings, 'send_hour' | 'time_zone'>,
  after: Date,
): Date {
  const next = new Cron(`0 0 ${send_hour} * * *`, { timezone: time_zone }).nextRun(after);
  // Stryker disable next-line all: for the compiler; every hour comes again
  if (!next) throw new Error(`There is no ${send_hour} o'clock in ${time_zone}.`);
  return next;
}
