import { randomUUID } from 'node:crypto';
import type { Writable } from 'node:stream';
import { Worker } from 'node:worker_threads';

export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
}
/** What an invocation came to; never a rejection, and never a stack trace. */
export type InvocationResult = { readonly payload: unknown } | { readonly error: FunctionError };

/** What a worker is told once. */
export interface WorkerSetup {
  readonly module: string;
  readonly exportName: string;
  readonly offset: SharedArrayBuffer;
  readonly context: object;
}
/** What a worker is told for each event; the event is JSON text, as on Lambda. */
export interface Invocation {
  readonly event: string;
  readonly requestId: string;
  readonly limitMs: number;
}
/** What a worker says: first that it is ready or why not, then the answer to each event, as JSON text. */
export type FromWorker = 'ready' | { readonly error: FunctionError } | { readonly payload: string };

/** An event, and who gets the result. */
export interface Waiting {
  readonly event: string;
  readonly settle: (result: InvocationResult) => void;
}
export interface SandboxOptions {
  /** of one event */
  readonly limitMs: number;
  readonly memoryMb: number;
  /** how long a worker stays without an event */
  readonly idleMs: number;
  readonly setup: WorkerSetup;
  readonly env: Record<string, string>;
}
interface SandboxEvents {
  readonly output: Writable;
  /** It is ready for an event. */
  readonly onIdle: () => void;
  /** It has been idle for as long as it may. */
  readonly onUnused: () => void;
  readonly onEnd: (reason: FunctionError) => void;
}

/** Lambda gives 10 s to an init; a loaded laptop is slower. */
const INIT_LIMIT_MS = 30_000;
/**
 * V8 would let what is young grow to 48 MB in each worker before it looks at it: a busy worker then takes 145 MB instead of 25,
 * and is no faster.
 */
const YOUNG_GENERATION_MB = 4;
const WORKER = new URL('./function-worker.mjs', import.meta.url);

/** One worker: it becomes idle, has one event at a time, and ends by a crash, its time limit or the stop. */
export class Sandbox {
  state: 'starting' | 'idle' | 'busy' | 'ending' = 'starting';
  /** by `performance.now()`: when it last became idle */
  idleSince = 0;
  /** whether it was given an event yet */
  isUsed = false;
  readonly #worker: Worker;
  readonly #options: SandboxOptions;
  readonly #events: SandboxEvents;
  #current: Waiting | undefined;
  #timer: NodeJS.Timeout;
  #reason: FunctionError | undefined;

  constructor(options: SandboxOptions, events: SandboxEvents) {
    const { setup, env, memoryMb } = options;
    this.#options = options;
    this.#events = events;
    const resourceLimits = { maxOldGenerationSizeMb: memoryMb, maxYoungGenerationSizeMb: YOUNG_GENERATION_MB };
    const io = { stdout: true, stderr: true };
    this.#worker = new Worker(WORKER, { workerData: setup, env, argv: [], execArgv: [], resourceLimits, ...io });
    this.#worker.stdout.pipe(events.output, { end: false });
    this.#worker.stderr.pipe(events.output, { end: false });
    this.#timer = this.#startTimer(INIT_LIMIT_MS);
    this.#worker.on('message', (message: FromWorker) => this.#receive(message));
    this.#worker.on('error', ({ name, message }) => void this.end({ errorType: name, errorMessage: message }));
    this.#worker.on('exit', (code) => {
      clearTimeout(this.#timer);
      const exit = { errorType: 'Runtime.ExitError', errorMessage: `Runtime exited with status ${code}` };
      this.#current?.settle({ error: this.#reason ?? exit });
      events.onEnd(this.#reason ?? exit);
    });
  }

  run(waiting: Waiting): void {
    const { limitMs } = this.#options;
    clearTimeout(this.#timer);
    this.state = 'busy';
    this.isUsed = true;
    this.#current = waiting;
    this.#timer = this.#startTimer(limitMs);
    const invocation: Invocation = { event: waiting.event, requestId: randomUUID(), limitMs };
    this.#worker.postMessage(invocation);
  }

  /** The first reason counts: a worker that is ended for its time limit also exits. */
  async end(reason: FunctionError): Promise<void> {
    this.#reason ??= reason;
    if (this.state !== 'starting') this.state = 'ending';
    await this.#worker.terminate();
  }

  #receive(message: FromWorker): void {
    if (this.#reason) return;
    clearTimeout(this.#timer);
    if (message !== 'ready' && this.state === 'starting') {
      if ('error' in message) void this.end(message.error);
      return;
    }
    if (message !== 'ready') {
      this.#current?.settle('error' in message ? message : { payload: JSON.parse(message.payload) });
    }
    this.#current = undefined;
    this.state = 'idle';
    this.idleSince = performance.now();
    this.#timer = setTimeout(this.#events.onUnused, this.#options.idleMs).unref();
    this.#events.onIdle();
  }

  #startTimer(ms: number): NodeJS.Timeout {
    const errorMessage = `Task timed out after ${(ms / 1000).toFixed(2)} seconds`;
    return setTimeout(() => void this.end({ errorType: 'Sandbox.Timedout', errorMessage }), ms);
  }
}
