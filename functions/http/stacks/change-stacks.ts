import * as z from 'zod/mini';
import { type ChangeStacksDependencies, editStack, type StackCommand } from '../../stacks/edit-stack.ts';
import { shareStack } from '../../stacks/share-stack.ts';
import type { SignIn } from '../../stacks/sign-in.ts';
import { transferStack } from '../../stacks/transfer-stack.ts';
import { unshareStack } from '../../stacks/unshare-stack.ts';
import { envelope, jsonBody } from '../chain/body.ts';
import { memberOf, requireStack } from '../chain/caller.ts';
import type { Endpoint, HttpRequest } from '../chain/endpoint.ts';

import { ChangedStackSchema, stackView } from './stacks.ts';

export interface StackDoorDependencies extends ChangeStacksDependencies {
  readonly signIn: SignIn;
}

export const NoticeSchema = z.object({ notice: z.string() });

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

/** @param within the object of the body that is meant; the body itself unless given */
export async function commandOf(
  request: HttpRequest,
  { signIn }: StackDoorDependencies,
  within?: string,
): Promise<StackCommand & { readonly fields: Readonly<Record<string, unknown>> | null }> {
  const actor = await memberOf(request, signIn);
  const body = jsonBody(request.event);
  return { actor, stack: requireStack(request), fields: within ? envelope(body, within) : body };
}

export const noticed = (notice: string) => ({ status: 200, body: NoticeSchema.parse({ notice }) });
