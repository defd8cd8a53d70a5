import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { type InvocationResult, Sandbox, type SandboxOptions, type Waiting } from './function-sandbox.ts';
import { openLog } from './log-file.ts';
import type { WorkerPlaces } from './worker-places.ts';

export type { FunctionError, InvocationResult } from './function-sandbox.ts';

export interface PoolOptions extends SandboxOptions {
  readonly title: string;
  /** workers at most */
  readonly size: number;
  /** shared with the other functions */
  readonly places: WorkerPlaces;
  readonly logFile: string;
  /** called when a worker cannot start */
  readonly log: (line: string) => void;
}

/**
 * How many callers may wait for a worker; the next is throttled at once. Lambda has no such queue at all, but it has 1,000 workers
 * where there are a few here. https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
 */
export const MOST_WAITING = 128;
/** There are too many who wait: the event was not begun, and never will be. */
export const THROTTLED = { error: { errorType: 'TooManyRequestsException', errorMessage: 'Rate Exceeded.' } };
/** The caller gave up first: the event was not begun, and never will be. */
export const ABANDONED = { error: { errorType: 'Abandoned', errorMessage: 'The caller gave up before it began' } };
const STOPPING = { error: { errorType: 'ServiceException', errorMessage: 'The local system is stopping' } };

/** The workers of one function. An event waits for whichever is free first: one of those there are, or a new one. */
export class FunctionPool {
  readonly #options: PoolOptions;
  readonly #output: Writable;
  readonly #queue: Waiting[] = [];
  readonly #sandboxes = new Set<Sandbox>();
  /** those that were retired and have not ended yet */
  readonly #leaving = new Set<Promise<void>>();
  #isClosed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#output = openLog(options.logFile);
    // Each worker is piped to it twice.
    this.#output.setMaxListeners(0);
    options.places.add(this);
  }

  /**
   * @param caller aborted when nobody waits for the result any more: an event that has not begun by then never does, and one that has
   *   runs to its end. Without a caller (a delivery that somebody counts) it waits however many there are.
   */
  invoke(event: string, caller?: AbortSignal): Promise<InvocationResult> {
    if (this.#isClosed) return Promise.resolve(STOPPING);
    if (caller?.aborted) return Promise.resolve(ABANDONED);
    if (caller && this.#queue.length >= MOST_WAITING) return Promise.resolve(THROTTLED);
    const { promise, resolve } = Promise.withResolvers<InvocationResult>();
    const leave = () => {
      const at = this.#queue.indexOf(waiting);
      if (at >= 0) this.#queue.splice(at, 1);
      if (at >= 0) resolve(ABANDONED);
    };
    const settle = (result: InvocationResult) => {
      caller?.removeEventListener('abort', leave);
      resolve(result);
    };
    const waiting = { event, settle };
    caller?.addEventListener('abort', leave);
    this.#queue.push(waiting);
    this.#dispatch();
    return promise;
  }

  get title(): string {
    return this.#options.title;
  }

  get workers(): number {
    return this.#sandboxes.size;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  get wanted(): number {
    const [free, ready] = [this.#options.size - this.workers, [...this.#inState('starting'), ...this.#inState('idle')]];
    return Math.max(0, Math.min(free, this.#queue.length - ready.length));
  }

  get idleSince(): number | undefined {
    return this.#longestIdle()?.idleSince;
  }

  start(): void {
    const sandbox = new Sandbox(this.#options, {
      output: this.#output,
      onIdle: () => this.#dispatch(),
      onUnused: () => {
        this.#retire(sandbox);
        this.#options.places.share();
      },
      onEnd: (error) => {
        if (!this.#sandboxes.delete(sandbox) || this.#isClosed) return;
        if (sandbox.state === 'starting') {
          this.#options.log(`${this.#options.title} cannot start: ${error.errorType}: ${error.errorMessage}`);
          this.#queue.shift()?.settle({ error });
        }
        this.#dispatch();
      },
    });
    this.#sandboxes.add(sandbox);
  }

  retireOne(): void {
    const sandbox = this.#longestIdle();
    if (sandbox) this.#retire(sandbox);
  }

  /** Ends the workers as a crash does; the next event finds a new one. */
  async crash(): Promise<void> {
    const error = { errorType: 'Runtime.ExitError', errorMessage: 'Runtime exited: a crash that was injected' };
    await Promise.all([...this.#sandboxes].map((sandbox) => sandbox.end(error)));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { settle } of this.#queue.splice(0)) settle(STOPPING);
    await Promise.all([...[...this.#sandboxes].map((sandbox) => sandbox.end(STOPPING.error)), ...this.#leaving]);
    this.#output.end();
    await finished(this.#output);
  }

  #retire(sandbox: Sandbox): void {
    this.#sandboxes.delete(sandbox);
    const left = sandbox.end(STOPPING.error).finally(() => this.#leaving.delete(left));
    this.#leaving.add(left);
  }

  #dispatch(): void {
    // Before the next event is begun: a function without a worker may need the one that is idle now.
    this.#options.places.share();
    const idle = this.#inState('idle');
    for (const [at, waiting] of this.#queue.splice(0, idle.length).entries()) idle[at]?.run(waiting);
    this.#options.places.share();
  }

  #inState(state: Sandbox['state']): Sandbox[] {
    return [...this.#sandboxes].filter((sandbox) => sandbox.state === state);
  }

  /**
   * Of those whose place may be given away. One that was started for an event has that first, or functions could take places from each
   * other without end.
   */
  #longestIdle(): Sandbox | undefined {
    return this.#inState('idle')
      .filter(({ isUsed }) => isUsed || this.waiting === 0)
      .sort((one, other) => one.idleSince - other.idleSince)[0];
  }
}
