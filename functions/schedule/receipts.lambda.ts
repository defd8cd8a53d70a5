import { dueRevocations, now, revocationRepository } from '../runtime/dependencies.ts';
import { fromRuntime } from '../runtime/from-runtime.ts';
import { resumeBySchedule } from './receipts.ts';

export const createHandler = resumeBySchedule;

export const handler = fromRuntime(createHandler, () => ({
  due: dueRevocations(),
  revocations: revocationRepository(),
  now,
}));
