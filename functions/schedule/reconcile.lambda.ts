import { now, reconciliation, revocationRepository, sessionRepository } from '../runtime/dependencies.ts';
import { fromRuntime } from '../runtime/from-runtime.ts';
import { reconcileDaily } from './reconcile.ts';

export const createHandler = reconcileDaily;

export const handler = fromRuntime(createHandler, () => ({
  found: reconciliation(),
  sessions: sessionRepository(),
  revocations: revocationRepository(),
  now,
}));
