import { isAlive, type Token } from '../tokens/token.ts';
import { covers, type Need } from '../values/scope.ts';
import { isOpen, type Session } from './session.ts';

/** What the judge looks at of a session. */
export type JudgedSession = Pick<Session, 'epoch' | 'expires_at'>;

/** What a caller presented, as the door made it out. */
export interface Presented {
  /** Whether the value's digest is the kept one. */
  readonly digestMatches: boolean;
  /** The stack that the caller named, or null when none. */
  readonly stack: string | null;
  /** What the request needs of the token's scope; absent where the door asks for nothing. */
  readonly need?: Need;
}

export type Verdict =
  | { readonly active: true; readonly token: Token }
  | {
      readonly active: false;
      readonly reason: 'unknown' | 'deleted' | 'expired' | 'session-over' | 'other-stack' | 'out-of-scope';
    };

/**
 * Decides whether a credential is good. Every door asks here and nowhere else; the inputs are what one strong read gave, and this
 * moment. `session` is undefined where a token itself was presented, null where the presented session has no row.
 */
export function judge({ token, session, presented, now }: JudgedCase): Verdict {
  if (!token || !presented.digestMatches) return { active: false, reason: 'unknown' };
  if (token.state === 'deleted') return { active: false, reason: 'deleted' };
  // A state that a newer version has written: what it means is not known, so it lets nobody in.
  if (token.state !== 'live' && token.state !== 'stopped') return { active: false, reason: 'unknown' };
  if (session !== undefined && !(session && isOpen(session, token, now)))
    return { active: false, reason: 'session-over' };
  if (!isAlive(token, now)) return { active: false, reason: 'expired' };
  if (presented.stack !== token.api_key) return { active: false, reason: 'other-stack' };
  if (presented.need && !covers(token.scope, presented.need)) return { active: false, reason: 'out-of-scope' };
  return { active: true, token };
}

export interface JudgedCase {
  readonly token: Token | null;
  readonly session?: JudgedSession | null;
  readonly presented: Presented;
  readonly now: Date;
}
