import * as z from 'zod/mini';
import { createBranch, deleteAlias, pointAlias } from '../../stacks/change-branches.ts';
import { invalid } from '../../values/refusals.ts';
import { memberOf, requireStack } from '../chain/caller.ts';
import type { Endpoint } from '../chain/endpoint.ts';
import { oneOf } from '../chain/query.ts';
import { AliasViewSchema, aliasView, BranchViewSchema, branchView } from './branch-views.ts';
import { commandOf, noticed, type StackDoorDependencies } from './change-stacks.ts';

export const ChangedBranchSchema = z.object({ notice: z.string(), branch: BranchViewSchema });
export const ChangedAliasSchema = z.object({ notice: z.string(), branch_alias: AliasViewSchema });

/** `POST /v3/stacks/branches` */
export const createBranchEndpoint = (deps: StackDoorDependencies): Endpoint => ({
  failed: 'Branch creation failed. Please try again.',
  handle: async (request) => {
    const branch = branchView(await createBranch(deps, await commandOf(request, deps, 'branch')));
    return { status: 201, body: ChangedBranchSchema.parse({ notice: 'Branch created successfully.', branch }) };
  },
});

/** `PUT /v3/stacks/branch_aliases/{alias}`: makes the alias, or moves it. */
export const assignAliasEndpoint = (deps: StackDoorDependencies): Endpoint => ({
  failed: 'Branch alias assignment failed. Please try again.',
  handle: async (request) => {
    const command = await commandOf(request, deps, 'branch_alias');
    const pointed = await pointAlias(deps, { ...command, name: request.params.alias ?? '' });
    const notice = 'Branch alias assigned successfully.';
    return { status: 200, body: ChangedAliasSchema.parse({ notice, branch_alias: aliasView(pointed) }) };
  },
});

/** `DELETE /v3/stacks/branch_aliases/{alias}?force=true`, as Contentstack has it and its SDK sends it. */
export const deleteAliasEndpoint = (deps: StackDoorDependencies): Endpoint => ({
  failed: 'Branch alias deletion failed. Please try again.',
  handle: async (request) => {
    const actor = await memberOf(request, deps.signIn);
    const requireForce = () => {
      if (oneOf(request.query, 'force') === 'true') return;
      throw invalid({
        force: ['must be true. Tokens that reach a branch only by this alias are refused there from then on.'],
      });
    };
    const name = request.params.alias ?? '';
    await deleteAlias(deps, { actor, stack: requireStack(request), name, confirm: requireForce });
    return noticed('Branch alias deleted successfully.');
  },
});
