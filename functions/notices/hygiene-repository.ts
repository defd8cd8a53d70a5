import type { Threshold } from '../hygiene/decide.ts';
import type { NextAction } from '../hygiene/schedule.ts';
import type { AuditEntry } from '../stacks/audit-entry.ts';
import type { NotChanged } from '../stacks/not-changed.ts';
import type { Stack } from '../stacks/stack.ts';
import type { Token } from '../tokens/token.ts';
import type { Delivery } from './digest-repository.ts';

/** A change of a stack's hygiene settings, with what it makes of the stack's tokens. */
export interface HygieneChange {
  readonly before: Stack;
  readonly after: Stack;
  /** Who changes it: owner or admin in that very moment. */
  readonly member: string;
  readonly audit: AuditEntry;
  /** All tokens of the stack, as they were seen, each with what is to be done next about it. */
  readonly tokens: readonly { readonly token: Token; readonly next: NextAction | null }[];
}

/** What a notice is claimed by: law 7. */
export interface NoticeIdentity {
  readonly token_uid: string;
  readonly expires_at: string;
  readonly threshold: Threshold;
}

/** Storage of hygiene settings, for who may see and change them. */
export interface HygieneRepository {
  /**
   * The settings and every token's next action, in one transaction.
   * @returns null when it is done, else what stood in the way: `stale` where the settings, a token or their number is not as it was
   * read. Nothing was changed then
   * @throws {Refusal} `conflict`, `unavailable`
   */
  change(change: HygieneChange): Promise<NotChanged | null>;
  /** When tokens of the stack were cleaned up, at least in the last 24 hours. */
  cleaned(stack: string): Promise<readonly string[]>;
  /** Of notices (100 at most), those that were claimed: of each its token's uid. @throws {Refusal} `unavailable` */
  claimed(notices: readonly NoticeIdentity[]): Promise<ReadonlySet<string>>;
  /** The newest first. */
  deliveries(stack: string, limit: number): Promise<readonly Delivery[]>;
}
