import type { Randomness } from '../values/token-value.ts';
import { normalAddress, verifiedAddress } from './address.ts';
import { auditEntry, operationId } from './audit-entry.ts';
import { type Invitation, isPending } from './invitation.ts';
import type { Actor } from './person.ts';
import type { Invitations } from './stack-changes.ts';

export interface TakeUpDependencies {
  readonly invitations: Invitations;
  readonly now: () => Date;
  readonly random: Randomness;
}

/** Stacks that somebody is made a member of without naming them: strangers invite anybody, and are not to fill a list of 1,000. */
const mostUnasked = 50;

/** The stacks to which the verified address of somebody is invited. @throws {Refusal} `unavailable` */
export async function invitationsFor({ invitations }: TakeUpDependencies, actor: Actor): Promise<readonly string[]> {
  const email = verifiedAddress(actor.identity);
  return email === null ? [] : await invitations.waitingFor(normalAddress(email));
}

/** The invitation of somebody's verified address to one stack, while it is pending. @throws {Refusal} `unavailable` */
export async function invitationTo(
  { invitations, now }: TakeUpDependencies,
  { actor, stack }: { readonly actor: Actor; readonly stack: string },
): Promise<Invitation | null> {
  const email = verifiedAddress(actor.identity);
  const invitation = email === null ? null : await invitations.find(stack, normalAddress(email));
  return invitation && isPending(invitation, now()) ? invitation : null;
}

/**
 * Takes up what waits for somebody who has named no stack, as long as they are in few.
 * @param stacks those that they are in
 * @returns the stacks whose invitations were looked at: they may be a member there now
 * @throws {Refusal} `conflict`, `unavailable`
 */
export async function takeUpUnasked(
  deps: TakeUpDependencies,
  { actor, waiting, stacks }: { actor: Actor; waiting: readonly string[]; stacks: readonly string[] },
): Promise<readonly string[]> {
  const some = waiting.slice(0, Math.max(0, mostUnasked - stacks.length));
  for (const stack of some) {
    const invitation = await invitationTo(deps, { actor, stack });
    if (invitation && (await takeUp(deps, { actor, stack, invitation })) === 'void')
      await deps.invitations.withdraw(stack, invitation);
  }
  return some;
}

/**
 * Makes somebody a member of a stack that their verified address is invited to. Twice at once: the invitation is a condition of the
 * transaction that takes it up.
 * @throws {Refusal} `conflict`, `unavailable`
 */
export async function takeUp(
  { invitations, now, random }: TakeUpDependencies,
  { actor, stack, invitation }: { actor: Actor; stack: string; invitation: Invitation },
): ReturnType<Invitations['takeUp']> {
  const { address, role } = invitation;
  const at = now();
  const { issuer, sub, issued_at } = actor.identity;
  const changes = [
    { field: `invitations.${address}`, from: role, to: null },
    { field: `members.${address}`, from: null, to: role },
  ];
  const metadata = { uid: stack, title: address };
  const event = { stack, module: 'stack', event_type: 'update', metadata, changes } as const;
  const audit = auditEntry(event, { actor, at, operation: operationId(at, random) });
  const member = { uid: actor.uid, role, issuer, sub, joined_at: at.toISOString() };
  return await invitations.takeUp({ stack, invitation, member, issued_at, audit });
}
