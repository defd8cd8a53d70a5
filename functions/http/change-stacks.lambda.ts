import { answering, now, random, signIn, stackChanges, stackRepository } from '../runtime/dependencies.ts';
import { fromRuntime } from '../runtime/from-runtime.ts';
import {
  createBranchEndpoint,
  editStackEndpoint,
  pointAliasEndpoint,
  type StackDoorDependencies,
  shareEndpoint,
  transferEndpoint,
  unshareEndpoint,
} from './change-stacks.ts';
import { type DoorDependencies, door } from './endpoint.ts';

export const createHandler = (deps: StackDoorDependencies & DoorDependencies) =>
  door<'http/change-stacks'>(
    {
      'PUT /v3/stacks': editStackEndpoint(deps),
      'POST /v3/stacks/share': shareEndpoint(deps),
      'POST /v3/stacks/unshare': unshareEndpoint(deps),
      'POST /v3/stacks/transfer_ownership': transferEndpoint(deps),
      'POST /v3/stacks/branches': createBranchEndpoint(deps),
      'POST /v3/stacks/branch_aliases': pointAliasEndpoint(deps, 'create'),
      'PUT /v3/stacks/branch_aliases': pointAliasEndpoint(deps, 'point'),
      'PUT /v3/stacks/branch_aliases/{uid}': pointAliasEndpoint(deps, 'point'),
    },
    deps,
  );

export const handler = fromRuntime(createHandler, () => ({
  stacks: stackRepository(),
  changes: stackChanges(),
  signIn: signIn(now),
  now,
  random,
  ...answering(),
}));
