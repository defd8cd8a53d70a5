import { createHash } from 'node:crypto';

/** A person or a machine, by the identity provider's word. */
export interface Identity {
  readonly issuer: string;
  readonly sub: string;
  readonly email?: string;
  readonly email_verified?: boolean;
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
