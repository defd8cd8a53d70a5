import { now, problemTypes, signIn, tokenRepository } from '../runtime/dependencies.ts';
import { fromRuntime } from '../runtime/from-runtime.ts';
import { type DoorDependencies, door } from './endpoint.ts';
import { fetchTokenEndpoint } from './fetch-token.ts';
import { listTokensEndpoint, type ReadTokensDependencies } from './list-tokens.ts';

export const createHandler = (deps: ReadTokensDependencies & DoorDependencies) =>
  door<'http/read-tokens'>(
    {
      'GET /v3/stacks/management_tokens': listTokensEndpoint(deps),
      'GET /v3/stacks/management_tokens/{uid}': fetchTokenEndpoint(deps),
    },
    deps,
  );

export const handler = fromRuntime(createHandler, () => ({
  tokens: tokenRepository(),
  signIn: signIn(now),
  now,
  problemTypes: problemTypes(),
}));
