import * as z from 'zod';
import type { Home } from './home.ts';

/** The time that the functions see: the machine's, moved forward. */
export interface Clock {
  now(): Date;
  /** @param isoDuration weeks, days, hours, minutes, seconds (`P7D`, `PT36H`, `P1W`) */
  advance(isoDuration: string): Date;
  /** @param instant ISO 8601 with a zone (`2027-01-01T00:00:00Z`) */
  to(instant: string): Date;
  /** One BigInt64, ms: what is added to the machine's time. Shared with every worker, so that a move holds at once. */
  readonly offset: SharedArrayBuffer;
}

/** The clock cannot be moved like that; the message says what can be done. */
export class ClockRefused extends Error {
  override readonly name = 'ClockRefused';
}

const FILE = 'clock.json';
const SavedSchema = z.object({ offset_ms: z.int().nonnegative() });
const LAST_INSTANT = Date.parse('9999-12-31T23:59:59.999Z');
const UNITS_MS = { weeks: 604_800_000, days: 86_400_000, hours: 3_600_000, minutes: 60_000, seconds: 1000 };
const DURATION = new RegExp(
  String.raw`^P(?=\d|T\d)(?:(?<weeks>\d+)W)?(?:(?<days>\d+)D)?` +
    String.raw`(?:T(?=\d)(?:(?<hours>\d+)H)?(?:(?<minutes>\d+)M)?(?:(?<seconds>\d+(?:\.\d{1,3})?)S)?)?$`,
);
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

/** Opens the clock of a home where it was left: the offset is kept in `<home>/clock.json`. */
export function openClock(home: Home): Clock {
  const offset = new SharedArrayBuffer(8);
  const view = new BigInt64Array(offset);
  const saved = home.readJson(FILE);
  if (saved !== undefined) Atomics.store(view, 0, BigInt(SavedSchema.parse(saved).offset_ms));

  const now = () => new Date(Date.now() + Number(Atomics.load(view, 0)));
  const move = (moved: number) => {
    if (Date.now() + moved > LAST_INSTANT)
      throw new ClockRefused('The clock ends with the year 9999. Move it less far.');
    home.writeJson(FILE, { offset_ms: moved });
    Atomics.store(view, 0, BigInt(moved));
    return now();
  };
  return {
    offset,
    now,
    // By the duration itself: a millisecond may pass between two looks at the machine's time.
    advance: (isoDuration) => move(Number(Atomics.load(view, 0)) + Math.round(durationMs(isoDuration))),
    to: (instant) => {
      const target = instantMs(instant);
      if (target < now().getTime()) {
        throw new ClockRefused(
          `The clock only moves forward: it is ${now().toISOString()}, and ${instant} is before that. Start with --fresh to begin again.`,
        );
      }
      return move(Math.round(target - Date.now()));
    },
  };
}

/** Years and months are not taken: their length depends on where one starts. */
function durationMs(text: string): number {
  const groups = DURATION.exec(text)?.groups;
  if (!groups) {
    throw new ClockRefused(
      `"${text}" is not a duration that the clock can be moved by. Give weeks, days, hours, minutes or seconds in ISO 8601: P7D, PT36H, P1W.`,
    );
  }
  return Object.entries(UNITS_MS).reduce((sum, [unit, ms]) => sum + Number(groups[unit] ?? 0) * ms, 0);
}

function instantMs(text: string): number {
  const target = INSTANT.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(target)) {
    throw new ClockRefused(
      `"${text}" is not an instant. Give an ISO 8601 date-time with a zone: 2027-01-01T00:00:00Z.`,
    );
  }
  return target;
}
