import * as z from 'zod/mini';
import { errorsOf } from '../values/field-errors.ts';
import { retryOrConflict } from '../values/lost-race.ts';
import { invalid, notAllowed, stackNotFound } from '../values/refusals.ts';
import { AddressSchema, normalAddress } from './address.ts';
import { ClientSchema } from './client.ts';
import { type ChangeStacksDependencies, type StackCommand, stackEntry } from './edit-stack.ts';
import type { Invitation } from './invitation.ts';
import { MemberUidSchema, uidsOf } from './member-uid.ts';
import { isChanged } from './not-changed.ts';
import { personUid } from './person.ts';
import { maySeeTokens } from './stack.ts';
import type { PersonOfStack, StackRepository } from './stack-repository.ts';

/** Who is to leave: a person or invitation by the address, a machine by its client id, or any member by their uid. */
export const UnshareSchema = z
  .object({ email: z.optional(AddressSchema), client: z.optional(ClientSchema), uid: z.optional(MemberUidSchema) })
  .check(
    z.refine((given) => Object.values(given).filter((one) => one !== undefined).length === 1, {
      error: 'is a required field, unless client or uid is given: one of the three.',
      path: ['email'],
    }),
  );

/**
 * Removes a member, or withdraws an invitation; who has no token rights may leave, and remove nobody else. It holds for that person's
 * next request, and for one that is under way: what changes something tests the membership in its own transaction.
 * @throws {Refusal} `stack-not-found`, `not-allowed`, `invalid`, `conflict`, `unavailable`
 */
export async function unshareStack(deps: ChangeStacksDependencies, command: StackCommand): Promise<void> {
  const { actor, stack } = command;
  await retryOrConflict('this stack', async () => {
    const found = await deps.stacks.find(stack, actor.uid);
    if (!found) throw stackNotFound();
    const mayRemove = maySeeTokens(found.member);
    const parsed = UnshareSchema.safeParse(command.fields);
    if (!parsed.success) throw mayRemove ? invalid(errorsOf('email', parsed.error.issues)) : notAllowed();
    const leaving = await meantBy(parsed.data, deps.stacks, stack);
    if (mayRemove) requireRemovable(leaving, parsed.data);
    const { members, open } = mayRemove ? leaving : onlyOneself(leaving, actor.uid);
    const { email, client, uid } = parsed.data;
    const name = client ?? email ?? uid;
    const changes = [
      ...members.map(({ role }) => ({ field: `members.${name}`, from: role, to: null })),
      ...open.map(({ role }) => ({ field: `invitations.${name}`, from: role, to: null })),
    ];
    const audit = stackEntry(deps, { actor, of: found, changes });
    const invitations = open.map(({ address }) => address);
    const change = { stack, member: actor.uid, seen: found.stack.changes, audit };
    return isChanged(await deps.changes.remove({ ...change, members, invitations }));
  });
}

type Unshare = z.output<typeof UnshareSchema>;

interface Leaving {
  readonly members: readonly PersonOfStack[];
  readonly open: readonly Invitation[];
}

async function meantBy(unshare: Unshare, stacks: StackRepository, stack: string): Promise<Leaving> {
  // Before the people: who takes it up meanwhile is among them.
  const open = (await stacks.invitations(stack)).filter(({ address }) => address === unshare.email);
  return { open, members: (await stacks.people(stack)).filter((person) => isMeant(person, unshare)) };
}

function requireRemovable({ members, open }: Leaving, unshare: Unshare): void {
  const [field = 'email'] = Object.keys(unshare);
  if (members.length + open.length === 0) throw invalid({ [field]: ['is not a member of this stack.'] });
  if (members.length > 1) {
    const what = field === 'email' ? 'address' : 'client id';
    const instead = `Send the uid of one of them instead, as "uid": ${uidsOf(members)}.`;
    throw invalid({ [field]: [`is the ${what} of more than one member of this stack. ${instead}`] });
  }
  if (members.some(({ role }) => role === 'owner'))
    throw invalid({ [field]: ['is the owner of this stack. Transfer the ownership first.'] });
}

function onlyOneself({ members }: Leaving, caller: string): Leaving {
  const oneself = members.filter(({ uid }) => uid === caller);
  if (oneself.length === 0) throw notAllowed();
  return { members: oneself, open: [] };
}

function isMeant(person: PersonOfStack, { email, client, uid }: Unshare): boolean {
  if (uid !== undefined) return person.uid === uid;
  if (client !== undefined) return person.uid === personUid({ issuer: person.issuer, sub: client });
  return person.address !== null && normalAddress(person.address) === email;
}
