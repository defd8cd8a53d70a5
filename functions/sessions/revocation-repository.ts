import type { Receipt } from '../tokens/revocation.ts';
import type { Token } from '../tokens/token.ts';
import type { OpenEnum } from '../values/open-enum.ts';
import type { RevocationReason } from '../values/revocation-reason.ts';

/** How long after the revocation the rows of some sessions were gone. */
export interface TidiedSample {
  readonly ms: number;
  readonly sessions: number;
}

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
export interface RevocationSummary {
  readonly sessions: { readonly total: number; readonly ended: number; readonly remaining: number };
  readonly tidied_ms: { readonly p50: number; readonly p99: number; readonly max: number };
  /** How long after the revocation its first round began; null where that was not kept yet. */
  readonly waited_ms: number | null;
  readonly completed_at: string;
}

/** A receipt as it is kept while the operation goes on, and after. */
export interface RunningReceipt extends Omit<Receipt, 'state' | 'reason'> {
  readonly reason: OpenEnum<RevocationReason>;
  readonly state: OpenEnum<'running' | 'stuck' | 'completed'>;
  readonly tidied: readonly TidiedSample[];
  /** How long after the revocation its first round began; null before the end of that round, and where it was not kept yet. */
  readonly waited_ms: number | null;
  /** How many rounds were asked for beside the first. */
  readonly rounds: number;
  readonly stuck_because: string | null;
  /** When the due index brings it back; null when it is completed. */
  readonly next_try_at: string | null;
  readonly summary: RevocationSummary | null;
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
