import * as z from 'zod/mini';
import { errorsOf } from '../values/field-errors.ts';
import { retryOrConflict } from '../values/lost-race.ts';
import { requiredOr } from '../values/names.ts';
import { invalid, notAllowed } from '../values/refusals.ts';
import { AddressSchema, normalAddress } from './address.ts';
import { type ChangeStacksDependencies, type StackCommand, stackEntry, stackToChange } from './edit-stack.ts';
import { MemberUidSchema, uidsOf } from './member-uid.ts';
import { isChanged } from './not-changed.ts';

const wanted = 'must be the e-mail address of a member, or their uid.';

/** Whom a stack goes to: a member, by the address or uid. */
export const TransferSchema = z.object({ transfer_to: z.union([MemberUidSchema, AddressSchema], requiredOr(wanted)) });

/**
 * Makes another member the owner; who was it becomes an admin, so that a stack has one owner at every moment. Only the owner may.
 * @throws {Refusal} `stack-not-found`, `not-allowed`, `invalid`, `conflict`, `unavailable`
 */
export async function transferStack(deps: ChangeStacksDependencies, command: StackCommand): Promise<void> {
  const { actor, stack } = command;
  await retryOrConflict('this stack', async () => {
    const found = await stackToChange(deps.stacks, command);
    if (found.member.role !== 'owner') throw notAllowed();
    const parsed = TransferSchema.safeParse(command.fields);
    if (!parsed.success) throw invalid(errorsOf('transfer_to', parsed.error.issues));
    const { transfer_to: name } = parsed.data;
    const people = await deps.stacks.people(stack);
    const meant = people.filter(({ uid, address }) => uid === name || (address && normalAddress(address) === name));
    const [to, ...more] = meant;
    if (!to) throw invalid({ transfer_to: ['is not a member of this stack. Share it first.'] });
    if (more.length > 0) {
      const instead = `Send the uid of one of them instead: ${uidsOf(meant)}.`;
      throw invalid({ transfer_to: [`is the address of more than one member of this stack. ${instead}`] });
    }
    if (to.uid === actor.uid) throw invalid({ transfer_to: ['is the owner of this stack.'] });
    const changes = [
      { field: 'owner', from: actor.uid, to: to.uid },
      { field: `members.${name}`, from: to.role, to: 'owner' },
    ];
    const audit = stackEntry(deps, { actor, of: found, changes });
    return isChanged(await deps.changes.transfer({ stack, member: actor.uid, seen: found.stack.changes, audit, to }));
  });
}
