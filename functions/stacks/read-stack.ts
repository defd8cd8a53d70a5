import { stackNotFound } from '../refusals.ts';
import { type Invitation, isPending } from './invitation.ts';
import { type Alias, type Branch, requireTokenRights } from './stack.ts';
import type { PersonOfStack, StackRepository } from './stack-repository.ts';

interface Asked {
  /** Uid of who asks. */
  readonly caller: string;
  readonly stack: string;
}

/** The names that scopes choose from, for any member. @throws {Refusal} `stack-not-found`, `unavailable` */
export async function readBranches(stacks: StackRepository, asked: Asked): Promise<readonly Branch[]> {
  await requireMember(stacks, asked);
  return await stacks.branches(asked.stack);
}

/** @throws {Refusal} `stack-not-found`, `unavailable` */
export async function readAliases(stacks: StackRepository, asked: Asked): Promise<readonly Alias[]> {
  await requireMember(stacks, asked);
  return await stacks.aliases(asked.stack);
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

async function requireMember(stacks: StackRepository, { caller, stack }: Asked): Promise<void> {
  if (!(await stacks.findMember(stack, caller))) throw stackNotFound();
}
