import type { Threshold } from '../hygiene/decide.ts';
import type { NextAction } from '../hygiene/schedule.ts';
import type { Stack } from '../stacks/stack.ts';
import type { Token } from '../tokens/token.ts';
import type { UsedToken } from '../tokens/token-repository.ts';

/** One warning about one token at one threshold: claimed once, before anybody is told. Instants are ISO 8601, UTC. */
export interface Notice {
  readonly token_uid: string;
  readonly api_key: string;
  readonly name: string;
  readonly token_version: number;
  readonly epoch: number;
  /** The expiry that it is about: when that moves, this notice is about nothing any more. */
  readonly expires_at: string;
  readonly threshold: Threshold;
  readonly claimed_at: string;
  readonly last_used_at: string | null;
}

/** Which digest: notices of a stack that are sent in one mail to each recipient. */
export interface DigestKey {
  readonly stack: string;
  readonly send_at: string;
}

/** A digest that is due, as the index has it. */
export interface DueDigest extends DigestKey {
  /** When it was due: who takes it holds it to this. */
  readonly due_at: string;
}

/**
 * What is due by an instant, from the head of every shard of the index, without the receipts that share it: those have a schedule of
 * their own. An index only says where to look.
 */
export interface Due {
  readonly tokens: readonly string[];
  readonly digests: readonly DueDigest[];
  /** Whether there is more than this. */
  readonly more: boolean;
}

/** A row that is not as it should be, and when something was due about it, as it stands there. */
export interface UnreadableToken {
  readonly uid: string;
  readonly due_at: string;
  readonly error: unknown;
}

/** Tokens with what is known of their use, and those whose rows are not as they should be: one of them holds up no other. */
export interface DueTokens {
  readonly found: readonly UsedToken[];
  readonly unreadable: readonly UnreadableToken[];
}

export interface Claim {
  readonly token: Token;
  readonly notice: Notice;
  /** What is to be done next about the token, written with the claim. */
  readonly next: NextAction | null;
  /** The digest that is to hold it. */
  readonly digest: DigestKey;
}

/**
 * `claimed-before`: there is a notice of this token, expiry and threshold. `digest-closed`: that digest is being sent, or was.
 * `changed`: the token is not as it was seen. Nothing was written then.
 */
export type ClaimOutcome = 'claimed' | 'claimed-before' | 'digest-closed' | 'changed';

/** Storage of what is due and of claimed notices. Reads of tokens and stacks are strong, and every write is on condition. */
export interface NoticeRepository {
  /** One query for each shard, and more only where receipts are in the way. */
  due(now: Date): Promise<Due>;
  /** Strongly, without those that are gone. */
  tokens(uids: readonly string[]): Promise<DueTokens>;
  /** Strongly: a stack and when its tokens were cleaned up. */
  stack(key: string): Promise<{ readonly stack: Stack; readonly cleaned: readonly string[] } | null>;
  /** The notice, the token's next action and its place in the digest, in one transaction. */
  claim(claim: Claim): Promise<ClaimOutcome>;
  /**
   * Claims several notices (33 at most) of one digest in one transaction.
   * @returns false when one of them cannot be claimed; nothing was written then
   */
  claimAll(claims: readonly Claim[]): Promise<boolean>;
  /** Only the token's next action. @returns false where the token is not as it was seen */
  advance(token: Token, next: NextAction | null): Promise<boolean>;
  /** What is due for the token is tried again later; counted. @returns false where the token is not as it was seen */
  postpone(token: Token, until: Date): Promise<boolean>;
  /** The same for one that cannot be read, where it is due by `now`. */
  postponeUnreadable(token: UnreadableToken, { now, until }: { now: Date; until: Date }): Promise<boolean>;
}
