import {
  answering,
  managedSessions,
  now,
  organization,
  random,
  signIn,
  tokenRepository,
} from '../runtime/dependencies.ts';
import { fromRuntime } from '../runtime/from-runtime.ts';
import { type DoorDependencies, door } from './chain/endpoint.ts';
import { type ChangeTokensDependencies, createTokenEndpoint } from './tokens/create-token.ts';
import { deleteTokenEndpoint } from './tokens/delete-token.ts';
import { editTokenEndpoint } from './tokens/edit-token.ts';
import { endSessionEndpoint, endSessionsEndpoint } from './tokens/sessions-of-token.ts';
import { succeedTokenEndpoint } from './tokens/succeed-token.ts';

type Dependencies = ChangeTokensDependencies & Parameters<typeof endSessionEndpoint>[0] & DoorDependencies;

export const createHandler = (deps: Dependencies) =>
  door<'http/change-tokens'>(
    {
      'POST /v3/stacks/management_tokens': createTokenEndpoint(deps),
      'PUT /v3/stacks/management_tokens/{uid}': editTokenEndpoint(deps),
      'DELETE /v3/stacks/management_tokens/{uid}': deleteTokenEndpoint(deps),
      'POST /v3/stacks/management_tokens/{uid}/successor': succeedTokenEndpoint(deps),
      'DELETE /v3/stacks/management_tokens/{uid}/sessions': endSessionsEndpoint(deps),
      'DELETE /v3/stacks/management_tokens/{uid}/sessions/{session_uid}': endSessionEndpoint(deps),
    },
    deps,
  );

export const handler = fromRuntime(createHandler, () => ({
  tokens: tokenRepository(),
  sessions: managedSessions(),
  signIn: signIn(now),
  now,
  random,
  organization: organization(),
  ...answering(),
}));
