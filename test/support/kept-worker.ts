import type { Plugin } from 'vitest/config';
import { type PoolOptions, type TestProject, ThreadsPoolWorker, type Vitest, type WorkerRequest } from 'vitest/node';

/** So many runs have one thread: it remembers a little of each. */
const runsPerThread = 50;

type Listener = Parameters<ThreadsPoolWorker['on']>[1];

/** A thread that outlives its run, with what it has loaded of packages. */
class KeptWorker extends ThreadsPoolWorker {
  override readonly name = 'kept';
  readonly #listeners = new Set<Listener>();
  #runs = 0;

  override on(event: string, callback: Listener): void {
    if (event === 'message') this.#listeners.add(callback);
    super.on(event, callback);
  }

  override off(event: string, callback: Listener): void {
    this.#listeners.delete(callback);
    super.off(event, callback);
  }

  override async start(): Promise<void> {
    if (this.#runs % runsPerThread === 0) await super.start();
    this.#runs += 1;
  }

  /** A thread that was told to stop would start no more. */
  override send(message: WorkerRequest): void {
    if (message.type !== 'stop' || this.#isLast()) super.send(message);
    else for (const tell of this.#listeners) tell({ type: 'stopped', __vitest_worker_response__: true });
  }

  override async stop(): Promise<void> {
    if (this.#isLast()) await super.stop();
  }

  #isLast(): boolean {
    return this.#runs % runsPerThread === 0;
  }

  async end(): Promise<void> {
    if (!this.#isLast()) await super.stop();
  }
}

/**
 * Runs of the same vitest follow each other in one thread. Mutation testing makes thousands of them, and starting a thread and loading
 * packages takes several times what the tests take. The project's own modules are loaded anew by each run (`fresh-modules.ts`).
 */
export function keptWorker(): Plugin {
  let kept: KeptWorker | undefined;
  return {
    name: 'kept-worker',
    configureVitest({ project, vitest }: { project: TestProject; vitest: Vitest }) {
      const createPoolWorker = (options: PoolOptions) => {
        kept ??= new KeptWorker(options);
        return kept;
      };
      project.config.pool = 'kept';
      project.config.poolRunner = { name: 'kept', createPoolWorker };
      vitest.onClose(() => kept?.end());
    },
  };
}
