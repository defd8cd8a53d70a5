import type { Invitation } from '../stacks/invitation.ts';
import type { MemberFailed, NotChanged } from '../stacks/not-changed.ts';
import type { BranchNames, Member } from '../stacks/stack.ts';
import type { AliasMove, Removal, Sharing, StackChange, StackChanges } from '../stacks/stack-changes.ts';
import { auditEntryPut } from './audit-entry-put.ts';
import { type Keys, keysOf, type Tables } from './keys.ts';
import { joining, mayChange, memberCheck, memberFailed } from './membership.ts';
import { ttlAfter } from './retention.ts';
import type { Item } from './storage/expressions.ts';
import type { Step, StepOutcome, Transactions } from './storage/transactions.ts';

const absent = 'attribute_not_exists(#pk)';

/** What a change sets in the stack's own row, and on which condition. */
interface StackFacts {
  readonly set: string;
  readonly condition: string;
  readonly values: Item;
}

interface ChangeOptions {
  /** In place of the condition that the caller is owner or admin. */
  readonly right?: Step;
  readonly stack?: StackFacts;
}

const nothing: StackFacts = { set: '', condition: '', values: {} };

/**
 * Changes of stacks and their people in DynamoDB: in each transaction the entry first, which is the proof, then the membership, then
 * the number of the change. By that number a change that storage carries out late, when others have come after it, changes nothing:
 * that a role, an invitation or an alias is again as it was seen does not bring an old change back.
 */
export class DynamoStackChanges implements StackChanges {
  readonly #storage: Transactions;
  readonly #keys: Keys;

  constructor(storage: Transactions, tables: Tables) {
    this.#storage = storage;
    this.#keys = keysOf(tables);
  }

  async edit({ before, after, ...change }: Parameters<StackChanges['edit']>[0]): Promise<NotChanged | null> {
    const stack = {
      set: ', #name = :name, #description = :description, #updated_at = :at',
      condition: ' AND #name = :old_name AND #description = :old_description',
      values: {
        name: after.name,
        description: after.description,
        at: after.updated_at,
        old_name: before.name,
        old_description: before.description,
      },
    };
    return await this.#change(change, [], { stack });
  }

  async addBranch({
    branch,
    ...change
  }: Parameters<StackChanges['addBranch']>[0]): ReturnType<StackChanges['addBranch']> {
    const failure = await this.#tryToChange(change, [
      { put: this.#keys.branch(change.stack, branch.name), item: { ...branch }, condition: absent },
      { check: this.#keys.alias(change.stack, branch.name), condition: absent },
    ]);
    if (!failure || !('steps' in failure)) return failure;
    return { failed: failure.steps.some(({ failed }) => failed) ? 'name' : 'stale' };
  }

  async pointAlias({ alias, from, to, ...change }: AliasMove): Promise<NotChanged | null> {
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

  async removeAlias({ name, from, ...change }: Parameters<StackChanges['removeAlias']>[0]): Promise<NotChanged | null> {
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

  async share({ invitations, earlier, joining: machines, roles, ...change }: Sharing): Promise<NotChanged | null> {
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
    const ttl = ttlAfter(invitation.expires_at);
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

  async remove({ members, invitations, ...change }: Removal): Promise<NotChanged | null> {
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
    const leaving: Step = { delete: this.#keys.member(stack, change.member), ...right };
    return await this.#change(change, steps, { right: leaving });
  }

  #removal(stack: string, { uid, role: seen }: Member): Step {
    return { delete: this.#keys.member(stack, uid), condition: '#role = :seen', values: { seen } };
  }

  async transfer({ to, ...change }: Parameters<StackChanges['transfer']>[0]): Promise<NotChanged | null> {
    const { stack, member: uid } = change;
    const steps = [this.#role(stack, { uid: to.uid, from: to.role, to: 'owner' })];
    const right = this.#role(stack, { uid, from: 'owner', to: 'admin' });
    return await this.#change(change, steps, { right });
  }

  /** @returns null when it is done, else what stood in the way */
  async #change(change: StackChange, steps: readonly Step[], more: ChangeOptions = {}): Promise<NotChanged | null> {
    const failure = await this.#tryToChange(change, steps, more);
    return failure && 'steps' in failure ? { failed: 'stale' } : failure;
  }

  /** @returns where it was not done and the membership held, the outcomes of the steps given here */
  async #tryToChange(
    change: StackChange,
    steps: readonly Step[],
    { right, stack }: ChangeOptions = {},
  ): Promise<MemberFailed | { readonly steps: readonly StepOutcome[] } | null> {
    const ofMember = right ?? memberCheck(this.#keys, change.stack, change.member);
    const all = [auditEntryPut(this.#keys, change.audit), ofMember, this.#numbered(change, stack), ...steps];
    const outcome = await this.#storage.transact(all, { proof: 0 });
    return outcome && (memberFailed(outcome[1]) ?? { steps: outcome.slice(all.length - steps.length) });
  }

  #numbered({ stack, seen }: StackChange, { set, condition, values }: StackFacts = nothing): Step {
    // A stack of before has no number yet.
    const asSeen = '#changes = :seenChanges';
    const isAsSeen = seen === 0 ? `(attribute_not_exists(#changes) OR ${asSeen})` : asSeen;
    return {
      update: this.#keys.stack(stack),
      set: `SET #changes = :next${set}`,
      condition: `${isAsSeen}${condition}`,
      values: { seenChanges: seen, next: seen + 1, ...values },
    };
  }
}

/** A stack always has an owner. */
const mayLeave = { condition: 'attribute_exists(#pk) AND #role <> :owner', values: { owner: mayChange.values.owner } };
/** Only an admin takes others along. */
const mayLeaveWithOthers = { condition: '#role = :admin', values: { admin: mayChange.values.admin } };
