import * as z from 'zod/mini';
import { openEnum } from '../open-enum.ts';
import { stackNotFound } from '../refusals.ts';
import { createStack, type StackDependencies } from '../stacks/create-stack.ts';
import type { Actor } from '../stacks/person.ts';
import { readAliases, readBranches, readPeople } from '../stacks/read-stack.ts';
import type { PersonOfStack, StackOfMember } from '../stacks/stack-repository.ts';
import { type TakeUpDependencies, takeUpInvitations } from '../stacks/take-up-invitations.ts';
import { envelope, jsonBody } from './body.ts';
import { memberOf, requireStack, stackOf } from './caller.ts';
import type { Endpoint, HttpRequest } from './endpoint.ts';
import { oneOf } from './query.ts';
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
  role: openEnum(['owner', 'admin', 'developer']),
  plan: z.object({ max_tokens: z.number(), manage_rate_limits: z.boolean() }),
  settings: z.object({ branches: z.boolean() }),
  token_count: z.number(),
  created_by: z.string(),
  created_at: z.string(),
  updated_at: z.string(),
});

export const stackView = ({ stack, member, tokenCount }: StackOfMember) =>
  StackViewSchema.parse({ ...stack, role: member.role, token_count: tokenCount });

export const StacksSchema = z.object({ stacks: z.array(StackViewSchema) });
/** What is told of a change, with the stack as it is then. */
export const ChangedStackSchema = z.object({ notice: z.string(), stack: StackViewSchema });

/** A branch with the aliases that point to it. */
export const BranchViewSchema = z.object({ uid: z.string(), alias: z.array(z.object({ uid: z.string() })) });
export const AliasViewSchema = z.object({ uid: z.string(), target_branch: z.string() });
export const BranchesSchema = z.object({ branches: z.array(BranchViewSchema) });
export const BranchAliasesSchema = z.object({ branch_aliases: z.array(AliasViewSchema) });
/** Who belongs to a stack; a machine has no address, and is known by its client id. */
export const PersonViewSchema = z.object({
  uid: z.string(),
  email: z.nullable(z.string()),
  client: z.nullable(z.string()),
  role: openEnum(['owner', 'admin', 'developer']),
});
/** One stack, with its people where they were asked for: `users()` of the JavaScript SDK takes them from there. */
export const StackSchema = z.object({
  stack: z.extend(StackViewSchema, { collaborators: z.optional(z.array(PersonViewSchema)) }),
});
/** Who belongs to a stack, and who is invited to it. */
export const UsersSchema = z.object({
  users: z.array(PersonViewSchema),
  invitations: z.array(
    z.object({
      email: z.string(),
      role: openEnum(['admin', 'developer']),
      invited_by: z.string(),
      invited_at: z.string(),
      expires_at: z.string(),
    }),
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
    const { people, invitations: open } = await readPeople(deps, await askedBy(request, deps));
    const users = people.map(personView);
    const invitations = open.map(({ address: email, ...invitation }) => ({ email, ...invitation }));
    return { status: 200, body: UsersSchema.parse({ users, invitations }) };
  },
});

const personView = ({ uid, address, sub, role }: PersonOfStack): z.input<typeof PersonViewSchema> => ({
  uid,
  email: address,
  client: address === null ? sub : null,
  role,
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
    const body = ChangedStackSchema.parse({ notice: 'Stack created successfully!', stack: stackView(created) });
    return { status: 201, body };
  },
});

/**
 * `GET /v3/stacks`: one stack where `api_key` names it, else all of the caller's. Who signs in asks for this first, and so it is here
 * that invitations are taken up.
 */
export const readStacksEndpoint = (deps: StacksDependencies & TakeUpDependencies): Endpoint => ({
  failed: 'Stacks could not be read. Please try again.',
  handle: async (request) => {
    const actor = await memberOf(request, deps.signIn);
    if (stackOf(request) !== null) {
      const stack = stackView(await ownStack(deps, { actor, stack: requireStack(request) }));
      return {
        status: 200,
        body: StackSchema.parse({ stack: { ...stack, ...(await collaborators(request, deps, actor)) } }),
      };
    }
    await takeUpInvitations(deps, { actor });
    const stacks = (await deps.stacks.listOf(actor.uid)).map(stackView);
    return { status: 200, body: StacksSchema.parse({ stacks }) };
  },
});

/** `include_collaborators=true`: for the owner and admins, as the list of people is. */
async function collaborators(
  request: HttpRequest,
  deps: StacksDependencies,
  { uid: caller }: Actor,
): Promise<{ collaborators?: readonly z.input<typeof PersonViewSchema>[] }> {
  if (oneOf(request.query, 'include_collaborators') !== 'true') return {};
  const { people } = await readPeople(deps, { caller, stack: requireStack(request) });
  return { collaborators: people.map(personView) };
}

async function ownStack(
  deps: StacksDependencies & TakeUpDependencies,
  { actor, stack }: { actor: Actor; stack: string },
): Promise<StackOfMember> {
  const found = await deps.stacks.find(stack, actor.uid);
  if (found) return found;
  await takeUpInvitations(deps, { actor, stack });
  const joined = await deps.stacks.find(stack, actor.uid);
  if (!joined) throw stackNotFound();
  return joined;
}
