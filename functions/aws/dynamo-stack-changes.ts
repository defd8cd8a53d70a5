import type { Invitation } from '../stacks/invitation.ts';
import type { BranchNames, Member } from '../stacks/stack.ts';
import type { AliasMove, Removal, Sharing, StackChange, StackChanges } from '../stacks/stack-changes.ts';
import { auditEntryPut } from './audit-entry-put.ts';
import { type Keys, keysOf, type Tables } from './keys.ts';
import { joining, mayChange, memberCheck, refuseNonMembers } from './membership.ts';
import type { Step, Transactions } from './transactions.ts';

const absent = 'attribute_not_exists(#pk)';

/** Changes of stacks and their people in DynamoDB: in each transaction the entry first, which is the proof, then the membership. */
export class DynamoStackChanges implements StackChanges {
  readonly #storage: Transactions;
  readonly #keys: Keys;

  constructor(storage: Transactions, tables: Tables) {
    this.#storage = storage;
    this.#keys = keysOf(tables);
  }

  async edit({ before, after, ...change }: Parameters<StackChanges['edit']>[0]): Promise<boolean> {
    return await this.#change(change, [
      {
        update: this.#keys.stack(before.api_key),
        set: 'SET #name = :name, #description = :description, #updated_at = :at',
        condition: '#name = :old_name AND #description = :old_description',
        values: {
          name: after.name,
          description: after.description,
          at: after.updated_at,
          old_name: before.name,
          old_description: before.description,
        },
      },
    ]);
  }

  async addBranch({ branch, ...change }: Parameters<StackChanges['addBranch']>[0]): Promise<boolean> {
    return await this.#change(change, [
      { put: this.#keys.branch(change.stack, branch.name), item: { ...branch }, condition: absent },
      { check: this.#keys.alias(change.stack, branch.name), condition: absent },
    ]);
  }

  async pointAlias({ alias, from, to, ...change }: AliasMove): Promise<boolean> {
    const { stack } = change;
    const { name } = alias;
    const put = { put: this.#keys.alias(stack, name), item: { ...alias } };
    const pointed: Step = from
      ? { ...put, condition: '#target = :from', values: { from: from.name } }
      : { ...put, condition: absent };
    const left: Step = from
      ? this.#without(stack, from, name)
      : { check: this.#keys.branch(stack, name), condition: absent };
    return await this.#change(change, [pointed, this.#aliasesOf(stack, to, [...to.aliases, name]), left]);
  }

  async removeAlias({ name, from, ...change }: Parameters<StackChanges['removeAlias']>[0]): Promise<boolean> {
    const { stack } = change;
    return await this.#change(change, [
      { delete: this.#keys.alias(stack, name), condition: '#target = :from', values: { from: from.name } },
      this.#without(stack, from, name),
    ]);
  }

  #without(stack: string, branch: BranchNames, alias: string): Step {
    return this.#aliasesOf(
      stack,
      branch,
      branch.aliases.filter((one) => one !== alias),
    );
  }

  /** The names of a branch, on condition that they are as they were seen: a verification reads them with it. */
  #aliasesOf(stack: string, { name, aliases: before }: BranchNames, after: readonly string[]): Step {
    return {
      update: this.#keys.branch(stack, name),
      set: 'SET #aliases = :after',
      condition: '#aliases = :before',
      values: { before, after },
    };
  }

  async share({ invitations, earlier, joining: machines, roles, ...change }: Sharing): Promise<boolean> {
    const { stack } = change;
    return await this.#change(change, [
      ...invitations.flatMap((invitation) => {
        const before = earlier.find(({ address }) => address === invitation.address);
        return this.#invitation(stack, invitation, before);
      }),
      ...machines.flatMap((member) => joining(this.#keys, stack, { member })),
      ...roles.map(({ uid, from, to }): Step => this.#role(stack, { uid, from, to })),
    ]);
  }

  /** On condition that what was seen there still waits: whoever takes it up meanwhile is a member, with the role that it had. */
  #invitation(stack: string, invitation: Invitation, before: Invitation | undefined): Step[] {
    const ttl = Math.ceil(Date.parse(invitation.expires_at) / 1000);
    const asSeen = before
      ? { condition: '#invited_at = :seen AND #role = :was', values: { seen: before.invited_at, was: before.role } }
      : { condition: absent };
    return [
      { put: this.#keys.invitation(stack, invitation.address), item: { ...invitation, ttl }, ...asSeen },
      { put: this.#keys.invited(invitation.address, stack), item: { api_key: stack, ttl } },
    ];
  }

  #role(stack: string, { uid, from, to }: Sharing['roles'][number]): Step {
    return {
      update: this.#keys.member(stack, uid),
      set: 'SET #role = :to',
      condition: '#role = :from',
      values: { from, to },
    };
  }

  async remove({ members, invitations, ...change }: Removal): Promise<boolean> {
    const { stack } = change;
    const others = members.filter(({ uid }) => uid !== change.member);
    const steps = [
      ...others.map((member) => this.#removal(stack, member)),
      ...members.map(({ uid }): Step => ({ delete: this.#keys.personStack(uid, stack) })),
      ...invitations.flatMap((address): Step[] => [
        { delete: this.#keys.invitation(stack, address), condition: 'attribute_exists(#pk)' },
        { delete: this.#keys.invited(address, stack) },
      ]),
    ];
    if (others.length === members.length) return await this.#change(change, steps);
    // A transaction has one place for an item: who leaves by themselves is tested by the write that removes them.
    const right = others.length + invitations.length > 0 ? mayLeaveWithOthers : mayLeave;
    return await this.#change(change, steps, { delete: this.#keys.member(stack, change.member), ...right });
  }

  #removal(stack: string, { uid, role: seen }: Member): Step {
    return { delete: this.#keys.member(stack, uid), condition: '#role = :seen', values: { seen } };
  }

  async transfer({ to, ...change }: Parameters<StackChanges['transfer']>[0]): Promise<boolean> {
    const { stack, member: uid } = change;
    const steps = [this.#role(stack, { uid: to.uid, from: to.role, to: 'owner' })];
    return await this.#change(change, steps, this.#role(stack, { uid, from: 'owner', to: 'admin' }));
  }

  async #change(
    { stack, member, audit }: StackChange,
    steps: readonly Step[],
    right: Step = memberCheck(this.#keys, stack, member),
  ): Promise<boolean> {
    const outcome = await this.#storage.transact([auditEntryPut(this.#keys, audit), right, ...steps], { proof: 0 });
    refuseNonMembers(outcome?.[1]);
    return outcome === null;
  }
}

/** A stack always has an owner. */
const mayLeave = { condition: 'attribute_exists(#pk) AND #role <> :owner', values: { owner: mayChange.values.owner } };
/** Only an admin takes others along. */
const mayLeaveWithOthers = { condition: '#role = :admin', values: { admin: mayChange.values.admin } };
