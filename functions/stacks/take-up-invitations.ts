import type { Randomness } from '../tokens/token-value.ts';
import { normalAddress, verifiedAddress } from './address.ts';
import { auditEntry, operationId } from './audit-entry.ts';
import { isPending } from './invitation.ts';
import type { Actor } from './person.ts';
import type { Invitations } from './stack-changes.ts';

export interface TakeUpDependencies {
  readonly invitations: Invitations;
  readonly now: () => Date;
  readonly random: Randomness;
}

/**
 * Makes somebody a member of every stack that their address was invited to, and only where the issuer says that the address is
 * verified. Twice at once: the invitation is a condition of the transaction that takes it up.
 * @param stack only the invitation to this one
 * @throws {Refusal} `conflict`, `unavailable`
 */
export async function takeUpInvitations(
  deps: TakeUpDependencies,
  { actor, stack }: { readonly actor: Actor; readonly stack?: string },
): Promise<void> {
  const email = verifiedAddress(actor.identity);
  if (email === null) return;
  const address = normalAddress(email);
  for (const key of stack ? [stack] : await withRoom(deps.invitations, address, actor.uid)) {
    await takeUp(deps, { actor, stack: key, address });
  }
}

async function withRoom(invitations: Invitations, address: string, member: string): Promise<readonly string[]> {
  const waiting = await invitations.waitingFor(address);
  return waiting.length === 0 ? waiting : waiting.slice(0, await invitations.roomFor(member));
}

async function takeUp(
  { invitations, now, random }: TakeUpDependencies,
  { actor, stack, address }: { actor: Actor; stack: string; address: string },
): Promise<void> {
  const invitation = await invitations.find(stack, address);
  const at = now();
  if (!invitation || !isPending(invitation, at)) return;
  const { role } = invitation;
  const { issuer, sub } = actor.identity;
  const changes = [
    { field: `invitations.${address}`, from: role, to: null },
    { field: `members.${address}`, from: null, to: role },
  ];
  const metadata = { uid: stack, title: address };
  const event = { stack, module: 'stack', event_type: 'update', metadata, changes } as const;
  const audit = auditEntry(event, { actor, at, operation: operationId(at, random) });
  const member = { uid: actor.uid, role, issuer, sub, joined_at: at.toISOString() };
  await invitations.takeUp({ stack, invitation, member, audit });
}
