/** One use of a token, or an attempt with a dead one. */
export interface Use {
  /** The token's uid. */
  readonly token: string;
  readonly at: Date;
  /** What the program calls itself. */
  readonly client: string;
  readonly remote_addr: string;
}

/** When and by whom a token was used last, and how busy it is. */
export interface LastUse {
  readonly at: string;
  readonly client: string;
  /** Minutes in which it was used, in the last 24 hours and 7 days, by the hour. */
  readonly minutes: { readonly day: number; readonly week: number };
}

/** Storage of uses: at most one write a minute for a token and an instance of a function, and only forward in time. */
export interface UsageRepository {
  recordUse(use: Use): Promise<void>;
  /** Somebody calls with the value of a token that is dead: counts it, and has it told at most once an hour. */
  recordDeadUse(use: Use & { readonly calls: number }): Promise<void>;
  /** In the order of the uids; null for a token that was never used. */
  lastUses(tokens: readonly string[], now: Date): Promise<readonly (LastUse | null)[]>;
}

const minuteMs = 60_000;
const mostRemembered = 10_000;

/** Remembers what this instance has written, so that a busy token costs one write a minute. */
export class UseLog {
  readonly #usage: UsageRepository;
  readonly #onFailure: (error: unknown) => void;
  readonly #written = new Map<string, number>();
  readonly #deadCalls = new Map<string, number>();

  constructor(usage: UsageRepository, onFailure: (error: unknown) => void) {
    this.#usage = usage;
    this.#onFailure = onFailure;
  }

  /** After the verdict, and allowed to fail: whether a token is good does not depend on it. */
  async use(use: Use): Promise<void> {
    if (this.#isDue(`used ${use.token}`, use.at)) await this.#try(() => this.#usage.recordUse(use));
  }

  async deadUse(use: Use): Promise<void> {
    const calls = (this.#deadCalls.get(use.token) ?? 0) + 1;
    this.#deadCalls.set(use.token, calls);
    if (!this.#isDue(`dead ${use.token}`, use.at)) return;
    this.#deadCalls.delete(use.token);
    await this.#try(() => this.#usage.recordDeadUse({ ...use, calls }));
  }

  #isDue(what: string, at: Date): boolean {
    const minute = Math.floor(at.getTime() / minuteMs);
    if (this.#written.get(what) === minute) return false;
    // Forgetting costs a write too many, remembering without end costs the instance.
    if (this.#written.size >= mostRemembered) this.#written.clear();
    this.#written.set(what, minute);
    return true;
  }

  async #try(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      this.#onFailure(error);
    }
  }
}
