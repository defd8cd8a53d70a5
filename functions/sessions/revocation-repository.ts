import * as z from 'zod/mini';
import { receiptFields } from '../tokens/revocation.ts';
import type { Token } from '../tokens/token.ts';
import { type Entity, field, type Stored } from '../values/shape.ts';

const StoredSample = z.object({ ms: z.number(), sessions: z.number() });
/** How long after the revocation the rows of some sessions were gone. */
export type TidiedSample = Stored<typeof StoredSample>;

/** How far an operation got in one shard. It only moves forward. */
export interface ShardProgress {
  readonly shard: string;
  /** Sessions up to this uid have been told and counted; empty before the first. */
  readonly upto: string;
  readonly ended: number;
  /** Whether it was told that no other session follows. */
  readonly last: boolean;
  /** Rows up to this uid that are still there are not this operation's to end: nobody has to look at them again. */
  readonly cleared: string;
}

/** The figures of a completed revocation. */
const StoredSummary = z.object({
  sessions: z.object({ total: z.number(), ended: z.number(), remaining: z.number() }),
  tidied_ms: z.object({ p50: z.number(), p99: z.number(), max: z.number() }),
  /** How long after the revocation its first round began; null where that was not kept yet. */
  waited_ms: z._default(z.nullable(z.number()), null),
  completed_at: z.string(),
});
export type RevocationSummary = Stored<typeof StoredSummary>;

/** A receipt's fields, with those that its rounds add. The view computes what it shows of these. */
export const runningReceiptFields = {
  ...receiptFields,
  tidied: field(z._default(z.array(StoredSample), [])),
  /** How long after the revocation its first round began; null before the end of that round, and where it was not kept yet. */
  waited_ms: field(z._default(z.nullable(z.number()), null)),
  /** How many rounds were asked for beside the first. */
  rounds: field(z._default(z.number(), 0)),
  stuck_because: field(z._default(z.nullable(z.string()), null)),
  summary: field(z._default(z.nullable(StoredSummary), null)),
} as const;

/** A receipt as it is kept while the operation goes on, and after. */
export interface RunningReceipt extends Entity<typeof runningReceiptFields> {
  /** When the due index brings it back; null when it is completed. Stored as `due_at`. */
  readonly next_try_at: string | null;
}

export interface FoundRevocation {
  readonly receipt: RunningReceipt;
  readonly token: Token;
  readonly progress: readonly ShardProgress[];
}

/** Storage of revocations under way. Reads are strong; a completed receipt does not change any more. */
export interface RevocationRepository {
  find(token: string, operation: string): Promise<FoundRevocation | null>;
  /** The latest revocation of a token that is not deleted; null where there was none. */
  latest(token: Token): Promise<FoundRevocation | null>;
  /** Moves a shard's progress forward, on condition that it is still where this round took it from. @returns whether it was */
  advance(
    receipt: RunningReceipt,
    progress: Omit<ShardProgress, 'cleared'> & { readonly from: string },
  ): Promise<boolean>;
  /** Keeps up to where nothing is left to end in a shard. */
  clear(receipt: RunningReceipt, progress: Pick<ShardProgress, 'shard' | 'cleared'>): Promise<void>;
  /** Makes the stream bring the next round, behind what others did meanwhile. Nothing where another round has been asked for since. */
  continueRevocation(
    receipt: RunningReceipt,
    round: { readonly tidied: readonly TidiedSample[]; readonly waited_ms: number; readonly at: Date },
  ): Promise<void>;
  /** The due index found it: brings another round. @returns false where one has been asked for since, or it is completed */
  again(receipt: RunningReceipt, at: Date): Promise<boolean>;
  /** A round made no progress: why is kept, and the due index brings the next one. Nothing where another round has been asked for since. */
  markStuck(
    receipt: RunningReceipt,
    failure: { readonly reason: string; readonly waited_ms: number; readonly at: Date },
  ): Promise<void>;
  complete(receipt: RunningReceipt, summary: RevocationSummary): Promise<void>;
}
