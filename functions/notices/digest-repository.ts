import type { Threshold } from '../hygiene/decide.ts';
import type { Member, Stack } from '../stacks/stack.ts';
import type { UsedToken } from '../tokens/token-repository.ts';
import type { OpenEnum } from '../values/open-enum.ts';
import type { DigestKey, DueDigest } from './notice-repository.ts';

/** A notice as its digest holds it. */
export interface DigestNotice {
  readonly token_uid: string;
  readonly expires_at: string;
  readonly threshold: Threshold;
}

/** A digest with its notices. */
export interface ReadDigest extends DigestKey {
  readonly notices: readonly DigestNotice[];
}

/** A digest that was closed and is this run's to send until `due_at`, when another run may take it. */
export interface TakenDigest extends ReadDigest, DueDigest {}

/** A member of a stack, with the address that the issuer has verified; null: none is known, as of machines. */
export interface Reachable extends Member {
  readonly address: string | null;
}

/** `sending`: claimed, and whether it was sent is not known until an outcome is recorded. */
export type DeliveryState = OpenEnum<'sending' | 'sent' | 'failed' | 'unknown' | 'undeliverable'>;

/** One mail of a digest to one person, and what became of it. Instants are ISO 8601, UTC. */
export interface Delivery extends DigestKey {
  /** Uid of the recipient. */
  readonly person: string;
  readonly address: string;
  readonly state: DeliveryState;
  /** The run that brought it into this state, so that a run knows its own write again. */
  readonly run: string;
  readonly tries: number;
  /** Whether a try whose outcome is unknown went before: it is tried once more, and marked so. */
  readonly again: boolean;
  /** Of its present state. */
  readonly at: string;
  readonly reason: string | null;
  readonly next_try_at: string | null;
}

/** What there is to send a digest with; read strongly when it is sent, so that it tells of things as they are then. */
export interface DigestScene {
  readonly stack: Stack;
  readonly people: readonly Reachable[];
  readonly tokens: readonly UsedToken[];
  readonly deliveries: readonly Delivery[];
}

/** Storage of digests and of their deliveries. */
export interface DigestRepository {
  /**
   * Closes a digest, and holds it until then: nobody else sends it meanwhile, and a crash leaves it due at that instant.
   * @returns null where somebody else has it, or it was sent
   */
  take(digest: DueDigest, until: Date): Promise<TakenDigest | null>;
  /** Null where the stack is gone. */
  scene(digest: ReadDigest): Promise<DigestScene | null>;
  /** Records a delivery's new state on condition that it is as it was seen; null: there was none. @returns whether it was */
  record(delivery: Delivery, seen: Delivery | null): Promise<boolean>;
  /** Nothing is left to do about a digest. Nothing where another run has taken it since. */
  finish(digest: DueDigest, state: 'sent' | 'undeliverable' | 'nobody'): Promise<void>;
  /** Something is to be tried again then. Nothing where another run has taken it since. */
  postpone(digest: DueDigest, until: string): Promise<void>;
}
