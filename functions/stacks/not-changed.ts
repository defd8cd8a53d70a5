import { type Member, requireTokenRights } from './stack.ts';

/** The caller's membership does not allow the change. As storage found it in that moment; null: the caller is no member. */
export interface MemberFailed {
  readonly failed: 'member';
  readonly member: Member | null;
}

/** What stood in the way of a change: its caller's membership, or something that is not as it was read. Nothing was changed then. */
export type NotChanged = MemberFailed | { readonly failed: 'stale' };

/**
 * Whether a change was made. False where something is not as it was read, so that the change can be tried again.
 * @param outcome null: it was made
 * @throws {Refusal} `stack-not-found`, `not-allowed` for a caller without the right to it
 */
export function isChanged(outcome: NotChanged | null): boolean {
  if (outcome?.failed === 'member') requireTokenRights(outcome.member);
  return outcome === null;
}
