import type { HygieneSettings } from '../hygiene/settings.ts';
import type { OpenEnum } from '../values/open-enum.ts';
import { notAllowed, type Refusal, stackNotFound } from '../values/refusals.ts';

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

/** A role that is not known here has no rights. */
export type Role = OpenEnum<'owner' | 'admin' | 'developer'>;

/** A person or machine that belongs to a stack, as its row has it. */
export interface Member {
  readonly uid: string;
  readonly role: Role;
  readonly issuer: string;
  readonly sub: string;
  /** ISO 8601 instant; absent in rows from before it was kept. */
  readonly joined_at?: string | undefined;
}

/** Who made something, and who changed it last, by uid. Instants are ISO 8601, UTC. */
export interface Authorship {
  readonly created_by: string;
  readonly updated_by: string;
  readonly created_at: string;
  readonly updated_at: string;
}

/** A branch by its name, with the aliases that point to it now: what a verification needs. */
export interface BranchNames {
  readonly name: string;
  readonly aliases: readonly string[];
}

export interface Branch extends BranchNames, Authorship {
  /** The branch that it was made from; empty for the first one. */
  readonly source: string;
}

/** Another name for a branch, which can be pointed to another one. */
export interface Alias extends Authorship {
  readonly name: string;
  readonly target: string;
}

/** What somebody makes at an instant. */
export const madeBy = (uid: string, at: Date): Authorship => ({
  created_by: uid,
  updated_by: uid,
  created_at: at.toISOString(),
  updated_at: at.toISOString(),
});

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
