import type { Token } from '../tokens/token.ts';
import { hourMs, minuteMs } from '../values/duration.ts';
import type { UsedBy } from '../values/last-use.ts';

/** One use of a token, or an attempt with the value of a dead one. */
export interface Use extends UsedBy {
  readonly token: Token;
  readonly at: Date;
}

/** Storage of uses: only forward in time. */
export interface UsageRepository {
  recordUse(use: Use): Promise<void>;
  /** Notes a call with the right value that the token's scope refused. It is no use. */
  recordRefusal(call: Use): Promise<void>;
  /** Counts calls with the value of a dead token. @returns how many there have been */
  recordDeadCalls(use: Use, calls: number): Promise<number>;
  /** Has it told that somebody still calls with a dead value: once for a token and hour, whoever else says so. */
  tellOfDeadCalls(use: Use, calls: number): Promise<void>;
}

const mostRemembered = 10_000;

export interface UseLogSurroundings {
  /** Waits for some work, and not for ever: a caller is not held up by a record of its use. */
  readonly patience: (work: Promise<void>) => Promise<void>;
  readonly onFailure: (error: unknown) => void;
}

/** What a living token's call came to, by what records it: a use, or a refusal by its scope. */
type Call = keyof Pick<UsageRepository, 'recordUse' | 'recordRefusal'>;

/** By which minute's write the last call of a token was noted. */
interface Spent {
  /** Minutes since the epoch: the first one whose write is still to be had. */
  readonly free: number;
  readonly last: Call;
}

/**
 * Notes uses and refusals: one write a minute for a token and an instance of a function, because it remembers what it has written.
 * Always after the verdict, and allowed to fail: whether a token is good does not depend on it.
 */
export class UseLog {
  readonly #usage: UsageRepository;
  readonly #surroundings: UseLogSurroundings;
  /** By token: the last minute or hour that was written. */
  readonly #written = {
    dead: new Map<string, number>(),
    announced: new Map<string, number>(),
  };
  readonly #deadCalls = new Map<string, number>();
  readonly #spent = new Map<string, Spent>();

  constructor(usage: UsageRepository, surroundings: UseLogSurroundings) {
    this.#usage = usage;
    this.#surroundings = surroundings;
  }

  async used(use: Use): Promise<void> {
    await this.#record('recordUse', use);
  }

  async refused(call: Use): Promise<void> {
    await this.#record('recordRefusal', call);
  }

  async usedDead(use: Use): Promise<void> {
    const { uid } = use.token;
    const calls = (this.#deadCalls.get(uid) ?? 0) + 1;
    if (!this.#isFirst('dead', use, minuteMs)) return remember(this.#deadCalls, uid, calls);
    this.#deadCalls.delete(uid);
    await this.#attempt(async () => {
      const all = await this.#usage.recordDeadCalls(use, calls);
      if (this.#isFirst('announced', use, hourMs)) await this.#usage.tellOfDeadCalls(use, all);
    });
  }

  async #record(call: Call, use: Use): Promise<void> {
    if (this.#spend(call, use)) await this.#attempt(() => this.#usage[call](use));
  }

  /**
   * One write a minute. A token that is both used and refused in one minute has the next minute's write in advance: neither hides the
   * other, and so many minutes have one write more than that at most.
   * @returns whether there is a write for this call
   */
  #spend(call: Call, { token: { uid }, at }: Use): boolean {
    const minute = Math.floor(at.getTime() / minuteMs);
    const { free, last } = this.#spent.get(uid) ?? { free: minute, last: call };
    const isInAdvance = free === minute + 1 && last !== call;
    if (free > minute && !isInAdvance) return false;
    remember(this.#spent, uid, { free: Math.max(free, minute) + 1, last: call });
    return true;
  }

  #isFirst(what: 'dead' | 'announced', { token, at }: Use, ms: number): boolean {
    const written = this.#written[what];
    const period = Math.floor(at.getTime() / ms);
    if (written.get(token.uid) === period) return false;
    remember(written, token.uid, period);
    return true;
  }

  async #attempt(write: () => Promise<void>): Promise<void> {
    const { patience, onFailure } = this.#surroundings;
    await patience(write().catch(onFailure));
  }
}

/** Forgetting costs a write too many, remembering without end costs the instance. */
function remember<T>(known: Map<string, T>, uid: string, what: T): void {
  if (known.size >= mostRemembered) known.clear();
  known.set(uid, what);
}
