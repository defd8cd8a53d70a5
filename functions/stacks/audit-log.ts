import type { AuditEntry } from './audit-entry.ts';

/** A part of an audit log, the newest entries first. */
export interface AuditPage {
  readonly entries: readonly AuditEntry[];
  /** Uid of the entry that was looked at last; null where nothing older is left in this part. */
  readonly next: string | null;
}

/** Which entries are read: at most so many are looked at, only those older than `before`, the uid of an entry. */
export interface AuditRange {
  readonly stack: string;
  readonly limit: number;
  readonly before: string | null;
}

/** What an entry is about: the uid of a token, or the stack's own. */
export type AuditRangeAbout = AuditRange & { readonly subject: string };

/** Storage of the audit log, which is only ever added to. */
export interface AuditLog {
  /** All entries, read strongly. */
  all(range: AuditRange): Promise<AuditPage>;
  /** Those about one subject, by the index: none that was stored before there was an index, and the newest a moment late. */
  about(range: AuditRangeAbout): Promise<AuditPage>;
  /** Those about one subject that are in no index, read strongly: `limit` counts all entries that are looked at for them. */
  unindexedAbout(range: AuditRangeAbout): Promise<AuditPage>;
  entry(stack: string, uid: string): Promise<AuditEntry | null>;
}
