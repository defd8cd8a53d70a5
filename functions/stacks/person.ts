import { createHash } from 'node:crypto';

/** A person or a machine, by the identity provider's word. */
export interface Identity {
  readonly issuer: string;
  readonly sub: string;
  readonly email?: string;
  readonly email_verified?: boolean;
  /** `iat` of the JWT that says so: seconds since 1970. */
  readonly issued_at?: number;
}

/** The address of somebody who signs in, as it is stored. */
export interface KnownAddress {
  /** As the issuer writes it, or as they were invited; null: none is known. */
  readonly address: string | null;
  /** `iat` of the JWT that it was taken from: seconds since 1970; null where that was not kept, as in rows from before. */
  readonly issued_at: number | null;
}

/** Who does something, for the audit log. */
export interface Actor {
  readonly uid: string;
  readonly identity: Identity;
  readonly request_id: string;
  readonly remote_addr: string;
}

/** The uid of a person or machine, derived so that no read is needed: `blt` and the first 16 hex of SHA-256(issuer, NUL, sub). */
export function personUid({ issuer, sub }: Pick<Identity, 'issuer' | 'sub'>): string {
  return `blt${createHash('sha256').update(`${issuer}\0${sub}`).digest('hex').slice(0, 16)}`;
}
