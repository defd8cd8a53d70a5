import { setMaxListeners } from 'node:events';
import { parentPort } from 'node:worker_threads';
import fc from 'fast-check';
import { inject, vi } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** By Stryker: which mutant a run is about, and whether it is about any. */
    activeMutant: string | undefined;
    mode: string | undefined;
  }
}

declare global {
  /** Which run this thread was last about. */
  var lastRun: string | undefined;
}

// Each mutant is told by modules that nothing was done with before.
const thisRun = `${inject('mode')} ${inject('activeMutant')}`;
if (globalThis.lastRun !== thisRun) vi.resetModules();
globalThis.lastRun = thisRun;
// Each run listens anew, until the thread ends.
if (parentPort) setMaxListeners(0, parentPort);
// That it fails is enough: nobody reads the smallest example.
fc.configureGlobal({ ...fc.readConfigureGlobal(), endOnFailure: true });
