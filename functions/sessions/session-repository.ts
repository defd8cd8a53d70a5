import type { AuditEntry } from '../stacks/audit-entry.ts';
import type { MemberFailed } from '../stacks/not-changed.ts';
import type { Session } from '../verification/session.ts';

/** A page of one shard of a token's sessions, in the order of their uids. */
export interface SessionPage {
  readonly token: string;
  /** One hexadecimal digit. */
  readonly shard: string;
  /** Only uids after this one. */
  readonly after?: string;
  readonly limit: number;
}

export type SessionEpoch = Pick<Session, 'uid' | 'epoch'>;

/** Storage of live sessions. Reads are strong. */
export interface SessionRepository {
  /**
   * Opens a session. Each attempt puts another one, because a put that was given up may still be carried out, after the session's end.
   * @param mint makes a session with a uid and a value of its own
   * @returns the session that was put; nobody is to be given the value of any other
   * @throws {Refusal} `unavailable`
   */
  open<M extends { readonly session: Session }>(mint: () => M): Promise<M>;
  /** Ends one session. @returns whether there was one. */
  end(token: string, uid: string): Promise<boolean>;
  page(page: SessionPage): Promise<readonly Session[]>;
  /** The same page, and no more of each than ending it takes. */
  epochs(page: SessionPage): Promise<readonly SessionEpoch[]>;
  /** Deletes the rows of sessions that are over; those that are gone already are no error. */
  deleteAll(token: string, uids: readonly string[]): Promise<void>;
}

/** Sessions, for a member of the stack. */
export interface ManagedSessions {
  /**
   * An admin ends one session: its row's deletion, the caller's membership, the token's stack and the audit entry in one transaction.
   * @returns null when it is done, else what stood in the way: `session` where there is no such session of such a token in the stack
   * @throws {Refusal} `conflict`, `unavailable`
   */
  endByMember(end: {
    stack: string;
    member: string;
    token: string;
    session: string;
    audit: AuditEntry;
  }): Promise<MemberFailed | { readonly failed: 'session' } | null>;
}
