import { Refusal } from '../refusals.ts';

/** One more use of something that is limited, in the aligned window that `now` is in. */
export interface WindowUse {
  /** The token's uid. */
  readonly of: string;
  readonly kind: 'read' | 'write' | 'open';
  /** Length of the window. */
  readonly seconds: number;
  readonly limit: number;
  readonly now: Date;
}

/** Counts uses in aligned windows, from any number of instances at once. */
export interface RateWindows {
  /** @returns how many more the window admits, or null where it is full. @throws {Refusal} `unavailable` */
  admit(use: WindowUse): Promise<{ readonly remaining: number } | null>;
}

/** Too many requests; `seconds` until it is worth trying again. */
export const rateLimited = (seconds: number, headers: Readonly<Record<string, string>> = {}) =>
  new Refusal('too-many-requests', {
    detail: `Too many requests. Try again in ${seconds} s.`,
    headers: { ...headers, 'retry-after': String(seconds) },
  });
