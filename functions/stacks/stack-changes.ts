import type { AuditEntry } from './audit-entry.ts';
import type { Invitation } from './invitation.ts';
import type { NotChanged } from './not-changed.ts';
import type { Alias, Branch, BranchNames, Member, Role, Stack } from './stack.ts';

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

/** An alias as it is to be, with the branch that it pointed to and the one that it will point to, as both were seen. */
export interface AliasMove extends StackChange {
  readonly alias: Alias;
  /** Null: there is no such alias yet. */
  readonly from: BranchNames | null;
  readonly to: BranchNames;
}

/**
 * Changes of stacks and their people. Each is one transaction that tests the caller's membership.
 * @returns null when it is done, else what stood in the way; nothing was changed then
 * @throws {Refusal} `conflict`, `unavailable`
 */
export interface StackChanges {
  /** Name and description. */
  edit(change: StackChange & { readonly before: Stack; readonly after: Stack }): Promise<NotChanged | null>;
  /** @returns also `name` where a branch or an alias has the name */
  addBranch(
    change: StackChange & { readonly branch: Branch },
  ): Promise<NotChanged | { readonly failed: 'name' } | null>;
  /** Makes an alias, or points it to another branch. */
  pointAlias(move: AliasMove): Promise<NotChanged | null>;
  /** Deletes an alias, which points to the branch `from`. */
  removeAlias(change: StackChange & { readonly name: string; readonly from: BranchNames }): Promise<NotChanged | null>;
  share(sharing: Sharing): Promise<NotChanged | null>;
  remove(removal: Removal): Promise<NotChanged | null>;
  /** The owner becomes an admin, and another member the owner. Only for the owner. */
  transfer(change: StackChange & { readonly to: Member }): Promise<NotChanged | null>;
}

/** Invitations, for whom they wait. */
export interface Invitations {
  /** Of an address, to all stacks: at most 100. */
  waitingFor(address: string): Promise<readonly string[]>;
  find(stack: string, address: string): Promise<Invitation | null>;
  /**
   * Makes the invited a member, and the invitation is gone. The invitation's address is stored as theirs where none is stored yet.
   * @returns `void` where there is a member already, or where whoever invited may invite nobody any more: with an admin goes what they
   * have opened for themselves; `changed` where the invitation is not as it was seen. Nothing is changed then
   */
  takeUp(taking: {
    readonly stack: string;
    readonly invitation: Invitation;
    readonly member: Member;
    /** `iat` of the JWT that has the address. */
    readonly issued_at?: number | undefined;
    readonly audit: AuditEntry;
  }): Promise<'taken' | 'void' | 'changed'>;
  /** Deletes an invitation that is worth nothing, if it is still as it was seen. */
  withdraw(stack: string, invitation: Invitation): Promise<void>;
}
