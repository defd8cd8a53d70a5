import { eventPublisher, now, revocationRepository, sessionRepository } from '../runtime/dependencies.ts';
import { fromRuntime } from '../runtime/from-runtime.ts';
import { endSessionsOfReceipts } from './end-sessions.ts';

export const createHandler = endSessionsOfReceipts;

export const handler = fromRuntime(createHandler, () => ({
  sessions: sessionRepository(),
  revocations: revocationRepository(),
  publisher: eventPublisher(),
  now,
}));
