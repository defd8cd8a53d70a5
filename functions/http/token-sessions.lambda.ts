import { answering, credentialReader, now, ownSessions, random, rateWindows, uses } from '../runtime/dependencies.ts';
import { fromRuntime } from '../runtime/from-runtime.ts';
import { type DoorDependencies, door } from './chain/endpoint.ts';
import {
  currentSessionEndpoint,
  endCurrentSessionEndpoint,
  openSessionEndpoint,
  type TokenSessionsDependencies,
} from './sessions/token-sessions.ts';

export const createHandler = (deps: TokenSessionsDependencies & DoorDependencies) =>
  door<'http/token-sessions'>(
    {
      'POST /v3/token_sessions': openSessionEndpoint(deps),
      'GET /v3/token_sessions/current': currentSessionEndpoint(deps),
      'DELETE /v3/token_sessions/current': endCurrentSessionEndpoint(deps),
    },
    deps,
  );

export const handler = fromRuntime(createHandler, () => ({
  credentials: credentialReader(),
  sessions: ownSessions(),
  windows: rateWindows(),
  now,
  random,
  ...answering(),
  uses: uses(),
}));
