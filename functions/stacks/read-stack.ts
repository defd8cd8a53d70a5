import { aliasNotFound, Refusal, stackNotFound } from '../values/refusals.ts';
import { type Invitation, isPending } from './invitation.ts';
import { type Alias, type Branch, requireTokenRights, type Stack } from './stack.ts';
import type { PersonOfStack, StackRepository } from './stack-repository.ts';

interface Asked {
  /** Uid of who asks. */
  readonly caller: string;
  readonly stack: string;
}

/**
 * A stack whose branches and aliases somebody may see: every member.
 * @throws {Refusal} `stack-not-found`, `unavailable`
 */
export async function stackOfMember(stacks: StackRepository, { caller, stack }: Asked): Promise<Stack> {
  const found = await stacks.find(stack, caller);
  if (!found) throw stackNotFound();
  return found.stack;
}

/** One branch. @throws {Refusal} `branch-not-found`, `unavailable` */
export async function readBranch(stacks: StackRepository, stack: Stack, name: string): Promise<Branch> {
  const found = (await stacks.branches(stack)).find((branch) => branch.name === name);
  if (!found) throw new Refusal('branch-not-found', { errors: { uid: ['is not valid.'] } });
  return found;
}

/** An alias, with the branch that it points to. */
export interface PointedAlias {
  readonly alias: Alias;
  readonly branch: Branch;
}

/** The aliases of a stack, each with its branch. @throws {Refusal} `unavailable` */
export async function readAliases(stacks: StackRepository, stack: Stack): Promise<readonly PointedAlias[]> {
  const [branches, aliases] = await Promise.all([stacks.branches(stack), stacks.aliases(stack)]);
  // Two queries are not of one moment: an alias that moved in between to a branch made in between is left out.
  return aliases.flatMap((alias) => {
    const branch = branches.find(({ name }) => name === alias.target);
    return branch ? [{ alias, branch }] : [];
  });
}

/** One alias. @throws {Refusal} `alias-not-found`, `unavailable` */
export async function readAlias(stacks: StackRepository, stack: Stack, name: string): Promise<PointedAlias> {
  const found = (await readAliases(stacks, stack)).find(({ alias }) => alias.name === name);
  if (!found) throw aliasNotFound();
  return found;
}

/**
 * Who belongs to a stack, and who is invited to it: for its owner and admins.
 * @throws {Refusal} `stack-not-found`, `not-allowed`, `unavailable`
 */
export async function readPeople(
  { stacks, now }: { readonly stacks: StackRepository; readonly now: () => Date },
  { caller, stack }: Asked,
): Promise<{ people: readonly PersonOfStack[]; invitations: readonly Invitation[] }> {
  requireTokenRights(await stacks.findMember(stack, caller));
  // In this order: who takes one up meanwhile is in both, and not in neither.
  const [invitations, people] = [await stacks.invitations(stack), await stacks.people(stack)];
  return { people, invitations: invitations.filter((invitation) => isPending(invitation, now())) };
}
