import { stackNotFound } from '../values/refusals.ts';
import type { Actor } from './person.ts';
import { type RenewAddressDependencies, renewAddress } from './renew-address.ts';
import { requireTokenRights } from './stack.ts';
import type { StackOfMember, StackRepository } from './stack-repository.ts';
import { invitationsFor, invitationTo, type TakeUpDependencies, takeUp, takeUpUnasked } from './take-up-invitations.ts';

export type VisitDependencies = RenewAddressDependencies &
  TakeUpDependencies & { readonly stacks: Pick<StackRepository, 'findEach' | 'findForVisit'> };

/**
 * Lists all stacks of the caller. Clients ask for this first, so this is where an address is renewed and invitations are taken up.
 * @throws {Refusal} `conflict`, `unavailable`
 */
export async function visitStacks(deps: VisitDependencies, actor: Actor): Promise<readonly StackOfMember[]> {
  // Read the invitations before the stacks: if another request takes one up in between, its stack is in the list.
  const waiting = await invitationsFor(deps, actor);
  const { known, stacks } = await deps.people.find(actor.uid);
  await renewAddress(deps, { actor, known });
  const invited = await takeUpUnasked(deps, { actor, waiting, stacks });
  return await deps.stacks.findEach([...new Set([...stacks, ...invited])].sort(), actor.uid);
}

/**
 * Reads one stack by its `api_key`. A caller who is refused has changed nothing.
 * @param managing true if the caller also wants what only the owner and admins may see
 * @throws {Refusal} `stack-not-found`, `not-allowed`, `conflict`, `unavailable`
 */
export async function visitStack(
  deps: VisitDependencies,
  { actor, stack, managing }: { readonly actor: Actor; readonly stack: string; readonly managing: boolean },
): Promise<StackOfMember> {
  const { found, known } = await deps.stacks.findForVisit(stack, actor.uid);
  const invitation = found ? null : await invitationTo(deps, { actor, stack });
  const place = found?.member ?? invitation;
  if (!place) throw stackNotFound();
  if (managing) requireTokenRights(place);
  if (invitation) await takeUp(deps, { actor, stack, invitation });
  const joined = found ?? (await deps.stacks.findEach([stack], actor.uid))[0];
  if (!joined) throw stackNotFound();
  await renewAddress(deps, { actor, known, ...(invitation ? { except: stack } : {}) });
  return joined;
}
