import { randomBytes } from 'node:crypto';
import { DynamoStackRepository } from '../functions/aws/dynamo-stack-repository.ts';
import { auditEntry, operationId } from '../functions/stacks/audit-entry.ts';
import { personUid } from '../functions/stacks/person.ts';
import type { Stack } from '../functions/stacks/stack.ts';
import { type Command, OperatorMistake, type Workplace } from './command.ts';
import { stackAt } from './set-plan.ts';

/** For a stack that nobody can act for any more. Twice it finds the person there. */
export const addOwner: Command = {
  does: 'Makes somebody an owner of a stack that has nobody left who could.',
  options: {
    stack: { says: 'the api_key of the stack', required: true },
    issuer: { says: 'who signs the person in, exactly as in iss', required: true },
    sub: { says: 'who the person is to the issuer', required: true },
    email: { says: "the person's address, which you have verified: warnings go there", required: true },
  },
  plan: async ({ stack: key = '', issuer = '', sub = '', email = '' }, workplace) => {
    if (!/^[^\s@]+@[^\s@]+$/.test(email)) throw new OperatorMistake('--email is an address.');
    const stack = await stackAt(workplace, key);
    const stacks = new DynamoStackRepository(workplace.storage, workplace.tables);
    const uid = personUid({ issuer, sub });
    const there = await stacks.findMember(key, uid);
    if (there) return { says: [`${email} (${uid}) is ${there.role} of ${stack.name} already.`] };
    return {
      says: [`${email} (${uid}) becomes an owner of ${stack.name}.`],
      carryOut: () => add({ ...workplace, stacks }, stack, { uid, issuer, sub, address: email }),
    };
  },
};

async function add(
  { stacks, actor, now }: Workplace & { readonly stacks: DynamoStackRepository },
  stack: Stack,
  person: { uid: string; issuer: string; sub: string; address: string },
): Promise<void> {
  const at = now();
  const audit = auditEntry(
    {
      stack: stack.api_key,
      module: 'stack',
      event_type: 'update',
      metadata: { uid: stack.api_key, title: stack.name },
      changes: [{ field: 'members', from: null, to: { uid: person.uid, role: 'owner' } }],
    },
    { actor, at, operation: operationId(at, randomBytes) },
  );
  if (!(await stacks.addMember(stack, { ...person, role: 'owner' }, audit)))
    throw new OperatorMistake('The person became a member meanwhile. Look again.');
}
