import type { HygieneSettings } from '../notices/hygiene.ts';
import { notAllowed, type Refusal, stackNotFound } from '../refusals.ts';

/** What a stack's plan allows. The operator changes it, not the API. */
export interface Plan {
  /** At most 45: one strong batch read must hold a whole list. */
  readonly max_tokens: number;
  readonly manage_rate_limits: boolean;
}

export interface Stack {
  readonly api_key: string;
  readonly org_uid: string;
  readonly name: string;
  readonly description: string;
  readonly master_locale: string;
  readonly plan: Plan;
  /** Where `branches` is true, a token's scope names at least one branch or alias. */
  readonly settings: { readonly branches: boolean };
  readonly hygiene: HygieneSettings;
  /** Counts changes of the hygiene settings. */
  readonly hygiene_version: number;
  /** Counts the other changes: of its name and description, its people, branches and aliases. */
  readonly changes: number;
  readonly created_by: string;
  readonly created_at: string;
  readonly updated_at: string;
}

export type Role = 'owner' | 'admin' | 'developer';

/** A person or machine that belongs to a stack, as its row has it. */
export interface Member {
  readonly uid: string;
  readonly role: Role;
  readonly issuer: string;
  readonly sub: string;
}

/** A branch, with the aliases that point to it now. */
export interface Branch {
  readonly name: string;
  readonly aliases: readonly string[];
}

/** Another name for a branch, which may be pointed to another one. */
export interface Alias {
  readonly name: string;
  readonly target: string;
}

export const mainBranch = 'main';

/** The owner and the admins, nobody else. */
export function maySeeTokens(member: Pick<Member, 'role'> | null): boolean {
  return member?.role === 'owner' || member?.role === 'admin';
}

/** @throws {Refusal} `stack-not-found` for who is no member, `not-allowed` for a member without token rights. */
export function requireTokenRights(member: Pick<Member, 'role'> | null): void {
  const refusal = whyNoTokenRights(member);
  if (refusal) throw refusal;
}

/** The refusal for who has no token rights; null for who has. */
export function whyNoTokenRights(member: Pick<Member, 'role'> | null): Refusal | null {
  if (!member) return stackNotFound();
  return maySeeTokens(member) ? null : notAllowed();
}
