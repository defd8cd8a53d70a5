import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import { finished } from 'node:stream/promises';
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

export interface PoolOptions {
  readonly title: string;
  readonly limitMs: number;
  /** workers at most */
  readonly size: number;
  readonly memoryMb: number;
  readonly logFile: string;
  readonly setup: WorkerSetup;
  readonly env: Record<string, string>;
  /** told when a worker cannot start */
  readonly log: (line: string) => void;
}
interface Waiting {
  readonly event: string;
  readonly settle: (result: InvocationResult) => void;
}

/** Lambda gives 10 s to an init; a loaded laptop is slower. */
const INIT_LIMIT_MS = 30_000;
const WORKER = new URL('./function-worker.ts', import.meta.url);
const STOPPING = { error: { errorType: 'ServiceException', errorMessage: 'The local system is stopping' } };

/** The workers of one function. An event waits for whichever is free first: one of those there are, or a new one. */
export class FunctionPool {
  readonly #options: PoolOptions;
  readonly #output: fs.WriteStream;
  readonly #queue: Waiting[] = [];
  readonly #sandboxes = new Set<Sandbox>();
  #isClosed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#output = fs.createWriteStream(options.logFile, { flags: 'a', mode: 0o600 });
  }

  invoke(event: string): Promise<InvocationResult> {
    if (this.#isClosed) return Promise.resolve(STOPPING);
    return new Promise((settle) => {
      this.#queue.push({ event, settle });
      this.#dispatch();
    });
  }

  get title(): string {
    return this.#options.title;
  }

  /** Ends the workers as a crash does; the next event finds a new one. */
  async crash(): Promise<void> {
    const error = { errorType: 'Runtime.ExitError', errorMessage: 'Runtime exited: a crash that was injected' };
    await Promise.all([...this.#sandboxes].map((sandbox) => sandbox.end(error)));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { settle } of this.#queue.splice(0)) settle(STOPPING);
    await Promise.all([...this.#sandboxes].map((sandbox) => sandbox.end(STOPPING.error)));
    this.#output.end();
    await finished(this.#output);
  }

  #dispatch(): void {
    const inState = (state: Sandbox['state']) => [...this.#sandboxes].filter((sandbox) => sandbox.state === state);
    const idle = inState('idle');
    for (const [at, waiting] of this.#queue.splice(0, idle.length).entries()) idle[at]?.run(waiting);
    const places = this.#options.size - this.#sandboxes.size;
    const wanted = this.#queue.length - inState('starting').length;
    for (let started = 0; started < Math.min(places, wanted); started += 1) this.#start();
  }

  #start(): void {
    const sandbox = new Sandbox(this.#options, this.#output, {
      onIdle: () => this.#dispatch(),
      onEnd: (error) => {
        this.#sandboxes.delete(sandbox);
        if (this.#isClosed) return;
        if (sandbox.state === 'starting') {
          this.#options.log(`${this.#options.title} cannot start: ${error.errorType}: ${error.errorMessage}`);
          this.#queue.shift()?.settle({ error });
        }
        this.#dispatch();
      },
    });
    this.#sandboxes.add(sandbox);
  }
}

/** One worker: it becomes idle, has one event at a time, and ends by a crash, its time limit or the stop. */
class Sandbox {
  state: 'starting' | 'idle' | 'busy' = 'starting';
  readonly #worker: Worker;
  readonly #limitMs: number;
  readonly #onIdle: () => void;
  #current: Waiting | undefined;
  #timer: NodeJS.Timeout;
  #reason: FunctionError | undefined;

  constructor(
    { setup, env, memoryMb, limitMs }: PoolOptions,
    output: fs.WriteStream,
    { onIdle, onEnd }: { onIdle: () => void; onEnd: (reason: FunctionError) => void },
  ) {
    this.#limitMs = limitMs;
    this.#onIdle = onIdle;
    const resourceLimits = { maxOldGenerationSizeMb: memoryMb };
    const io = { stdout: true, stderr: true };
    this.#worker = new Worker(WORKER, { workerData: setup, env, argv: [], execArgv: [], resourceLimits, ...io });
    this.#worker.stdout.pipe(output, { end: false });
    this.#worker.stderr.pipe(output, { end: false });
    this.#timer = this.#startTimer(INIT_LIMIT_MS);
    this.#worker.on('message', (message: FromWorker) => this.#receive(message));
    this.#worker.on('error', ({ name, message }) => void this.end({ errorType: name, errorMessage: message }));
    this.#worker.on('exit', (code) => {
      clearTimeout(this.#timer);
      const exit = { errorType: 'Runtime.ExitError', errorMessage: `Runtime exited with status ${code}` };
      this.#current?.settle({ error: this.#reason ?? exit });
      onEnd(this.#reason ?? exit);
    });
  }

  run(waiting: Waiting): void {
    this.state = 'busy';
    this.#current = waiting;
    this.#timer = this.#startTimer(this.#limitMs);
    const invocation: Invocation = { event: waiting.event, requestId: randomUUID(), limitMs: this.#limitMs };
    this.#worker.postMessage(invocation);
  }

  /** The first reason counts: a worker that is ended for its time limit also exits. */
  async end(reason: FunctionError): Promise<void> {
    this.#reason ??= reason;
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
    this.#onIdle();
  }

  #startTimer(ms: number): NodeJS.Timeout {
    const errorMessage = `Task timed out after ${(ms / 1000).toFixed(2)} seconds`;
    return setTimeout(() => void this.end({ errorType: 'Sandbox.Timedout', errorMessage }), ms);
  }
}
