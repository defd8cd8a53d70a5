/** Lengths of time in milliseconds. */
export const secondMs = 1000;
export const minuteMs = 60_000;
export const hourMs = 3_600_000;
export const dayMs = 86_400_000;

const duration = /^P(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?=\d)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?$/;

/** Of each part of a duration, in the order in which they stand. Years and months are left out: they have no length of their own. */
const lengths = [7 * dayMs, dayMs, hourMs, minuteMs, secondMs];
const longestMs = 90 * dayMs;

/** An ISO 8601 duration in milliseconds; null where it is none of weeks, days, hours, minutes and seconds, or is longer than 90 days. */
export function parseOverlap(text: string): number | null {
  const parts = duration.exec(text)?.slice(1);
  if (!parts?.some((part) => part !== undefined)) return null;
  const ms = parts.reduce((sum, part, at) => sum + Number(part ?? 0) * (lengths[at] ?? 0), 0);
  return ms <= longestMs ? ms : null;
}
