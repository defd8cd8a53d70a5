import type { AuditEntry } from './audit-entry.ts';
import type { Invitation } from './invitation.ts';
import type { Actor, KnownAddress } from './person.ts';
import type { Alias, Branch, Member, Stack } from './stack.ts';

/** A stack with the caller's place in it. */
export interface StackOfMember {
  readonly stack: Stack;
  readonly member: Member;
  /** Tokens that are not deleted. */
  readonly tokenCount: number;
}

/** A member with the address that the issuer has verified; null: none is known, as of a machine. */
export interface PersonOfStack extends Member {
  readonly address: string | null;
}

/** Storage of stacks and their people. Every read is strong. */
export interface StackRepository {
  /** Creates a stack with its owner, its first branch and the audit entry, in one transaction. */
  create(creation: { stack: Stack; owner: Member; branch: Branch; actor: Actor; audit: AuditEntry }): Promise<void>;
  /**
   * For the operator: adds a member who is not one yet, with an address that replaces a stored one.
   * @returns false where they are a member
   */
  addMember(stack: Stack, member: Member & { readonly address?: string }, audit: AuditEntry): Promise<boolean>;
  /** Null where the caller is no member, or there is no such stack. */
  find(stack: string, member: string): Promise<StackOfMember | null>;
  /** The same, with the caller's own address as it is stored; that is null where they have never joined a stack. One read. */
  findForVisit(
    stack: string,
    member: string,
  ): Promise<{ readonly found: StackOfMember | null; readonly known: KnownAddress | null }>;
  /** Those of the stacks that the caller is a member of, in the order given. */
  findEach(stacks: readonly string[], member: string): Promise<readonly StackOfMember[]>;
  findMember(stack: string, member: string): Promise<Member | null>;
  /** A stack, whoever asks. */
  findStack(key: string): Promise<Stack | null>;
  /** At most 100, by their names. Those from before it was kept who made them count as made with their stack. */
  branches(stack: Stack): Promise<readonly Branch[]>;
  /** At most 100, by their names. As above. */
  aliases(stack: Stack): Promise<readonly Alias[]>;
  /** Each with the address that the issuer has verified; null: none is known. Also those beyond the 100 that a stack is shared with. */
  people(stack: string): Promise<readonly PersonOfStack[]>;
  /** By their addresses, also those that are over. */
  invitations(stack: string): Promise<readonly Invitation[]>;
}
