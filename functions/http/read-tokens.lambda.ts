import { answering, now, ownSessions, revocationRepository, signIn, tokenReads } from '../runtime/dependencies.ts';
import { fromRuntime } from '../runtime/from-runtime.ts';
import { type DoorDependencies, door } from './endpoint.ts';
import { fetchRevocationEndpoint } from './fetch-revocation.ts';
import { fetchTokenEndpoint } from './fetch-token.ts';
import { listTokensEndpoint, type ReadTokensDependencies } from './list-tokens.ts';
import { previewDeletionEndpoint } from './preview-deletion.ts';
import { listSessionsEndpoint } from './sessions-of-token.ts';

type Dependencies = ReadTokensDependencies &
  Parameters<typeof fetchRevocationEndpoint>[0] &
  Parameters<typeof listSessionsEndpoint>[0] &
  DoorDependencies;

export const createHandler = (deps: Dependencies) =>
  door<'http/read-tokens'>(
    {
      'GET /v3/stacks/management_tokens': listTokensEndpoint(deps),
      'GET /v3/stacks/management_tokens/{uid}': fetchTokenEndpoint(deps),
      'GET /v3/stacks/management_tokens/{uid}/delete_preview': previewDeletionEndpoint(deps),
      'GET /v3/stacks/management_tokens/{uid}/revocation': fetchRevocationEndpoint(deps),
      'GET /v3/stacks/management_tokens/{uid}/sessions': listSessionsEndpoint(deps),
    },
    deps,
  );

export const handler = fromRuntime(createHandler, () => ({
  tokens: tokenReads(),
  sessions: ownSessions(),
  revocations: revocationRepository(),
  signIn: signIn(now),
  now,
  ...answering(),
}));
