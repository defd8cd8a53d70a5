import * as z from 'zod/mini';
import { createStack, type StackDependencies } from '../../stacks/create-stack.ts';
import { readPeople } from '../../stacks/read-stack.ts';
import type { SignIn } from '../../stacks/sign-in.ts';
import type { PersonOfStack, StackOfMember } from '../../stacks/stack-repository.ts';
import { type VisitDependencies, visitStack, visitStacks } from '../../stacks/visit-stacks.ts';
import { openEnum } from '../../values/open-enum.ts';
import { envelope, jsonBody } from '../chain/body.ts';
import { memberOf, requireStack, stackOf } from '../chain/caller.ts';
import type { Endpoint, HttpRequest } from '../chain/endpoint.ts';
import { cut, pageIn } from '../chain/list-query.ts';
import { oneOf } from '../chain/query.ts';

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

const count = z.optional(z.number());
/** Without a limit these lists come whole. */
const whole = Number.POSITIVE_INFINITY;

export const StacksSchema = z.object({ stacks: z.array(StackViewSchema), count });
/** What is told of a change, with the stack as it is then. */
export const ChangedStackSchema = z.object({ notice: z.string(), stack: StackViewSchema });

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
  count,
});

/** `GET /v3/stacks/users` */
export const usersEndpoint = (deps: StacksDependencies): Endpoint => ({
  failed: 'The people of the stack could not be read. Please try again.',
  handle: async (request) => {
    const { people, invitations: open } = await readPeople(deps, await askedBy(request, deps));
    const { page, ...counted } = cut(people.map(personView), pageIn(request.query, whole));
    const invitations = open.map(({ address: email, ...invitation }) => ({ email, ...invitation }));
    return { status: 200, body: UsersSchema.parse({ users: page, invitations, ...counted }) };
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

/** `GET /v3/stacks`: one stack where `api_key` names it, else all of the caller's. */
export const readStacksEndpoint = (deps: StacksDependencies & VisitDependencies): Endpoint => ({
  failed: 'Stacks could not be read. Please try again.',
  handle: async (request) => {
    const actor = await memberOf(request, deps.signIn);
    // First: a request that is refused changes nothing.
    const withPeople = oneOf(request.query, 'include_collaborators') === 'true';
    if (stackOf(request) === null) {
      const asked = pageIn(request.query, whole);
      const { page, ...counted } = cut((await visitStacks(deps, actor)).map(stackView), asked);
      return { status: 200, body: StacksSchema.parse({ stacks: page, ...counted }) };
    }
    const stack = requireStack(request);
    const view = stackView(await visitStack(deps, { actor, stack, managing: withPeople }));
    const people = withPeople ? await collaborators(deps, { caller: actor.uid, stack }) : {};
    return { status: 200, body: StackSchema.parse({ stack: { ...view, ...people } }) };
  },
});

/** `include_collaborators=true`: for the owner and admins, as the list of people is. */
async function collaborators(
  deps: StacksDependencies,
  asked: { readonly caller: string; readonly stack: string },
): Promise<{ collaborators: readonly z.input<typeof PersonViewSchema>[] }> {
  const { people } = await readPeople(deps, asked);
  return { collaborators: people.map(personView) };
}
