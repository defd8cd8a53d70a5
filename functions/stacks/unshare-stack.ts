import * as z from 'zod/mini';
import { errorsOf } from '../field-errors.ts';
import { invalid } from '../refusals.ts';
import { AddressSchema, normalAddress } from './address.ts';
import { ClientSchema } from './client.ts';
import {
  type ChangeStacksDependencies,
  type StackCommand,
  stackEntry,
  stackToChange,
  untilDone,
} from './edit-stack.ts';
import { personUid } from './person.ts';
import type { PersonOfStack } from './stack-repository.ts';

/** Who is to leave: a person or invitation by the address, or a machine by its client id. */
export const UnshareSchema = z.object({ email: z.optional(AddressSchema), client: z.optional(ClientSchema) }).check(
  z.refine(({ email, client }) => (email === undefined) !== (client === undefined), {
    error: 'is a required field, unless client is given: one of the two.',
    path: ['email'],
  }),
);

/**
 * Removes a member, or withdraws an invitation. It holds for that person's next request, and for one that is under way: what changes
 * something tests the membership in its own transaction.
 * @throws {Refusal} `stack-not-found`, `not-allowed`, `invalid`, `conflict`, `unavailable`
 */
export async function unshareStack(deps: ChangeStacksDependencies, command: StackCommand): Promise<void> {
  const { actor, stack } = command;
  await untilDone(async () => {
    const found = await stackToChange(deps.stacks, command);
    const parsed = UnshareSchema.safeParse(command.fields);
    if (!parsed.success) throw invalid(errorsOf('email', parsed.error.issues));
    const { email, client } = parsed.data;
    // Before the people: who takes it up meanwhile is among them.
    const open = (await deps.stacks.invitations(stack)).filter(({ address }) => address === email);
    const people = await deps.stacks.people(stack);
    const members = people.filter((person) => isMeant(person, parsed.data));
    const [field, name] = client === undefined ? ['email', email] : ['client', client];
    if (members.length + open.length === 0) throw invalid({ [field]: ['is not a member of this stack.'] });
    if (members.some(({ role }) => role === 'owner'))
      throw invalid({ [field]: ['is the owner of this stack. Transfer the ownership first.'] });
    const changes = [
      ...members.map(({ role }) => ({ field: `members.${name}`, from: role, to: null })),
      ...open.map(({ role }) => ({ field: `invitations.${name}`, from: role, to: null })),
    ];
    const audit = stackEntry(deps, { actor, of: found, changes });
    const invitations = open.map(({ address }) => address);
    return await deps.changes.remove({ stack, member: actor.uid, audit, members, invitations });
  });
}

function isMeant({ uid, issuer, address }: PersonOfStack, { email, client }: z.output<typeof UnshareSchema>): boolean {
  if (client !== undefined) return uid === personUid({ issuer, sub: client });
  return address !== null && normalAddress(address) === email;
}
