import { dayMs } from '../values/duration.ts';
import type { Role } from './stack.ts';

/** A place in a stack that waits for whoever signs in with an address that the issuer has verified. */
export interface Invitation {
  /** As `normalAddress` writes it. */
  readonly address: string;
  readonly role: Exclude<Role, 'owner'>;
  readonly invited_by: string;
  readonly invited_at: string;
  /** ISO 8601 instant: addresses change hands. */
  readonly expires_at: string;
}

/** How long an invitation waits. */
export const invitationMs = 30 * dayMs;

/** An invitation counts if and only if `now < expires_at`; storage tidies later. */
export function isPending({ expires_at }: Invitation, now: Date): boolean {
  return now.getTime() < Date.parse(expires_at);
}
