import { answering, credentialReader, now, ownSessions, random, tokenRepository } from '../runtime/dependencies.ts';
import { fromRuntime } from '../runtime/from-runtime.ts';
import { type DoorDependencies, door } from './chain/endpoint.ts';
import { revokeEndpoint } from './oauth/revoke.ts';

type Dependencies = Parameters<typeof revokeEndpoint>[0] & DoorDependencies;

export const createHandler = (deps: Dependencies) =>
  door<'http/revoke'>({ 'POST /oauth2/revoke': revokeEndpoint(deps) }, deps);

export const handler = fromRuntime(createHandler, () => ({
  tokens: tokenRepository(),
  credentials: credentialReader(),
  sessions: ownSessions(),
  now,
  random,
  ...answering(),
}));
