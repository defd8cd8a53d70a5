import type { OpenEnum } from '../values/open-enum.ts';
import type { Randomness } from '../values/token-value.ts';
import type { Actor } from './person.ts';

/** What a field was and what it became. */
export interface FieldChange {
  readonly field: string;
  readonly from: unknown;
  readonly to: unknown;
}

/** One line of a stack's audit log: who did what, or tried to. Never holds a token value or a digest. */
export interface AuditEntry {
  /** Sorts by time. */
  readonly uid: string;
  readonly stack: string;
  readonly created_at: string;
  readonly created_by: string;
  readonly module: OpenEnum<'management_token' | 'stack'>;
  readonly event_type: OpenEnum<'create' | 'update' | 'delete'>;
  readonly outcome: OpenEnum<'done' | 'refused'>;
  /** Why it was refused. */
  readonly reason?: string;
  readonly metadata: { readonly uid: string; readonly title: string };
  readonly changes: readonly FieldChange[];
  readonly request_id: string;
  readonly remote_addr: string;
}

export type AuditedEvent = Pick<AuditEntry, 'stack' | 'module' | 'event_type' | 'metadata'> &
  Partial<Pick<AuditEntry, 'outcome' | 'reason' | 'changes'>>;

/**
 * Makes an entry. Its uid is the id of the operation, fixed once per attempt of a caller: that the entry is there is the proof that
 * the change was made.
 */
export function auditEntry(
  event: AuditedEvent,
  { actor, at, operation }: { actor: Omit<Actor, 'identity'>; at: Date; operation: string },
): AuditEntry {
  return {
    outcome: 'done',
    changes: [],
    ...event,
    uid: operation,
    created_at: at.toISOString(),
    created_by: actor.uid,
    request_id: actor.request_id,
    remote_addr: actor.remote_addr,
  };
}

/** A fresh id of an operation: 12 hex digits of milliseconds, so that it sorts by time, and 20 random ones. */
export function operationId(at: Date, random: Randomness): string {
  return at.getTime().toString(16).padStart(12, '0') + Buffer.from(random(10)).toString('hex');
}
