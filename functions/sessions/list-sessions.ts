import { requireToken } from '../tokens/edit-token.ts';
import { isAlive, type Token } from '../tokens/token.ts';
import type { TokenReads } from '../tokens/token-repository.ts';
import { Refusal } from '../values/refusals.ts';
import { isUid } from '../values/token-value.ts';
import { isOpen, type Session, shards } from '../verification/session.ts';
import type { SessionRepository } from './session-repository.ts';

/** Where a listing goes on: in a shard, after a uid. */
export interface Position {
  readonly shard: number;
  readonly after?: string;
}

export interface SessionListing {
  readonly token: Token;
  readonly sessions: readonly Session[];
  /** Where the next page begins; null at the end. */
  readonly next: Position | null;
}

/**
 * A page of a token's live sessions: those of its present epoch. None where the token itself is over. Which page is read after who
 * may ask is known: that is the error to tell first.
 * @throws {Refusal} `stack-not-found`, `not-allowed`, `token-not-found`, `unavailable`
 */
export async function listSessions(
  deps: { tokens: TokenReads; sessions: SessionRepository; now: () => Date },
  {
    caller,
    stack,
    uid,
    page,
  }: { caller: string; stack: string; uid: string; page: () => { from: Position; limit: number } },
): Promise<SessionListing> {
  const seen = await deps.tokens.see({ stack, member: caller, ...(isUid(uid) ? { token: uid } : {}) });
  const { token } = requireToken(seen);
  const wanted = page();
  if (!isAlive(token, deps.now())) return { token, sessions: [], next: null };
  return { token, ...(await liveSessions(deps, token, wanted)) };
}

const rowsPerQuery = 100;
const mostQueries = 40;

/**
 * Live sessions of a token from a position on, shard after shard: at most `limit`, and fewer where many rows are over and nobody has
 * tidied them yet. `next` is where the next page begins.
 */
export async function liveSessions(
  { sessions, now }: { sessions: SessionRepository; now: () => Date },
  token: Token,
  { from, limit }: { from: Position; limit: number },
): Promise<{ sessions: readonly Session[]; next: Position | null }> {
  const found: Session[] = [];
  let position = from;
  let shard = shards[position.shard];
  for (let queries = 0; shard && queries < mostQueries; queries += 1) {
    const after = position.after ? { after: position.after } : {};
    const page: readonly Session[] = await sessions.page({ token: token.uid, shard, limit: rowsPerQuery, ...after });
    for (const session of page) {
      position = { shard: position.shard, after: session.uid };
      if (isOpen(session, token, now())) found.push(session);
      if (found.length === limit) return { sessions: found, next: position };
    }
    if (page.length < rowsPerQuery) position = { shard: position.shard + 1 };
    shard = shards[position.shard];
  }
  return { sessions: found, next: shard ? position : null };
}

const mostPages = 20;

/** How many sessions of a token are live: exact up to `most`, then only that there are more. */
export async function countLiveSessions(
  deps: { sessions: SessionRepository; now: () => Date },
  token: Token,
  most: number,
): Promise<{ count: number; more: boolean }> {
  let count = 0;
  let next: Position | null = { shard: 0 };
  for (let pages = 0; next && count <= most && pages < mostPages; pages += 1) {
    const page: Awaited<ReturnType<typeof liveSessions>> = await liveSessions(deps, token, {
      from: next,
      limit: most + 1 - count,
    });
    count += page.sessions.length;
    next = page.next;
  }
  // There is a next page where more than `most` were found; and where rows that are over were in the way there may be more.
  return { count: Math.min(count, most), more: next !== null };
}

/** @throws {Refusal} `malformed` for a cursor that was changed, or that is another token's */
export const badCursor = () =>
  new Refusal('malformed', {
    errors: { cursor: ['is not one that was given for this token. Start again without it.'] },
  });
