import {
  answering,
  credentialReader,
  now,
  rateWindows,
  signIn,
  stackRepository,
  uses,
} from '../runtime/dependencies.ts';
import { fromRuntime } from '../runtime/from-runtime.ts';
import { type DoorDependencies, door } from './chain/endpoint.ts';
import {
  type BranchesDependencies,
  fetchAliasEndpoint,
  fetchBranchEndpoint,
  listAliasesEndpoint,
  listBranchesEndpoint,
} from './stacks/branches.ts';

export const createHandler = (deps: BranchesDependencies & DoorDependencies) =>
  door<'http/branches'>(
    {
      'GET /v3/stacks/branches': listBranchesEndpoint(deps),
      'GET /v3/stacks/branches/{uid}': fetchBranchEndpoint(deps),
      'GET /v3/stacks/branch_aliases': listAliasesEndpoint(deps),
      'GET /v3/stacks/branch_aliases/{alias}': fetchAliasEndpoint(deps),
    },
    deps,
  );

export const handler = fromRuntime(createHandler, () => ({
  credentials: credentialReader(),
  stacks: stackRepository(),
  windows: rateWindows(),
  signIn: signIn(now),
  now,
  uses: uses(),
  ...answering(),
}));
