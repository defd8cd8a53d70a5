import { type EventPublisher, eventOf } from '../events/catalogue.ts';
import { countedCleanUps, type Decision, decide, inOrder, type StackState } from '../hygiene/decide.ts';
import { cleanUpToken } from '../tokens/delete-token.ts';
import type { Token } from '../tokens/token.ts';
import type { TokenRepository, UsedToken } from '../tokens/token-repository.ts';
import type { Randomness } from '../values/token-value.ts';
import { type Claimed, claimNotice, claimsTogether, type WantedNotice } from './claim-notices.ts';
import type { DigestKey, Due, DueDigest, NoticeRepository } from './notice-repository.ts';
import { type SendDigestDependencies, sendDigest } from './send-digest.ts';
import { emptyReport, isEmpty, type SweepReport } from './sweep-report.ts';

export interface SweepDependencies extends SendDigestDependencies {
  readonly notices: NoticeRepository;
  readonly tokens: Pick<TokenRepository, 'cleanUp'>;
  readonly publisher: EventPublisher;
  readonly now: () => Date;
  readonly random: Randomness;
  /** Whether there is time for one thing more. */
  readonly hasTime: () => boolean;
  /** Told of every failure that did not end the run. */
  readonly onFailure: (what: string, error: unknown) => void;
}

const stacksAtOnce = 4;
const mostPasses = 1000;
const firstRetryMs = 15 * 60_000;
const longestRetryMs = 24 * 60 * 60_000;

/**
 * One tick: what is due is told, cleaned up or tried again, and digests whose time has come are sent.
 *
 * Harmless twice, late and at once: the head of the index only says where to look, the token's own item decides; every write is on
 * condition that the token is as it was seen, and a notice is claimed before anybody is told. A tick that comes late finds the same
 * head of the range; one that runs out of time leaves the rest there. An early event cannot make anything due before its time: the
 * earlier of the event's `time` and the clock is believed.
 */
export async function sweep(
  deps: SweepDependencies,
  { time, requestId }: { time: Date; requestId: string },
): Promise<SweepReport> {
  const clock = deps.now();
  // Stryker disable next-line EqualityOperator: of two equal instants either is the earlier
  const run = new Run(deps, { now: time < clock ? time : clock, requestId });
  await run.all();
  await run.tell();
  return run.report;
}

class Run {
  readonly report: SweepReport;
  readonly #deps: SweepDependencies;
  readonly #now: Date;
  readonly #requestId: string;
  readonly #opened = new Map<string, DigestKey>();

  constructor(deps: SweepDependencies, { now, requestId }: { now: Date; requestId: string }) {
    this.#deps = deps;
    this.#now = now;
    this.#requestId = requestId;
    this.report = emptyReport(now);
  }

  /** Pass after pass over the head of the index, until it holds nothing more that this run could do. */
  async all(): Promise<void> {
    const seen = new Set<string>();
    for (let passes = 0; passes < mostPasses; passes += 1) {
      const due = await this.#deps.notices.due(this.#now);
      const fresh = withoutSeen(due, seen);
      await this.#tokens(fresh.tokens);
      await this.#digests(fresh.digests);
      const found = fresh.tokens.length + fresh.digests.length;
      if (!this.report.complete || !due.more) return;
      // The index has not caught up with what was done: the next tick goes on behind it.
      if (found === 0) break;
    }
    this.report.complete = false;
  }

  /** Tells the bus, unless there was nothing to do: an idle tick costs its queries and nothing else. */
  async tell(): Promise<void> {
    if (isEmpty(this.report)) return;
    const { now, mails, failed, complete, ...counts } = this.report;
    const data = { ...counts, mails, failed: failed.slice(0, 100), complete };
    await this.#attempt('the report', () =>
      this.#deps.publisher.publish([eventOf('hygiene.run', { identity: [this.#requestId], time: now, data })]),
    );
  }

  /** Stacks side by side, and one stack's tokens in turn: its transactions would be in each other's way. */
  async #tokens(uids: readonly string[]): Promise<void> {
    const { found, unreadable } = await this.#deps.notices.tokens(uids);
    this.report.not_due += uids.length - found.length - unreadable.length;
    for (const token of unreadable) {
      const until = new Date(this.#now.getTime() + longestRetryMs);
      await this.#fail(token.uid, {
        error: token.error,
        postpone: () => this.#deps.notices.postponeUnreadable(token, { now: this.#now, until }),
      });
    }
    const stacks = [...Map.groupBy(found, ({ token }) => token.api_key)];
    const workers = Array.from({ length: stacksAtOnce }, async () => {
      for (let next = stacks.shift(); next; next = stacks.shift()) await this.#tokensOf(...next);
    });
    await Promise.all(workers);
  }

  async #tokensOf(stack: string, tokens: readonly UsedToken[]): Promise<void> {
    const { left, ...found } = await this.#claimTogether(stack, inOrder(tokens));
    let state = found.state;
    for (const used of left) {
      if (!this.#goesOn()) return;
      try {
        state ??= await this.#stack(stack);
        state = await this.#handle(used, state);
      } catch (error) {
        const until = new Date(this.#now.getTime() + retryAfter(used.token));
        await this.#fail(used.token.uid, { error, postpone: () => this.#deps.notices.postpone(used.token, until) });
        state = undefined;
      }
    }
  }

  /**
   * Claims the notices of a stack many at a time. When one of them cannot be claimed, none of its transaction is.
   * @returns the tokens that are left, to be handled one by one
   */
  async #claimTogether(
    stack: string,
    tokens: readonly UsedToken[],
  ): Promise<{ left: readonly UsedToken[]; state: StackState | undefined }> {
    let state: StackState | undefined;
    if (tokens.length < 2) return { left: tokens, state };
    const claimed = new Set<Token>();
    await this.#attempt(`the notices of ${stack} together`, async () => {
      state = await this.#stack(stack);
      for (const claims of claimsTogether(tokens, { state, now: this.#now })) {
        if (!this.#goesOn()) return;
        if (!(await this.#deps.notices.claimAll(claims))) continue;
        for (const { token, digest } of claims) {
          claimed.add(token);
          this.#open(digest);
        }
        this.report.notices += claims.length;
      }
    });
    return { left: tokens.filter(({ token }) => !claimed.has(token)), state };
  }

  async #stack(key: string): Promise<StackState> {
    const found = await this.#deps.notices.stack(key);
    if (!found) throw new Error(`The stack ${key} has tokens and no item of its own.`);
    return { settings: found.stack.hygiene, cleaned: found.cleaned };
  }

  /** @returns the stack's state afterwards */
  async #handle(used: UsedToken, state: StackState): Promise<StackState> {
    const { token } = used;
    const decision = decide(token, state, this.#now);
    switch (decision.does) {
      case 'nothing':
        // The index may lag. What the token's own item calls due is something, or it would stay at the head of the index for ever.
        if (token.next && token.next.at <= this.report.now)
          throw new Error(`${token.next.action} is due and in no schedule of the token.`);
        this.report.not_due += 1;
        return state;
      case 'skip':
        this.#count('skipped', await this.#deps.notices.advance(token, decision.next));
        return state;
      case 'notify':
        await this.#notify(used, { decision, state });
        return state;
      case 'hold_back':
        await this.#holdBack(used, { until: decision.until, state });
        return state;
      case 'clean_up':
        return await this.#cleanUp(token, state);
    }
  }

  async #notify(
    used: UsedToken,
    { decision, state }: { decision: Extract<Decision, { does: 'notify' }>; state: StackState },
  ): Promise<void> {
    const outcome = await this.#claim({ used, ...decision }, state);
    this.#count('notices', outcome === 'claimed');
  }

  /** People are told once of a token that had to wait; then it waits without a word. */
  async #holdBack(used: UsedToken, { until, state }: { until: string; state: StackState }): Promise<void> {
    const next = { action: 'clean_up', at: until } as const;
    const outcome = await this.#claim({ used, threshold: 'held_back', next }, state);
    this.#count('held_back', outcome !== 'changed');
  }

  async #cleanUp(token: Token, state: StackState): Promise<StackState> {
    const { tokens, random } = this.#deps;
    const command = { seen: token, cleaned: state.cleaned, at: this.#deps.now(), requestId: this.#requestId };
    const receipt = await cleanUpToken({ tokens, random }, command);
    this.#count('cleaned_up', receipt !== null);
    // Not as it was seen: the next tick sees it anew.
    if (!receipt) return state;
    // As it is stored now, where what is older than the limit counts is left out: the next clean-up is on condition of it.
    return { ...state, cleaned: [...countedCleanUps(state.cleaned, this.#now), receipt.refused_from] };
  }

  async #claim(wanted: WantedNotice, state: StackState): Promise<Claimed['outcome']> {
    const { outcome, digest } = await claimNotice(this.#deps.notices, wanted, { state, now: this.#now });
    if (outcome === 'claimed') this.#open(digest);
    if (outcome !== 'claimed-before') return outcome;
    return (await this.#deps.notices.advance(wanted.used.token, wanted.next)) ? outcome : 'changed';
  }

  #open(digest: DigestKey): void {
    this.#opened.set(`${digest.stack}#${digest.send_at}`, digest);
  }

  /** Digests that are due, and those that this run opened and that are sent at once. */
  async #digests(due: readonly DueDigest[]): Promise<void> {
    const atOnce = [...this.#opened.values()].filter(({ send_at }) => send_at <= this.#now.toISOString());
    this.#opened.clear();
    const known = new Set(due.map(({ stack, send_at }) => `${stack}#${send_at}`));
    const opened = atOnce.filter(({ stack, send_at }) => !known.has(`${stack}#${send_at}`));
    for (const digest of [...opened.map((key) => ({ ...key, due_at: key.send_at })), ...due]) {
      if (!this.#goesOn()) return;
      const isDone = await this.#attempt(`the digest of ${digest.stack}`, async () => {
        const sent = await sendDigest(this.#deps, {
          digest,
          now: this.#now,
          run: this.#requestId,
          hasTime: () => this.#goesOn(),
        });
        for (const what of ['sent', 'failed', 'unknown', 'undeliverable'] as const)
          this.report.mails[what] += sent[what];
      });
      // It comes back, and may fail each time: nobody but this count would tell.
      if (!isDone) this.report.mails.failed += 1;
    }
  }

  /** Pushed forward and counted: it holds up nothing, and is seen. */
  async #fail(uid: string, { error, postpone }: { error: unknown; postpone: () => Promise<boolean> }): Promise<void> {
    this.#deps.onFailure(`the token ${uid}`, error);
    this.report.failed.push(uid);
    await this.#attempt(`pushing the token ${uid} forward`, postpone);
  }

  async #attempt(what: string, run: () => Promise<unknown>): Promise<boolean> {
    try {
      await run();
      return true;
    } catch (error) {
      this.#deps.onFailure(what, error);
      return false;
    }
  }

  #count(what: 'notices' | 'skipped' | 'held_back' | 'cleaned_up', isDone: boolean): void {
    this.report[isDone ? what : 'not_due'] += 1;
  }

  #goesOn(): boolean {
    if (!this.#deps.hasTime()) this.report.complete = false;
    return this.report.complete;
  }
}

/** Longer each time. */
function retryAfter({ sweep_failures: failures = 0 }: Token): number {
  return Math.min(firstRetryMs * 2 ** failures, longestRetryMs);
}

/** What this run has not come across yet: an index that lags names again what has been done. */
function withoutSeen(due: Due, seen: Set<string>): Due {
  // Stryker disable next-line EqualityOperator: a set that something was put into is not empty
  const isNew = (name: string) => !seen.has(name) && seen.add(name).size > 0;
  return {
    ...due,
    tokens: due.tokens.filter((uid) => isNew(uid)),
    digests: due.digests.filter(({ stack, send_at }) => isNew(`${stack}#${send_at}`)),
  };
}
