import type { AuditEntry } from './audit-entry.ts';
import type { Invitation } from './invitation.ts';
import type { Actor } from './person.ts';
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
  /** For the operator: adds a member who is not one yet, with the address that the issuer has verified. @returns false where they are. */
  addMember(stack: Stack, member: Member & { readonly address?: string }, audit: AuditEntry): Promise<boolean>;
  /** Null where the caller is no member, or there is no such stack. */
  find(stack: string, member: string): Promise<StackOfMember | null>;
  /** The stacks that a person or machine is a member of, at most 100. */
  listOf(member: string): Promise<readonly StackOfMember[]>;
  findMember(stack: string, member: string): Promise<Member | null>;
  /** At most 100, by their names. */
  branches(stack: string): Promise<readonly Branch[]>;
  /** At most 100, by their names. */
  aliases(stack: string): Promise<readonly Alias[]>;
  /** Each with the address that the issuer has verified; null: none is known. Also those beyond the 100 that a stack is shared with. */
  people(stack: string): Promise<readonly PersonOfStack[]>;
  /** By their addresses, also those that are over. */
  invitations(stack: string): Promise<readonly Invitation[]>;
}
