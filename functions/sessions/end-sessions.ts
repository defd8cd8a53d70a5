import { type EventPublisher, eventOf } from '../events/catalogue.ts';
import { Refusal } from '../refusals.ts';
import type { Token } from '../tokens/token.ts';
import type { RevocationRepository, RunningReceipt, ShardProgress, TidiedSample } from './revocation-repository.ts';
import { type Session, shards } from './session.ts';
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

const pageSize = 100;
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
    if (!done) return await deps.revocations.goOn(found.receipt, round.tidied).then(() => 'continued' as const);
    await round.complete();
    return 'completed';
  } catch (error) {
    return await giveUp(deps, { round, receipt: found.receipt, error });
  }
}

/** Progress before the error is worth another round at once; none means that something is in the way. */
async function giveUp(
  { revocations, now }: EndSessionsDependencies,
  { round, receipt, error }: { round: Round; receipt: RunningReceipt; error: unknown },
): Promise<RoundOutcome> {
  if (round.ended > 0) {
    await revocations.goOn(receipt, round.tidied);
    return 'continued';
  }
  await revocations.stick(receipt, { reason: nameOfCause(error), at: now() });
  return 'stuck';
}

/** What was in the way, by its name: a refusal to answer says less than what it was caused by. */
function nameOfCause(error: unknown): string {
  const cause = error instanceof Refusal ? (error.cause ?? error) : error;
  return cause instanceof Error ? cause.name : 'unknown';
}

class Round {
  ended = 0;
  readonly tidied: TidiedSample[] = [];
  readonly #deps: EndSessionsDependencies;
  readonly #receipt: RunningReceipt;
  readonly #token: Pick<Token, 'version' | 'epoch'>;
  readonly #progress: ReadonlyMap<string, ShardProgress>;
  readonly #startedAt: number;

  constructor(
    deps: EndSessionsDependencies,
    { receipt, token, progress }: NonNullable<Awaited<ReturnType<RevocationRepository['find']>>>,
  ) {
    this.#deps = deps;
    this.#receipt = receipt;
    this.#token = token;
    this.#progress = new Map(progress.map((shard) => [shard.shard, shard]));
    this.#startedAt = deps.now().getTime();
  }

  /** @returns whether every shard is empty of what this operation ends */
  async run(): Promise<boolean> {
    let allDone = true;
    for (let from = 0; from < shards.length; from += shardsAtOnce) {
      const settled = await Promise.allSettled(
        shards.slice(from, from + shardsAtOnce).map((shard) => this.#endShard(shard)),
      );
      for (const result of settled) {
        if (result.status === 'rejected') throw result.reason;
        allDone &&= result.value;
      }
    }
    return allDone;
  }

  async complete(): Promise<void> {
    const { publisher, revocations, now } = this.#deps;
    // Read again: another round may have counted meanwhile.
    const found = await revocations.find(this.#receipt.token_uid, this.#receipt.operation);
    const ended = sum((found?.progress ?? []).map((shard) => shard.ended));
    const summary = summaryOf({ ended, samples: [...this.#receipt.tidied, ...this.tidied], at: now() });
    const { reason, actor, refused_from } = this.#receipt;
    await publisher.publish([
      eventOf('revocation.completed', {
        identity: [this.#receipt.token_uid, this.#receipt.operation],
        time: summary.completed_at,
        data: {
          ...this.#subject(),
          operation: this.#receipt.operation,
          receipt: { reason, actor, refused_from, ...summary },
        },
      }),
    ]);
    await revocations.complete(this.#receipt, summary);
  }

  async #endShard(shard: string): Promise<boolean> {
    let upto = this.#progress.get(shard)?.upto ?? '';
    let after: string | undefined;
    while (!this.#isOver()) {
      const found = await this.#page(shard, after);
      const page = found.slice(0, pageSize);
      const last = page.length === found.length;
      const doomed = page.filter((session) => this.#isDoomed(session)).map(({ uid }) => uid);
      const untold = doomed.filter((uid) => uid > upto);
      if (untold.length > 0 && !(await this.#tell({ shard, from: upto, uids: untold, last }))) return false;
      upto = untold.at(-1) ?? upto;
      await this.#deps.sessions.deleteAll(this.#receipt.token_uid, doomed);
      this.#measure(untold.length);
      if (last) return true;
      after = page.at(-1)?.uid;
    }
    return false;
  }

  /** A page and one more where there is one: that says whether the page is the shard's last. */
  async #page(shard: string, after: string | undefined): Promise<readonly Session[]> {
    const from = after === undefined ? {} : { after };
    return await this.#deps.sessions.page({ token: this.#receipt.token_uid, shard, limit: pageSize + 1, ...from });
  }

  /**
   * Published before it is recorded, and recorded before it is deleted: a crash in between repeats, and loses nothing.
   * @returns false where another round has overtaken this one in the shard
   */
  async #tell({
    shard,
    from,
    uids,
    last,
  }: {
    shard: string;
    from: string;
    uids: readonly string[];
    last: boolean;
  }): Promise<boolean> {
    const { operation, token_uid: token, reason: cause, refused_from: time } = this.#receipt;
    const upto = uids.at(-1) ?? from;
    const identity = [token, operation, shard, uids[0], upto];
    const data = { ...this.#subject(), operation, cause, shard, sessions: [...uids], last };
    await this.#deps.publisher.publish([eventOf('sessions.revoked', { identity, time, data })]);
    const counted = await this.#deps.revocations.advance(this.#receipt, { shard, from, upto, ended: uids.length });
    if (counted) this.ended += uids.length;
    return counted;
  }

  /** A deleted token's sessions are all over; otherwise those that were opened before the epoch was raised. */
  #isDoomed({ epoch }: Session): boolean {
    return this.#receipt.epoch === null || epoch < this.#receipt.epoch;
  }

  #measure(sessions: number): void {
    if (sessions > 0)
      this.tidied.push({ ms: this.#deps.now().getTime() - Date.parse(this.#receipt.refused_from), sessions });
  }

  #isOver(): boolean {
    return this.ended >= mostPerRound || this.#deps.now().getTime() - this.#startedAt >= longestRoundMs;
  }

  #subject() {
    const { token_uid, api_key, token_name: name } = this.#receipt;
    return { token_uid, api_key, name, token_version: this.#token.version, epoch: this.#token.epoch };
  }
}
