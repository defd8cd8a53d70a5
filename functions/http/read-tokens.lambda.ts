import { answering, now, ownSessions, revocationRepository, signIn, tokenReads } from '../runtime/dependencies.ts';
import { fromRuntime } from '../runtime/from-runtime.ts';
import { type DoorDependencies, door } from './chain/endpoint.ts';
import { fetchRevocationEndpoint } from './tokens/fetch-revocation.ts';
import { fetchTokenEndpoint } from './tokens/fetch-token.ts';
import { listTokensEndpoint, type ReadTokensDependencies } from './tokens/list-tokens.ts';
import { previewDeletionEndpoint } from './tokens/preview-deletion.ts';
import { listSessionsEndpoint } from './tokens/sessions-of-token.ts';

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
