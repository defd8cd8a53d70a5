import { isSameData } from '../values/canonical-json.ts';
import type { FieldChange } from './audit-entry.ts';

/**
 * The fields of `after` that differ from those of `before`, each with what it was and what it became, for the audit log.
 * @param prefix stands before each name in the audit log
 */
export function fieldChanges<T extends object>(before: T, after: T, prefix = ''): FieldChange[] {
  return (Object.keys(after) as (keyof T & string)[])
    .filter((field) => !isSameData(before[field], after[field]))
    .map((field) => ({ field: `${prefix}${field}`, from: before[field], to: after[field] }));
}
