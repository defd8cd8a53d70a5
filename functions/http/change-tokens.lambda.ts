import { now, organization, problemTypes, random, signIn, tokenRepository } from '../runtime/dependencies.ts';
import { fromRuntime } from '../runtime/from-runtime.ts';
import { type ChangeTokensDependencies, createTokenEndpoint } from './create-token.ts';
import { deleteTokenEndpoint } from './delete-token.ts';
import { editTokenEndpoint } from './edit-token.ts';
import { type DoorDependencies, door } from './endpoint.ts';

export const createHandler = (deps: ChangeTokensDependencies & DoorDependencies) =>
  door<'http/change-tokens'>(
    {
      'POST /v3/stacks/management_tokens': createTokenEndpoint(deps),
      'PUT /v3/stacks/management_tokens/{uid}': editTokenEndpoint(deps),
      'DELETE /v3/stacks/management_tokens/{uid}': deleteTokenEndpoint(deps),
    },
    deps,
  );

export const handler = fromRuntime(createHandler, () => ({
  tokens: tokenRepository(),
  signIn: signIn(now),
  now,
  random,
  organization: organization(),
  problemTypes: problemTypes(),
}));
