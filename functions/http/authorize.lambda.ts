import { credentialReader, now, protection, rateWindows, uses } from '../runtime/dependencies.ts';
import { fromRuntime } from '../runtime/from-runtime.ts';
import { authorizer } from './oauth/authorize.ts';

export const createHandler = authorizer;

export const handler = fromRuntime(createHandler, () => ({
  credentials: credentialReader(),
  windows: rateWindows(),
  now,
  uses: uses(),
  protection: protection(),
}));
