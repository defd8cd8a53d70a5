import { hourMs } from './duration.ts';

/** Who presented a credential: a program, or a service that asks about one. */
export interface UsedBy {
  /** What the program calls itself, or empty. */
  readonly client: string;
  readonly remote_addr: string;
}

/** When and by whom a token was used last, and how busy it is. */
export interface LastUse extends UsedBy {
  /** ISO 8601 instant. */
  readonly at: string;
  /** Minutes in which it was used, by the hour: hours since the epoch. */
  readonly hours: ReadonlyMap<number, number>;
}

/** The hour that an instant is in, counted since the epoch. */
export const hourOf = (at: Date) => Math.floor(at.getTime() / hourMs);

/** In how many minutes of the last so many hours a token was used. */
export function minutesUsed({ hours }: LastUse, lastHours: number, now: Date): number {
  const present = hourOf(now);
  return [...hours].reduce((sum, [hour, minutes]) => (present - hour < lastHours ? sum + minutes : sum), 0);
}
