import * as z from 'zod/mini';
import { type AliasWay, createBranch, pointAlias } from '../stacks/change-branches.ts';
import { type ChangeStacksDependencies, editStack, type StackCommand } from '../stacks/edit-stack.ts';
import { shareStack } from '../stacks/share-stack.ts';
import { transferStack } from '../stacks/transfer-stack.ts';
import { unshareStack } from '../stacks/unshare-stack.ts';
import { envelope, jsonBody } from './body.ts';
import { memberOf, requireStack } from './caller.ts';
import type { Endpoint, HttpRequest } from './endpoint.ts';
import type { SignIn } from './sign-in.ts';
import { AliasViewSchema, BranchViewSchema, ChangedStackSchema, stackView } from './stacks.ts';

export interface StackDoorDependencies extends ChangeStacksDependencies {
  readonly signIn: SignIn;
}

export const NoticeSchema = z.object({ notice: z.string() });
export const ChangedBranchSchema = z.object({ notice: z.string(), branch: BranchViewSchema });
export const ChangedAliasSchema = z.object({ notice: z.string(), branch_alias: AliasViewSchema });

/** `PUT /v3/stacks` */
export const editStackEndpoint = (deps: StackDoorDependencies): Endpoint => ({
  failed: 'Stack update failed. Please try again.',
  handle: async (request) => {
    const edited = await editStack(deps, await commandOf(request, deps, 'stack'));
    const body = ChangedStackSchema.parse({ notice: 'Stack updated successfully.', stack: stackView(edited) });
    return { status: 200, body };
  },
});

/** `POST /v3/stacks/share` */
export const shareEndpoint = (deps: StackDoorDependencies): Endpoint => ({
  failed: 'The stack could not be shared. Please try again.',
  handle: async (request) => {
    await shareStack(deps, await commandOf(request, deps));
    return noticed('Stack shared successfully.');
  },
});

/** `POST /v3/stacks/unshare` */
export const unshareEndpoint = (deps: StackDoorDependencies): Endpoint => ({
  failed: 'The stack could not be unshared. Please try again.',
  handle: async (request) => {
    await unshareStack(deps, await commandOf(request, deps));
    return noticed('Stack unshared successfully.');
  },
});

/** `POST /v3/stacks/transfer_ownership` */
export const transferEndpoint = (deps: StackDoorDependencies): Endpoint => ({
  failed: 'The ownership could not be transferred. Please try again.',
  handle: async (request) => {
    await transferStack(deps, await commandOf(request, deps));
    return noticed('Stack ownership transferred successfully.');
  },
});

/** `POST /v3/stacks/branches` */
export const createBranchEndpoint = (deps: StackDoorDependencies): Endpoint => ({
  failed: 'Branch creation failed. Please try again.',
  handle: async (request) => {
    const { name } = await createBranch(deps, await commandOf(request, deps, 'branch'));
    const branch = { uid: name, alias: [] };
    return { status: 201, body: ChangedBranchSchema.parse({ notice: 'Branch created successfully.', branch }) };
  },
});

/** `POST` and `PUT /v3/stacks/branch_aliases`; `PUT …/{uid}`, as the SDK sends it. */
export const pointAliasEndpoint = (deps: StackDoorDependencies, way: AliasWay): Endpoint => ({
  failed: `Branch alias ${way === 'create' ? 'creation' : 'update'} failed. Please try again.`,
  handle: async (request) => {
    const command = await commandOf(request, deps, 'branch_alias');
    const { uid } = request.params;
    const fields = uid === undefined ? command.fields : { ...command.fields, uid };
    const { name, target } = await pointAlias(deps, { ...command, fields, way });
    const notice = `Branch alias ${way === 'create' ? 'created' : 'updated'} successfully.`;
    const body = ChangedAliasSchema.parse({ notice, branch_alias: { uid: name, target_branch: target } });
    return { status: way === 'create' ? 201 : 200, body };
  },
});

/** @param within the object of the body that is meant; the body itself unless given */
async function commandOf(
  request: HttpRequest,
  { signIn }: StackDoorDependencies,
  within?: string,
): Promise<StackCommand & { readonly fields: Readonly<Record<string, unknown>> | null }> {
  const actor = await memberOf(request, signIn);
  const body = jsonBody(request.event);
  return { actor, stack: requireStack(request), fields: within ? envelope(body, within) : body };
}

const noticed = (notice: string) => ({ status: 200, body: NoticeSchema.parse({ notice }) });
