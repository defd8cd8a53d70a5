import { randomBytes } from 'node:crypto';
import { auditEntryPut } from '../functions/aws/audit-entry-put.ts';
import { DynamoStackRepository } from '../functions/aws/dynamo-stack-repository.ts';
import { type AuditEntry, auditEntry, operationId } from '../functions/stacks/audit-entry.ts';
import { personUid } from '../functions/stacks/person.ts';
import { type Member, maySeeTokens, type Stack } from '../functions/stacks/stack.ts';
import { type Command, OperatorMistake, type Workplace } from './command.ts';
import { stackAt } from './set-plan.ts';

/** For a stack that nobody can act for any more. Twice it finds the person there, as owner. */
export const addOwner: Command = {
  does: 'Makes somebody an owner of a stack, beside those that it has: for one that nobody is left to act for.',
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
    if (there?.role === 'owner') return { says: [`${email} (${uid}) is owner of ${stack.name} already.`] };
    const now = there ? `, who is ${there.role} now,` : '';
    const person = { uid, issuer, sub, address: email };
    return {
      says: [...(await actingFor(stacks, key)), `${email} (${uid})${now} becomes an owner of ${stack.name}.`],
      carryOut: () => (there ? promote(workplace, stack, there) : add({ ...workplace, stacks }, stack, person)),
    };
  },
};

/** Who could act for the stack as it is: an operator may not be needed. */
async function actingFor(stacks: DynamoStackRepository, key: string): Promise<string[]> {
  const people = (await stacks.people(key)).filter(maySeeTokens);
  if (people.length === 0) return ['Nobody can act for it.'];
  return [
    'Who can act for it:',
    ...people.map(({ role, address, sub, issuer }) => `  ${role} ${address ?? sub}, by ${issuer}`),
  ];
}

async function promote({ storage, keys, actor, now }: Workplace, stack: Stack, { uid, role }: Member): Promise<void> {
  const audit = entryOf(stack, { actor, at: now(), from: { uid, role }, uid });
  const failed = await storage.transact(
    [
      auditEntryPut(keys, audit),
      {
        update: keys.member(stack.api_key, uid),
        set: 'SET #role = :owner',
        condition: '#role = :was',
        values: { owner: 'owner', was: role },
      },
    ],
    { proof: 0 },
  );
  if (failed) throw new OperatorMistake('The person was changed meanwhile. Look again.');
}

async function add(
  { stacks, actor, now }: Workplace & { readonly stacks: DynamoStackRepository },
  stack: Stack,
  person: { uid: string; issuer: string; sub: string; address: string },
): Promise<void> {
  const audit = entryOf(stack, { actor, at: now(), from: null, uid: person.uid });
  if (!(await stacks.addMember(stack, { ...person, role: 'owner' }, audit)))
    throw new OperatorMistake('The person became a member meanwhile. Look again.');
}

function entryOf(
  { api_key, name }: Stack,
  {
    actor,
    at,
    from,
    uid,
  }: { actor: Workplace['actor']; at: Date; from: Pick<Member, 'uid' | 'role'> | null; uid: string },
): AuditEntry {
  const event = {
    stack: api_key,
    module: 'stack',
    event_type: 'update',
    metadata: { uid: api_key, title: name },
  } as const;
  const changes = [{ field: 'members', from, to: { uid, role: 'owner' } }];
  return auditEntry({ ...event, changes }, { actor, at, operation: operationId(at, randomBytes) });
}
