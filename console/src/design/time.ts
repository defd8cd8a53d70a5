const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const inUtc = new Intl.DateTimeFormat('en-US', {
  month: 'short',
  day: '2-digit',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
  timeZone: 'UTC',
});
const dayInUtc = new Intl.DateTimeFormat('en-US', {
  weekday: 'short',
  month: 'short',
  day: '2-digit',
  year: 'numeric',
  timeZone: 'UTC',
});
const relative = new Intl.RelativeTimeFormat('en-US', { numeric: 'always' });

export const utc = (at: string) => `${inUtc.format(new Date(at))} UTC`;
export const utcDay = (at: string) => dayInUtc.format(new Date(at));

/** `in 3 days`, `2 hours ago`: in the largest unit that there is at least one of. */
export function distance(at: string, now: Date): string {
  const ms = Date.parse(at) - now.getTime();
  const size = Math.abs(ms);
  if (size < minute) return ms < 0 ? 'just now' : 'within a minute';
  if (size < hour) return relative.format(Math.trunc(ms / minute), 'minute');
  if (size < day) return relative.format(Math.trunc(ms / hour), 'hour');
  if (size < 60 * day) return relative.format(Math.trunc(ms / day), 'day');
  if (size < 730 * day) return relative.format(Math.trunc(ms / (30.44 * day)), 'month');
  return relative.format(Math.trunc(ms / (365.25 * day)), 'year');
}

/** `2 hours ago`, of what has happened: it is never ahead of us, although our now may be some seconds old. */
export const ago = (at: string, now: Date) => distance(at, new Date(Math.max(now.getTime(), Date.parse(at) + 1)));
