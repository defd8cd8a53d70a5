import type { AuditEntry } from '../stacks/audit-entry.ts';
import type { OpenEnum } from '../values/open-enum.ts';
import type { RevocationReason } from '../values/revocation-reason.ts';

/**
 * Rows have these words for some reasons, from a time before the API had words of its own. They stay: versions that know no others read
 * the same rows. This file is the only place that translates.
 */
const storedWords: Readonly<Partial<Record<RevocationReason, string>>> = {
  cleaned_up: 'expired',
  ended_all: 'ended',
  expired_now: 'stopped',
  revoked_by_holder: 'stopped',
};

/** A reason as receipts and tombstones hold it. */
export const storedReason = (reason: RevocationReason): string => storedWords[reason] ?? reason;

/** A stored reason in the API's words. One that is not known here stays as it is. */
export function reasonFrom(
  stored: string,
  { actor, token_uid: uid }: { readonly actor: string; readonly token_uid: string },
): OpenEnum<RevocationReason> {
  switch (stored) {
    case 'expired':
      return 'cleaned_up';
    case 'ended':
      return 'ended_all';
    case 'stopped':
      // Whoever holds the value acts as the token itself.
      return actor === uid ? 'revoked_by_holder' : 'expired_now';
    default:
      return stored;
  }
}

/** The reason of an audit entry: why a change was made, in the API's words, or why it was refused, which is no such word. */
export function auditReasonFrom(
  stored: string,
  { outcome, created_by: actor, metadata }: Pick<AuditEntry, 'outcome' | 'created_by' | 'metadata'>,
): string {
  return outcome === 'done' ? reasonFrom(stored, { actor, token_uid: metadata.uid }) : stored;
}
