import { type EventPublisher, eventOf } from '../events/catalogue.ts';
import { Refusal } from '../values/refusals.ts';
import { shards } from '../verification/session.ts';
import { EndShard } from './end-shard.ts';
import type {
  FoundRevocation,
  RevocationRepository,
  RunningReceipt,
  ShardProgress,
  TidiedSample,
} from './revocation-repository.ts';
import type { SessionRepository } from './session-repository.ts';
import { sum, summaryOf } from './tidied.ts';

export interface EndSessionsDependencies {
  readonly sessions: SessionRepository;
  readonly revocations: RevocationRepository;
  readonly publisher: EventPublisher;
  readonly now: () => Date;
}

/**
 * What became of a round: `completed` for good, `continued` by another round through the stream, `stuck` until the due index brings
 * it back, or `none` where there was nothing to do (the receipt is complete already, or is gone).
 */
export type RoundOutcome = 'completed' | 'continued' | 'stuck' | 'none';

const shardsAtOnce = 4;
/** A round gives way to other tokens' deletions after so many sessions, or so long. */
const mostPerRound = 1000;
const longestRoundMs = 5000;

/**
 * One round of ending every session of an older epoch than the operation's. For each shard, page by page: tell the world, record
 * how far it got, delete the rows.
 *
 * Harmless twice, late and out of order: progress only moves forward, so what is recorded is neither told nor counted again, and its
 * rows are only deleted; a crash repeats a page under the same event id. The token's own item, not this, is what refuses sessions.
 */
export async function endSessions(
  deps: EndSessionsDependencies,
  { token, operation }: { token: string; operation: string },
): Promise<RoundOutcome> {
  const found = await deps.revocations.find(token, operation);
  if (!found || found.receipt.state === 'completed') return 'none';
  const round = new Round(deps, found);
  try {
    const done = await round.run();
    if (!done) return await continueRevocation(deps, found.receipt, round);
    await round.complete();
    return 'completed';
  } catch (error) {
    return await giveUp(deps, { round, receipt: found.receipt, error });
  }
}

/** Progress before the error is worth another round at once; none means that something is in the way. */
async function giveUp(
  deps: EndSessionsDependencies,
  { round, receipt, error }: { round: Round; receipt: RunningReceipt; error: unknown },
): Promise<RoundOutcome> {
  if (round.ended > 0) return await continueRevocation(deps, receipt, round);
  await deps.revocations.markStuck(receipt, { reason: nameOfCause(error), waited_ms: round.waitedMs, at: deps.now() });
  return 'stuck';
}

async function continueRevocation(
  { revocations, now }: EndSessionsDependencies,
  receipt: RunningReceipt,
  { tidied, waitedMs: waited_ms }: Round,
): Promise<'continued'> {
  await revocations.continueRevocation(receipt, { tidied, waited_ms, at: now() });
  return 'continued';
}

/** What was in the way, by its name: a refusal to answer says less than what it was caused by. */
function nameOfCause(error: unknown): string {
  const cause = error instanceof Refusal ? (error.cause ?? error) : error;
  return cause instanceof Error ? cause.name : 'unknown';
}

function resultOf<T>(end: PromiseSettledResult<T>): T {
  if (end.status === 'rejected') throw end.reason;
  return end.value;
}

class Round {
  ended = 0;
  readonly tidied: TidiedSample[] = [];
  readonly #deps: EndSessionsDependencies;
  readonly #found: FoundRevocation;
  readonly #startedAt: number;

  constructor(deps: EndSessionsDependencies, found: FoundRevocation) {
    this.#deps = deps;
    this.#found = found;
    this.#startedAt = deps.now().getTime();
  }

  /** How long the first round came after the revocation: what a clock that is behind would make negative is 0. */
  get waitedMs(): number {
    const { waited_ms: known, refused_from } = this.#found.receipt;
    return known ?? Math.max(0, this.#startedAt - Date.parse(refused_from));
  }

  /** @returns whether every shard is empty of what this operation ends */
  async run(): Promise<boolean> {
    // Those that were told to be at their end come last: a round that ends before has not read them again.
    const waiting = shards.toSorted((a, b) => Number(this.#known(a).last) - Number(this.#known(b).last));
    const lane = async (): Promise<boolean> => {
      let allDone = true;
      for (let shard = waiting.shift(); shard !== undefined; shard = waiting.shift())
        allDone = (await this.#endShard(shard)) && allDone;
      return allDone;
    };
    // Nothing goes on behind the end of a round: those that fail wait for those that do not.
    const ends = await Promise.allSettled(Array.from({ length: shardsAtOnce }, lane));
    return ends.map(resultOf).every((isDone) => isDone);
  }

  async complete(): Promise<void> {
    const { publisher, revocations, now } = this.#deps;
    const { receipt, token } = this.#found;
    // Read again: another round may have counted meanwhile.
    const found = await revocations.find(receipt.token_uid, receipt.operation);
    const ended = sum((found?.progress ?? []).map((shard) => shard.ended));
    const samples = [...receipt.tidied, ...this.tidied];
    const summary = summaryOf({ ended, samples, waited_ms: this.waitedMs, at: now() });
    const { reason, actor, refused_from, token_uid, api_key, token_name: name, operation } = receipt;
    const subject = { token_uid, api_key, name, token_version: token.version, epoch: token.epoch };
    await publisher.publish([
      eventOf('revocation.completed', {
        identity: [token_uid, operation],
        time: summary.completed_at,
        data: { ...subject, operation, receipt: { reason, actor, refused_from, ...summary } },
      }),
    ]);
    await revocations.complete(receipt, summary);
  }

  #endShard(shard: string): Promise<boolean> {
    const { receipt, token } = this.#found;
    const round = {
      ...this.#deps,
      receipt,
      token,
      isOver: () => this.ended >= mostPerRound || this.#deps.now().getTime() - this.#startedAt >= longestRoundMs,
      onCounted: (sessions: number) => {
        this.ended += sessions;
      },
      onGone: (sessions: number) => this.#measure(sessions),
    };
    return new EndShard(round, this.#known(shard)).run();
  }

  #known(shard: string): ShardProgress {
    const none = { shard, upto: '', ended: 0, last: false, cleared: '' };
    return this.#found.progress.find((known) => known.shard === shard) ?? none;
  }

  #measure(sessions: number): void {
    const { refused_from } = this.#found.receipt;
    if (sessions > 0) this.tidied.push({ ms: this.#deps.now().getTime() - Date.parse(refused_from), sessions });
  }
}
