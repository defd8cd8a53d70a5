/** An expiry as it was given, with the instant that it means. */
export interface Expiry {
  readonly expires_on: string;
  /** ISO 8601, UTC, with milliseconds. */
  readonly expires_at: string;
}

const dateOrDateTime = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/**
 * Reads `YYYY-MM-DD` as 00:00:00.000Z of that date, and an ISO 8601 date-time with a zone as that instant. Null for everything else:
 * days and hours that do not exist, leap seconds, `24:00`, years of more than four digits.
 */
export function parseExpiry(text: string): Expiry | null {
  const match = dateOrDateTime.exec(text);
  if (!match || !exists(match.slice(1).map(Number))) return null;
  const instant = Date.parse(text);
  return Number.isNaN(instant) || instant > latest
    ? null
    : { expires_on: text, expires_at: new Date(instant).toISOString() };
}

/** An offset may push the last hours of 9999 into a five-digit year, which would not sort as text. */
const latest = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/**
 * `Date.parse` takes 30 February for a day of March, 24:00 for the next day, and `0001-13-30` for the 13th of January 2030: month 13
 * makes it read the text in another way. A day that does not exist is one of another month here. Minutes and seconds that do not exist
 * are NaN to `Date.parse`. The hour of a date alone is NaN.
 */
function exists([year = 0, month = 0, day = 0, hour = 0]: readonly number[]): boolean {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && !(hour >= 24);
}

/** The instant of an expiry, in milliseconds since the epoch: later than any other for `null`, which is never. */
export function expiryMs(expires_at: string | null): number {
  return expires_at === null ? Number.POSITIVE_INFINITY : Date.parse(expires_at);
}
