import { answering, hygieneRepository, now, random, signIn, tokenReads } from '../runtime/dependencies.ts';
import { fromRuntime } from '../runtime/from-runtime.ts';
import { type DoorDependencies, door } from './chain/endpoint.ts';
import {
  changeHygieneEndpoint,
  previewHygieneEndpoint,
  readHygieneEndpoint,
  type TokenHygieneDependencies,
} from './hygiene/token-hygiene.ts';

export const createHandler = (deps: TokenHygieneDependencies & DoorDependencies) =>
  door<'http/token-hygiene'>(
    {
      'GET /v3/stacks/token_hygiene': readHygieneEndpoint(deps),
      'PUT /v3/stacks/token_hygiene': changeHygieneEndpoint(deps),
      'POST /v3/stacks/token_hygiene/preview': previewHygieneEndpoint(deps),
    },
    deps,
  );

export const handler = fromRuntime(createHandler, () => ({
  tokens: tokenReads(),
  hygiene: hygieneRepository(),
  signIn: signIn(now),
  now,
  random,
  ...answering(),
}));
