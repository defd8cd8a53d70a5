import * as z from 'zod/mini';
import { errorsOf, FieldErrorList } from '../values/field-errors.ts';
import { retryOrConflict } from '../values/lost-race.ts';
import { invalid } from '../values/refusals.ts';
import { AddressSchema, normalAddress } from './address.ts';
import type { FieldChange } from './audit-entry.ts';
import { ClientSchema } from './client.ts';
import { type ChangeStacksDependencies, type StackCommand, stackEntry, stackToChange } from './edit-stack.ts';
import { type Invitation, invitationMs, isPending } from './invitation.ts';
import { uidsOf } from './member-uid.ts';
import { isChanged } from './not-changed.ts';
import { type Actor, personUid } from './person.ts';
import type { Member } from './stack.ts';
import type { RoleChange } from './stack-changes.ts';
import type { PersonOfStack } from './stack-repository.ts';

const required = 'is a required field';
/** People and invitations together: one strong batch read holds them. */
const mostPeople = 100;
/** A transaction holds 100 writes, and a machine that joins takes three. */
const mostAtOnce = 20;

const RolesSchema = z
  .array(z.enum(['admin', 'developer'], 'must be admin or developer.'), 'must be a list of admin and developer.')
  .check(z.minLength(1, required));
/** zod's records drop a field `__proto__`, and with it a role that was asked for. It is refused before they see it. */
const NoPrototypeSchema = z.transform((roles, { issues }) => {
  if (roles !== null && typeof roles === 'object' && Object.hasOwn(roles, '__proto__')) {
    const message = 'cannot be given a role.';
    issues.push({ code: 'custom', message, path: ['__proto__'], input: roles });
  }
  return roles;
});
const listOf = <S extends z.ZodMiniType>(schema: S, what: string) =>
  z._default(z.array(schema, `must be a list of ${what}.`), []);

/** Whom to share a stack with; who is given no role is a developer. */
export const ShareSchema = z
  .object({
    emails: listOf(AddressSchema, 'e-mail addresses'),
    clients: listOf(ClientSchema, 'client ids'),
    roles: z.pipe(
      NoPrototypeSchema,
      z._default(z.record(z.string(), RolesSchema, 'must be an object of roles by address or client id.'), {}),
    ),
  })
  .check(
    z.refine(({ emails, clients }) => emails.length + clients.length > 0, { error: required, path: ['emails'] }),
    z.refine(({ emails, clients }) => emails.length + clients.length <= mostAtOnce, {
      error: `can hold at most ${mostAtOnce} at once, clients counted.`,
      path: ['emails'],
    }),
    z.refine(
      ({ emails, clients, roles }) =>
        Object.keys(roles).every((one) => clients.includes(one) || emails.includes(normalAddress(one))),
      { error: 'names somebody who is neither in emails nor in clients.', path: ['roles'] },
    ),
  );

type Share = z.output<typeof ShareSchema>;

interface Plan {
  readonly invitations: Invitation[];
  readonly earlier: Invitation[];
  readonly joining: Member[];
  readonly roles: RoleChange[];
  readonly changes: FieldChange[];
  /** Messages about members who have the role already. They count only if nothing else changes. */
  readonly unchanged: FieldErrorList;
}

/**
 * Shares a stack: addresses are invited, machines join at once, and members get the role. Inviting an address again renews its
 * invitation. A share that would change nothing at all is refused: the caller may be waiting for somebody whose account was deleted and
 * made anew at the issuer. That is another person, with the address of a member.
 * @throws {Refusal} `stack-not-found`, `not-allowed`, `invalid`, `conflict`, `unavailable`
 */
export async function shareStack(deps: ChangeStacksDependencies, command: StackCommand): Promise<void> {
  const { actor, stack } = command;
  await retryOrConflict('this stack', async () => {
    const found = await stackToChange(deps.stacks, command);
    const parsed = ShareSchema.safeParse(command.fields);
    if (!parsed.success) throw invalid(errorsOf('emails', parsed.error.issues));
    const at = deps.now();
    // Before the people: who takes one up meanwhile is among them.
    const waiting = await deps.stacks.invitations(stack);
    const people = await deps.stacks.people(stack);
    const plan = planOf(parsed.data, { actor, people, waiting, at });
    const audit = stackEntry(deps, { actor, of: found, changes: plan.changes });
    return isChanged(await deps.changes.share({ ...plan, stack, member: actor.uid, seen: found.stack.changes, audit }));
  });
}

interface Scene {
  readonly actor: Actor;
  readonly people: readonly PersonOfStack[];
  /** Also those that have expired. */
  readonly waiting: readonly Invitation[];
  readonly at: Date;
}

function planOf(share: Share, scene: Scene): Plan {
  const unchanged = new FieldErrorList();
  const plan: Plan = { invitations: [], earlier: [], joining: [], roles: [], changes: [], unchanged };
  const errors = new FieldErrorList();
  for (const address of new Set(share.emails)) {
    const members = scene.people.filter(
      (person) => person.address !== null && normalAddress(person.address) === address,
    );
    const role = roleOf(share, (name) => normalAddress(name) === address);
    const [member, ...more] = members;
    if (!member) invite(plan, { address, role }, scene);
    else if (more.length > 0) errors.add('emails', ambiguous(address, members));
    else changeRole(plan, { member, role, field: 'emails', name: address }, { scene, errors });
  }
  for (const client of new Set(share.clients)) {
    const { issuer } = scene.actor.identity;
    const uid = personUid({ issuer, sub: client });
    const role = roleOf(share, (name) => name === client);
    const member = scene.people.find((person) => person.uid === uid);
    if (member) changeRole(plan, { member, role, field: 'clients', name: client }, { scene, errors });
    else join(plan, { uid, role, issuer, sub: client, joined_at: scene.at.toISOString() });
  }
  const { people } = scene;
  const open = scene.waiting.filter((invitation) => isPending(invitation, scene.at));
  if (people.length + open.length + plan.joining.length + plan.invitations.length > mostPeople)
    errors.add('emails', `are too many: a stack has at most ${mostPeople} people, machines and invitations.`);
  if (Object.keys(errors.all).length > 0) throw invalid(errors.all);
  if (plan.changes.length === 0) throw invalid(plan.unchanged.all);
  return plan;
}

function roleOf({ roles }: Share, isMeant: (name: string) => boolean): Invitation['role'] {
  const given = Object.entries(roles).flatMap(([name, some]) => (isMeant(name) ? some : []));
  return given.includes('admin') ? 'admin' : 'developer';
}

function invite(
  plan: Plan,
  { address, role }: Pick<Invitation, 'address' | 'role'>,
  { actor, waiting, at }: Pick<Scene, 'actor' | 'waiting' | 'at'>,
): void {
  const earlier = waiting.find((invitation) => invitation.address === address);
  if (earlier) plan.earlier.push(earlier);
  const from = earlier && isPending(earlier, at) ? earlier.role : null;
  plan.changes.push({ field: `invitations.${address}`, from, to: role });
  const expires_at = new Date(at.getTime() + invitationMs).toISOString();
  plan.invitations.push({ address, role, invited_by: actor.uid, invited_at: at.toISOString(), expires_at });
}

function join(plan: Plan, member: Member): void {
  plan.changes.push({ field: `members.${member.sub}`, from: null, to: member.role });
  plan.joining.push(member);
}

function changeRole(
  plan: Plan,
  { member, role, field, name }: { member: Member; role: Invitation['role']; field: string; name: string },
  { scene, errors }: { scene: Scene; errors: FieldErrorList },
): void {
  if (member.role === role) plan.unchanged.add(field, alreadyThere(member, field, name));
  else if (member.role === 'owner')
    errors.add(field, `name the owner of this stack, ${name}. Transfer the ownership first.`);
  else if (member.uid === scene.actor.uid)
    errors.add(field, `name yourself, ${name}. Let another admin change your role.`);
  else if (plan.roles.some(({ uid }) => uid === member.uid)) errors.add(field, `name somebody twice, ${name}.`);
  else {
    plan.changes.push({ field: `members.${name}`, from: member.role, to: role });
    plan.roles.push({ uid: member.uid, from: member.role, to: role });
  }
}

function ambiguous(address: string, members: readonly Member[]): string {
  return (
    `name the address of more than one member, ${address}. Remove those who are not meant first, by "uid" in ` +
    `POST /v3/stacks/unshare: ${uidsOf(members)}.`
  );
}

function alreadyThere({ role, joined_at }: Member, field: string, name: string): string {
  const since = joined_at ? `since ${joined_at}` : 'since before such dates were kept';
  if (field === 'clients') return `name a machine that is a member already, ${since}, as ${role}: ${name}.`;
  return (
    `name an address that belongs to a member already, ${since}, as ${role}: ${name}. ` +
    'If that account was deleted and made anew at the issuer, remove the member first, then invite the address again.'
  );
}
