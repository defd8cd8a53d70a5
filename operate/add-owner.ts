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
    stack: { takes: 'KEY', says: 'api_key of the stack', required: true },
    issuer: { takes: 'URL', says: "the deployment's issuer, exactly as its JWTs have it in iss", required: true },
    sub: { takes: 'SUB', says: "the person's sub at that issuer", required: true },
    email: {
      takes: 'ADDRESS',
      says: "the person's e-mail address, which you have verified: warnings go there",
      required: true,
    },
  },
  settings: ['tokensTable', 'auditTable', 'issuerUrl'],
  plan: async ({ stack: key = '', issuer = '', sub = '', email = '' }, workplace) => {
    if (!/^[^\s@]+@[^\s@]+$/.test(email))
      throw new OperatorMistake('--email must be an e-mail address, for example ada@example.com.');
    requireIssuer(issuer, workplace);
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

/** Nobody can sign in by another issuer, and a person's uid is derived from it: the stack would get an owner who does not exist. */
function requireIssuer(issuer: string, { issuer: own }: Pick<Workplace, 'issuer'>): void {
  if (!URL.canParse(issuer) || !/^https?:$/.test(new URL(issuer).protocol))
    throw new OperatorMistake(`--issuer must be a URL, for example ${own}`);
  if (issuer !== own)
    throw new OperatorMistake(`--issuer must be the issuer of this deployment, which is ${own} (ISSUER_URL).`);
}

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
  if (failed) throw new OperatorMistake('Somebody else changed the person in the meantime. Run the command again.');
}

async function add(
  { stacks, actor, now }: Workplace & { readonly stacks: DynamoStackRepository },
  stack: Stack,
  person: { uid: string; issuer: string; sub: string; address: string },
): Promise<void> {
  const audit = entryOf(stack, { actor, at: now(), from: null, uid: person.uid });
  if (!(await stacks.addMember(stack, { ...person, role: 'owner', joined_at: audit.created_at }, audit)))
    throw new OperatorMistake('The person became a member in the meantime. Run the command again.');
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
