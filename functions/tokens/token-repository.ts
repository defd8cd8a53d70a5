import type { AuditEntry } from '../stacks/audit-entry.ts';
import type { MemberFailed } from '../stacks/not-changed.ts';
import type { Member, Stack } from '../stacks/stack.ts';
import { dayMs } from '../values/duration.ts';
import type { LastUse } from '../values/last-use.ts';
import type { Randomness } from '../values/token-value.ts';
import type { Receipt } from './revocation.ts';
import type { SettingsContext } from './settings.ts';
import type { Token } from './token.ts';

/** What the use cases of tokens are given. */
export interface TokenDependencies {
  readonly tokens: TokenRepository;
  readonly now: () => Date;
  readonly random: Randomness;
  readonly organization: SettingsContext['organization'];
}

/** What a caller's key and body were when a token was created, kept for 24 hours in the creating transaction. */
export interface IdempotencyRecord {
  /** Hash of caller, stack, route and key. */
  readonly id: string;
  /** Hash of the parsed body. */
  readonly body: string;
  readonly token_uid: string;
  /** ISO 8601 instant. */
  readonly created_at: string;
}

/** Idempotency keys hold that long. */
export const idempotencyMs = dayMs;

/** A stack as one caller sees it, from one strong read. Null: no row. */
export interface Seen {
  readonly member: Member | null;
  readonly stack: Stack | null;
  readonly token: Token | null;
  /** Of the branches and aliases that were asked for, those that exist. */
  readonly branches: readonly string[];
  readonly aliases: readonly string[];
  readonly earlier: IdempotencyRecord | null;
  /** When the token was used last; null where it never was, or where that was not asked for. */
  readonly lastUse: LastUse | null;
  readonly lastRefusedAt?: UsedToken['lastRefusedAt'];
}

export interface Sight {
  readonly stack: string;
  readonly member: string;
  readonly token?: string;
  readonly branches?: readonly string[];
  readonly aliases?: readonly string[];
  readonly idempotencyId?: string;
  /** Whether the token's last use and last refusal are wanted, too. */
  readonly lastUse?: true;
}

/** A token with its last use; null: never. */
export interface UsedToken {
  readonly token: Token;
  readonly lastUse: LastUse | null;
  /** When its scope refused a call with the right value the last time: ISO 8601 instant. Null or absent: never. */
  readonly lastRefusedAt?: string | null;
}

/** By what right a token is changed: an owner's or admin's of its stack, or that of who holds its value (the digest proves it). */
export type Authority = { readonly member: string } | { readonly holder: string };

/** A new token, with the right by which it is made. */
export interface Creation {
  readonly token: Token;
  readonly stack: Stack;
  readonly member: string;
  readonly audit: AuditEntry;
  readonly idempotency?: IdempotencyRecord;
}

/** An edit, as it is written: an epoch is raised with a receipt, and only so. */
export interface Edit {
  readonly before: Token;
  readonly after: Token;
  readonly by: Authority;
  readonly audit: AuditEntry;
  readonly receipt?: Receipt;
}

/** A new token that follows another, which must still be as it was read; it is edited in the same transaction, or only looked at. */
export interface Succession {
  readonly creation: Creation;
  readonly before: Token;
  readonly edit?: Omit<Edit, 'before' | 'by'>;
}

/** A deletion, as its caller asked for it: everything that it needs is known without a read. */
export interface Deletion {
  readonly receipt: Receipt;
  readonly member: string;
  /** NFC. The token's name must be exactly this, in the very write that deletes. */
  readonly confirmName: string;
  /** From `If-Match`; absent or undefined: any version. */
  readonly version?: number | undefined;
  readonly audit: AuditEntry;
}

/** A clean-up: what is deleted because it expired long ago, and only as it was seen. */
export interface CleanUp {
  readonly receipt: Receipt;
  readonly audit: AuditEntry;
  /** The token must still be of this version, armed by the same settings, and have this next action, expiry and state. */
  readonly seen: Token;
  /** When tokens of the stack were cleaned up, as it was read; it must still be so. */
  readonly cleanedBefore: readonly string[];
  /** The same with this one: what the limit of the next 24 hours is counted by. */
  readonly cleanedAfter: readonly string[];
}

/** What the rows were when a deletion's conditions failed; undefined where that row's own condition held. */
export interface DeletionOutcome {
  readonly member?: Member | null;
  readonly token?: Token | null;
}

/** Reading management tokens, strongly. */
export interface TokenReads {
  /** One strong batch read. */
  see(sight: Sight): Promise<Seen>;
  /** All tokens of a stack, with the caller's membership: a strong query of the roster and one strong batch read. */
  list(
    stack: string,
    member: string,
  ): Promise<Pick<Seen, 'member' | 'stack'> & { readonly tokens: readonly UsedToken[] }>;
}

/**
 * What stood in the way of a creation; of several things the first in this order. `before`: the token that is followed is not as it was
 * read. `name`: it is taken. `count`: the stack is full, or its hygiene settings are not those that the token was armed by.
 */
export type NotCreated =
  | MemberFailed
  | { readonly failed: 'idempotency'; readonly earlier: IdempotencyRecord }
  | { readonly failed: 'before' | 'name' }
  | { readonly failed: 'count'; readonly tokens: number };

/** What stood in the way of an edit; of several things the first in this order. `token`: it is not as it was read. `name`: it is taken. */
export type NotReplaced = MemberFailed | { readonly failed: 'token' | 'name' };

/**
 * Storage of management tokens. Every change is one transaction that tests the caller's membership.
 * @returns null when it is done, else what stood in the way; nothing was changed then. What the caller is told is for use cases to say
 * @throws {Refusal} `conflict`, `unavailable`
 */
export interface TokenRepository extends TokenReads {
  create(creation: Creation): Promise<NotCreated | null>;
  /** Creates a token that follows another. */
  succeed(succession: Succession): Promise<NotCreated | null>;
  /**
   * Replaces a token on condition that it is still the version and epoch that was read, and armed by the same settings. An epoch is
   * raised with a receipt, and only so.
   */
  replace(edit: Edit): Promise<NotReplaced | null>;
  /** Deletes without a read. */
  delete(deletion: Deletion): Promise<DeletionOutcome | null>;
  /** Deletes a token that expired. @returns false where it, or the clean-ups of its stack, are not as they were seen; nothing was changed then */
  cleanUp(cleanUp: CleanUp): Promise<boolean>;
  /** Keeps a refusal in the audit log. */
  recordRefusal(audit: AuditEntry): Promise<void>;
}
