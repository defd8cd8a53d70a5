import { answering, now, random, signIn, stackChanges, stackRepository } from '../runtime/dependencies.ts';
import { fromRuntime } from '../runtime/from-runtime.ts';
import { type DoorDependencies, door } from './chain/endpoint.ts';
import { assignAliasEndpoint, createBranchEndpoint, deleteAliasEndpoint } from './stacks/change-branches.ts';
import {
  editStackEndpoint,
  type StackDoorDependencies,
  shareEndpoint,
  transferEndpoint,
  unshareEndpoint,
} from './stacks/change-stacks.ts';

export const createHandler = (deps: StackDoorDependencies & DoorDependencies) =>
  door<'http/change-stacks'>(
    {
      'PUT /v3/stacks': editStackEndpoint(deps),
      'POST /v3/stacks/share': shareEndpoint(deps),
      'POST /v3/stacks/unshare': unshareEndpoint(deps),
      'POST /v3/stacks/transfer_ownership': transferEndpoint(deps),
      'POST /v3/stacks/branches': createBranchEndpoint(deps),
      'PUT /v3/stacks/branch_aliases/{alias}': assignAliasEndpoint(deps),
      'DELETE /v3/stacks/branch_aliases/{alias}': deleteAliasEndpoint(deps),
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
