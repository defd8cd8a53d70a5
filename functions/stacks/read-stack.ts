import { stackNotFound } from '../refusals.ts';
import { type Alias, type Branch, type Member, requireTokenRights } from './stack.ts';
import type { StackRepository } from './stack-repository.ts';

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

/** Who belongs to a stack: for its owner and admins. @throws {Refusal} `stack-not-found`, `not-allowed`, `unavailable` */
export async function readPeople(
  stacks: StackRepository,
  { caller, stack }: Asked,
): Promise<readonly (Member & { readonly address: string | null })[]> {
  requireTokenRights(await stacks.findMember(stack, caller));
  return await stacks.people(stack);
}

async function requireMember(stacks: StackRepository, { caller, stack }: Asked): Promise<void> {
  if (!(await stacks.findMember(stack, caller))) throw stackNotFound();
}
