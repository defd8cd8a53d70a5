import type { RevocationRepository } from './revocation-repository.ts';

/** A revocation, by its token and its operation's id. */
export interface RevocationKey {
  readonly token: string;
  readonly operation: string;
}

/** Where revocations are found that are not completed. An index only says where to look. */
export interface DueRevocations {
  /** Those that may be tried again by an instant, as far as there is time. @throws {Refusal} `unavailable` */
  find(now: Date, hasTime: () => boolean): Promise<readonly RevocationKey[]>;
}

export interface ResumeDependencies {
  readonly due: DueRevocations;
  readonly revocations: Pick<RevocationRepository, 'find' | 'again'>;
  readonly now: () => Date;
  /** True while there is time for another one. */
  readonly hasTime: () => boolean;
  /** Called for each revocation that could not be given a round. */
  readonly onFailure: (revocation: RevocationKey, error: unknown) => void;
}

/** What a run did. */
export interface Resumed {
  /** Revocations that were given another round. */
  resumed: number;
  failed: number;
  /** False where time ran out: the next run finds the rest. */
  complete: boolean;
}

/**
 * Gives each revocation that is not completed in time another round, through the stream: in turn with other tokens' revocations, and
 * with as many at once as the stream's reader takes.
 *
 * Harmless twice, late and at once: a round is given on condition that nobody else has given one since the receipt was read, and a
 * round that was not needed finds nothing left to end. A run that comes late finds the same receipts, for each stays in the index
 * until it is completed.
 */
export async function resumeRevocations({ due, onFailure, ...deps }: ResumeDependencies): Promise<Resumed> {
  const report: Resumed = { resumed: 0, failed: 0, complete: true };
  for (const revocation of await due.find(deps.now(), deps.hasTime)) {
    report.complete = deps.hasTime();
    if (!report.complete) break;
    try {
      if (await giveRound(deps, revocation)) report.resumed += 1;
    } catch (error) {
      onFailure(revocation, error);
      report.failed += 1;
    }
  }
  return report;
}

/** Gives a revocation another round, unless it is completed or gone. @returns whether it did @throws {Refusal} `unavailable` */
export async function giveRound(
  { revocations, now }: Pick<ResumeDependencies, 'revocations' | 'now'>,
  { token, operation }: RevocationKey,
): Promise<boolean> {
  const found = await revocations.find(token, operation);
  if (!found || found.receipt.state === 'completed') return false;
  return await revocations.again(found.receipt, now());
}
