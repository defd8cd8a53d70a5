import { setMaxListeners } from 'node:events';
import { parentPort } from 'node:worker_threads';
import fc from 'fast-check';
import { inject, vi } from 'vitest';

/** Each mutant is told by modules that nothing was done with before. */
const runs = globalThis as { lastMutant?: unknown };
const mutant = [inject('activeMutant' as never), inject('mode' as never)].join();
if (runs.lastMutant !== mutant) vi.resetModules();
runs.lastMutant = mutant;
// Each run listens anew, until the thread ends.
if (parentPort) setMaxListeners(0, parentPort);
// That it fails is enough: nobody reads the smallest example.
fc.configureGlobal({ ...fc.readConfigureGlobal(), endOnFailure: true });
