import type { Sent } from './delivery-tries.ts';

/** What a run did. */
export interface SweepReport {
  /** The instant that it ran for: the earlier of the schedule's and the clock's. */
  readonly now: string;
  /** Notices that were claimed. */
  notices: number;
  /** Too old to be told. */
  skipped: number;
  cleaned_up: number;
  /** Clean-ups that the stack's limit left for later. */
  held_back: number;
  /** Found by the index and not due by their own item, or changed by somebody meanwhile. */
  not_due: number;
  /** By what they came to; a digest that storage failed counts as one that failed. */
  readonly mails: Record<Exclude<keyof Sent, 'digest'>, number>;
  /** Tokens whose handling failed; each is tried again later. */
  readonly failed: string[];
  /** False where time ran out, or more was due than one run looks at: the next tick goes on. */
  complete: boolean;
}

/** The report of a run that has done nothing yet. */
export function emptyReport(now: Date): SweepReport {
  return {
    now: now.toISOString(),
    notices: 0,
    skipped: 0,
    cleaned_up: 0,
    held_back: 0,
    not_due: 0,
    mails: { sent: 0, failed: 0, unknown: 0, undeliverable: 0 },
    failed: [],
    complete: true,
  };
}

/** True when a run had nothing to do and did nothing. Tokens that were not due after all do not count. */
export function isEmpty({ now, mails, failed, complete, not_due, ...done }: SweepReport): boolean {
  const counts = [...Object.values(done), ...Object.values(mails), failed.length];
  return complete && counts.every((count) => count === 0);
}
