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

/** Too many requests: what the limit is, and how many seconds it is until it is worth trying again. */
export const rateLimited = ({ limit, seconds }: Pick<WindowUse, 'limit' | 'seconds'>) =>
  new Refusal('too-many-requests', {
    detail: `Too many requests. Try again in ${seconds} s.`,
    headers: { ...rateHeaders(limit, 0), 'retry-after': String(seconds) },
  });

/** For every answer where a limit is enforced. */
export const rateHeaders = (limit: number, remaining: number): Readonly<Record<string, string>> => ({
  'x-ratelimit-limit': String(limit),
  'x-ratelimit-remaining': String(remaining),
});
