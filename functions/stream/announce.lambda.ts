import { eventPublisher, rowChangeOf } from '../runtime/dependencies.ts';
import { fromRuntime } from '../runtime/from-runtime.ts';
import { announceTokens } from './announce.ts';

export const createHandler = announceTokens;

export const handler = fromRuntime(createHandler, () => ({ publisher: eventPublisher(), changeOf: rowChangeOf }));
