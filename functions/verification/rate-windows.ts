import { Refusal } from '../values/refusals.ts';

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

/** Too many requests: the limit, and the whole seconds until the window of `now` ends, at least 1. RFC 9110, 10.2.3 */
export function rateLimited({ limit, seconds, now }: Pick<WindowUse, 'limit' | 'seconds' | 'now'>): Refusal {
  const left = Math.ceil(seconds - (now.getTime() % (seconds * 1000)) / 1000);
  return new Refusal('too-many-requests', {
    detail: `Too many requests. Try again in ${left} s.`,
    headers: { ...rateHeaders(limit, 0), 'retry-after': String(left) },
  });
}

/** For every answer where a limit is enforced. */
export const rateHeaders = (limit: number, remaining: number): Readonly<Record<string, string>> => ({
  'x-ratelimit-limit': String(limit),
  'x-ratelimit-remaining': String(remaining),
});
