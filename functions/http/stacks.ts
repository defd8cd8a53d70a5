import * as z from 'zod/mini';
import { stackNotFound } from '../refusals.ts';
import { createStack, type StackDependencies } from '../stacks/create-stack.ts';
import { readAliases, readBranches, readPeople } from '../stacks/read-stack.ts';
import type { StackOfMember } from '../stacks/stack-repository.ts';
import { envelope, jsonBody } from './body.ts';
import { memberOf, requireStack, stackOf } from './caller.ts';
import type { Endpoint, HttpRequest } from './endpoint.ts';
import type { SignIn } from './sign-in.ts';

export interface StacksDependencies extends StackDependencies {
  readonly signIn: SignIn;
}

/** A stack as a member sees it. */
export const StackViewSchema = z.object({
  api_key: z.string(),
  org_uid: z.string(),
  name: z.string(),
  description: z.string(),
  master_locale: z.string(),
  role: z.enum(['owner', 'admin', 'developer']),
  plan: z.object({ max_tokens: z.number(), manage_rate_limits: z.boolean() }),
  settings: z.object({ branches: z.boolean() }),
  token_count: z.number(),
  created_by: z.string(),
  created_at: z.string(),
  updated_at: z.string(),
});

const stackView = ({ stack, member, tokenCount }: StackOfMember) =>
  StackViewSchema.parse({ ...stack, role: member.role, token_count: tokenCount });

/** A branch with the aliases that point to it. */
export const BranchesSchema = z.object({
  branches: z.array(z.object({ uid: z.string(), alias: z.array(z.object({ uid: z.string() })) })),
});
export const BranchAliasesSchema = z.object({
  branch_aliases: z.array(z.object({ uid: z.string(), target_branch: z.string() })),
});
/** Who belongs to a stack; a machine has no address. */
export const UsersSchema = z.object({
  users: z.array(
    z.object({ uid: z.string(), email: z.nullable(z.string()), role: z.enum(['owner', 'admin', 'developer']) }),
  ),
});

/** `GET /v3/stacks/branches` */
export const branchesEndpoint = (deps: StacksDependencies): Endpoint => ({
  failed: 'Branches could not be read. Please try again.',
  handle: async (request) => {
    const branches = await readBranches(deps.stacks, await askedBy(request, deps));
    const views = branches.map(({ name, aliases }) => ({ uid: name, alias: aliases.map((uid) => ({ uid })) }));
    return { status: 200, body: BranchesSchema.parse({ branches: views }) };
  },
});

/** `GET /v3/stacks/branch_aliases` */
export const branchAliasesEndpoint = (deps: StacksDependencies): Endpoint => ({
  failed: 'Branch aliases could not be read. Please try again.',
  handle: async (request) => {
    const aliases = await readAliases(deps.stacks, await askedBy(request, deps));
    const views = aliases.map(({ name, target }) => ({ uid: name, target_branch: target }));
    return { status: 200, body: BranchAliasesSchema.parse({ branch_aliases: views }) };
  },
});

/** `GET /v3/stacks/users` */
export const usersEndpoint = (deps: StacksDependencies): Endpoint => ({
  failed: 'The people of the stack could not be read. Please try again.',
  handle: async (request) => {
    const people = await readPeople(deps.stacks, await askedBy(request, deps));
    const views = people.map(({ uid, address, role }) => ({ uid, email: address, role }));
    return { status: 200, body: UsersSchema.parse({ users: views }) };
  },
});

async function askedBy(
  request: HttpRequest,
  { signIn }: StacksDependencies,
): Promise<{ caller: string; stack: string }> {
  const { uid: caller } = await memberOf(request, signIn);
  return { caller, stack: requireStack(request) };
}

/** `POST /v3/stacks` */
export const createStackEndpoint = (deps: StacksDependencies): Endpoint => ({
  failed: 'Stack creation failed. Please try again.',
  handle: async (request) => {
    const actor = await memberOf(request, deps.signIn);
    const created = await createStack(deps, { actor, fields: envelope(jsonBody(request.event), 'stack') });
    return { status: 201, body: { notice: 'Stack created successfully!', stack: stackView(created) } };
  },
});

/** `GET /v3/stacks`: one stack where `api_key` names it, else all of the caller's. */
export const readStacksEndpoint = ({ stacks, signIn }: StacksDependencies): Endpoint => ({
  failed: 'Stacks could not be read. Please try again.',
  handle: async (request) => {
    const { uid } = await memberOf(request, signIn);
    if (stackOf(request) === null) return { status: 200, body: { stacks: (await stacks.listOf(uid)).map(stackView) } };
    const found = await stacks.find(requireStack(request), uid);
    if (!found) throw stackNotFound();
    return { status: 200, body: { stack: stackView(found) } };
  },
});
