import type { AuditEntry } from './audit-entry.ts';
import type { KnownAddress } from './person.ts';

/** Storage of the people and machines that have ever joined a stack. Every read is strong. */
export interface PersonRepository {
  /**
   * @returns the address and the keys of at most 1,000 stacks, in one read; the address is null for somebody who never joined a stack
   * @throws {Refusal} `unavailable`
   */
  find(uid: string): Promise<{ readonly known: KnownAddress | null; readonly stacks: readonly string[] }>;
  /**
   * Stores another address and puts the audit entries. Condition: the stored address is as it was read, and came from an older JWT.
   * @returns false where the condition does not hold
   * @throws {Refusal} `conflict`, `unavailable`
   */
  renewAddress(renewal: {
    readonly uid: string;
    readonly seen: KnownAddress;
    readonly address: string;
    /** `iat` of the JWT that it is taken from. */
    readonly issued_at: number;
    readonly entries: readonly AuditEntry[];
  }): Promise<boolean>;
}
