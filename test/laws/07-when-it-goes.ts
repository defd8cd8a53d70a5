/** When a mail ought to go: as DESIGN's flow "Warn" says. Time zones are those of ICU, and not of the library that the product asks. */
import type { Threshold } from '../../functions/hygiene/decide.ts';
import type { HygieneSettings } from '../../functions/hygiene/settings.ts';

const minute = 60_000;
/** No time zone has an hour that begins anywhere else. */
export const quarter = 15 * minute;
const day = 24 * 60 * minute;
/** Clocks are set back by 3 hours at most. */
const quartersSetBack = 12;

type MailHour = Pick<HygieneSettings, 'send_hour' | 'time_zone'>;

const formats = new Map<string, Intl.DateTimeFormat>();

/** The date and the minute of the day that clocks show. */
function wallTime(time_zone: string, at: number): { date: string; minutes: number } {
  const format =
    formats.get(time_zone) ??
    new Intl.DateTimeFormat('en-CA', { timeZone: time_zone, dateStyle: 'short', timeStyle: 'short', hourCycle: 'h23' });
  formats.set(time_zone, format);
  const [date = '', time = ''] = format.format(at).split(', ');
  const [hours, minutes] = time.split(':').map(Number);
  return { date, minutes: (hours ?? Number.NaN) * 60 + (minutes ?? Number.NaN) };
}

/** The first quarter hour of its day at which clocks show the mail hour or more: so on days with an hour less or more, too. */
function isMailHour({ send_hour, time_zone }: MailHour, at: number): boolean {
  const here = wallTime(time_zone, at);
  const isReached = ({ minutes }: { minutes: number }) => minutes >= send_hour * 60;
  if (!isReached(here)) return false;
  for (let back = 1; back <= quartersSetBack; back += 1) {
    const before = wallTime(time_zone, at - back * quarter);
    if (before.date === here.date && isReached(before)) return false;
  }
  return true;
}

/** The first mail hour at or after an instant, ms since the epoch. */
export function mailHourFrom(settings: MailHour, from: number): number {
  let at = Math.ceil(from / quarter) * quarter;
  while (!isMailHour(settings, at)) at += quarter;
  return at;
}

export interface Told {
  readonly threshold: Threshold;
  readonly expires_at: string;
  /** Whether a program uses the token. */
  readonly isInUse: boolean;
}

/** When the mail of a notice ought to go that is claimed at an instant, ms since the epoch. */
export function goesAt({ threshold, expires_at, isInUse }: Told, settings: MailHour, now: number): number {
  if (threshold === 'expired' || threshold === 'held_back') return mailHourFrom(settings, now);
  const [expiry, ahead] = [Date.parse(expires_at), Number(threshold) * day];
  if (isInUse && expiry - now <= day) return now;
  const hour = mailHourFrom(settings, expiry - ahead);
  const leavesTime = expiry - hour >= ahead / 2;
  return leavesTime ? Math.max(hour, now) : now;
}
