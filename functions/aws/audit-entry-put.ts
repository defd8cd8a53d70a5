import type { AuditEntry } from '../stacks/audit-entry.ts';
import { auditSubject, type Keys } from './keys.ts';
import type { Put } from './storage/expressions.ts';

/**
 * Puts an audit entry, with its place in the index by what it is about. In the transaction of a change it is the first step and the
 * proof: that the entry is there says that the change was made.
 */
export function auditEntryPut(keys: Keys, entry: AuditEntry): Put & { readonly condition: string } {
  return {
    put: keys.audit(entry.stack, entry.uid),
    item: { ...entry, subject: auditSubject(entry.stack, entry.metadata.uid) },
    condition: 'attribute_not_exists(#pk)',
  };
}
