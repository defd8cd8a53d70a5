import type { Identity } from './person.ts';

/** The scopes that this product gives a meaning to. */
export const productScopes = { introspect: 'tokens:introspect', manage: 'tokens:manage' } as const;
export type Scope = (typeof productScopes)[keyof typeof productScopes];

/** Who a JWT says that its bearer is, and what it was given. */
export interface SignedIn {
  readonly identity: Identity;
  /** Of the product's own scopes those that it has, whatever the issuer calls them. */
  readonly scopes: readonly string[];
}

/**
 * A machine that may introspect and do nothing else. Only the scopes tell: issuers agree on no other sign of a machine. So `tokens:introspect`
 * without `tokens:manage` makes a service, and everybody else is a member, if a stack has made them one: a person, whose JWT has
 * neither scope, and a machine with `tokens:manage`.
 */
export function isService({ scopes }: SignedIn): boolean {
  return scopes.includes(productScopes.introspect) && !scopes.includes(productScopes.manage);
}

export interface SignIn {
  /** @throws {Refusal} `unauthenticated`; `unavailable` when the issuer's keys cannot be had */
  recognize(jwt: string): Promise<SignedIn>;
}
