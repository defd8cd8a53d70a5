import type { AuditEntry } from './audit-entry.ts';
import type { Invitation } from './invitation.ts';
import type { Branch, Member, Role, Stack } from './stack.ts';

/** Every change of a stack: by whom, and its entry in the audit log. */
export interface StackChange {
  /** `api_key` */
  readonly stack: string;
  /** Uid of who changes it: owner or admin in that very moment. */
  readonly member: string;
  /** `changes` of the stack when everything was read that the change rests on: with another one since, nothing is changed. */
  readonly seen: number;
  readonly audit: AuditEntry;
}

/** A member whose role changes, from what was seen. */
export interface RoleChange {
  readonly uid: string;
  readonly from: Role;
  readonly to: Role;
}

export interface Sharing extends StackChange {
  readonly invitations: readonly Invitation[];
  /** What waited at the same addresses when it was looked, also what had expired. */
  readonly earlier: readonly Invitation[];
  readonly joining: readonly Member[];
  readonly roles: readonly RoleChange[];
}

export interface Removal extends StackChange {
  /** As they were seen; who does it may be among them. */
  readonly members: readonly Member[];
  /** Addresses of invitations. */
  readonly invitations: readonly string[];
}

/** An alias with the branch that it points to, and with the one that it is to point to, as both were seen. */
export interface AliasMove extends StackChange {
  readonly name: string;
  /** Null: there is no such alias yet. */
  readonly from: Branch | null;
  readonly to: Branch;
}

/**
 * Changes of stacks and their people. Each is one transaction that tests the caller's membership; where anything else is not as it was
 * seen, nothing is changed and the answer is false.
 * @throws {Refusal} `stack-not-found`, `not-allowed`, `conflict`, `unavailable`
 */
export interface StackChanges {
  /** Name and description. */
  edit(change: StackChange & { readonly before: Stack; readonly after: Stack }): Promise<boolean>;
  /** @returns `taken` where a branch or an alias has the name */
  addBranch(change: StackChange & { readonly name: string }): Promise<boolean | 'taken'>;
  /** Makes an alias, or points it to another branch. */
  pointAlias(move: AliasMove): Promise<boolean>;
  share(sharing: Sharing): Promise<boolean>;
  remove(removal: Removal): Promise<boolean>;
  /** The owner becomes an admin, and another member the owner. Only for the owner. */
  transfer(change: StackChange & { readonly to: Member }): Promise<boolean>;
}

/** Invitations, for whom they wait. */
export interface Invitations {
  /** Of an address, to all stacks: at most 100. */
  waitingFor(address: string): Promise<readonly string[]>;
  /** How many more stacks somebody joins without naming them. Strangers may invite anybody, and are not to fill the list of stacks. */
  roomFor(member: string): Promise<number>;
  find(stack: string, address: string): Promise<Invitation | null>;
  /**
   * Makes the invited a member, and the invitation is gone. Where there is a member already, it is gone all the same; and where whoever
   * invited may invite nobody any more: with an admin goes what they have opened for themselves.
   * @returns false where the invitation is not as it was seen
   */
  takeUp(taking: {
    readonly stack: string;
    readonly invitation: Invitation;
    readonly member: Member;
    readonly audit: AuditEntry;
  }): Promise<boolean>;
}
