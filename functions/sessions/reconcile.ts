import type { Token } from '../tokens/token.ts';
import { dayMs, hourMs, minuteMs } from '../values/duration.ts';
import { isOpen, type Session } from '../verification/session.ts';
import { giveRound, type RevocationKey } from './resume-revocations.ts';
import type { RevocationRepository } from './revocation-repository.ts';
import type { SessionRepository } from './session-repository.ts';

/** In so many parts the sessions of all tokens are gone through, each about as large as the others. */
export const scanParts = 16;

/** What is due by the index, among tokens. */
export interface Due {
  readonly receipts: readonly RevocationKey[];
  /** Mails that wait to be sent: since when, ISO 8601 instants. */
  readonly digests: readonly string[];
}

/** Finds what a broken chain leaves behind. The only reads here that may go through a whole table, page by page. */
export interface ReconciliationRepository {
  /**
   * A page of the sessions of all tokens; `next` is null at the end of the part.
   * @param part 0 to `scanParts` - 1
   */
  scanSessions(
    part: number,
    from: string | null,
  ): Promise<{ readonly sessions: readonly Session[]; readonly next: string | null }>;
  /** Strongly; null where there is none. */
  tokens(uids: readonly string[]): Promise<readonly (Token | null)[]>;
  /** Receipts that are due to be looked at again, and digests that are due to be sent: those found while there is time. */
  due(now: Date, hasTime: () => boolean): Promise<Due>;
  /** Whether a revocation of the token is not completed. Strongly. */
  isRevocationUnderWay(token: string): Promise<boolean>;
}

export interface ReconcileDependencies {
  readonly found: ReconciliationRepository;
  readonly sessions: SessionRepository;
  readonly revocations: RevocationRepository;
  readonly now: () => Date;
  /** Whether there is time for another page. */
  readonly hasTime: () => boolean;
}

export interface Reconciled {
  /** Rows of sessions that are over by their token, and that nobody is ending: deleted. */
  readonly leftover_sessions: number;
  /** Receipts that were not completed in time: given another round. */
  readonly overdue_receipts: number;
  /** Mails with claimed notices that should have been sent an hour ago. The sweep sends them, when it runs. */
  readonly overdue_digests: number;
  /** False where time ran out; the next run begins with another part. */
  readonly complete: boolean;
}

/** A revocation is given that long before its sessions count as left over. */
const graceMs = 10 * minuteMs;
/** Four sweeps have passed a digest by. */
const lateMs = hourMs;

/**
 * Looks for what should not be there, repairs and counts it. Harmless twice, late and beside a revocation under way: sessions are
 * deleted only where the token's strongly read item says that they are over, and a receipt's round begins where its progress is.
 */
export async function reconcile(deps: ReconcileDependencies): Promise<Reconciled> {
  const { receipts, digests } = await deps.found.due(deps.now(), deps.hasTime);
  const overdue_digests = digests.filter((at) => deps.now().getTime() - Date.parse(at) >= lateMs).length;
  const overdue_receipts = await giveRounds(deps, receipts);
  let leftover_sessions = 0;
  for await (const page of pagesWhileThereIsTime(deps)) {
    if (page === 'no time') return { leftover_sessions, overdue_receipts, overdue_digests, complete: false };
    leftover_sessions += await tidy(deps, page);
  }
  return { leftover_sessions, overdue_receipts, overdue_digests, complete: true };
}

/** Each day from another part on: where a day has no time for all of them, none is left out for ever. */
async function* pagesWhileThereIsTime({
  found,
  now,
  hasTime,
}: ReconcileDependencies): AsyncGenerator<readonly Session[] | 'no time'> {
  const first = Math.floor(now().getTime() / dayMs);
  for (let step = 0; step < scanParts; step += 1) {
    let from: string | null = null;
    do {
      if (!hasTime()) return yield 'no time';
      const page: Awaited<ReturnType<ReconciliationRepository['scanSessions']>> = await found.scanSessions(
        (first + step) % scanParts,
        from,
      );
      yield page.sessions;
      from = page.next;
    } while (from !== null);
  }
}

async function giveRounds(deps: ReconcileDependencies, receipts: Due['receipts']): Promise<number> {
  let given = 0;
  for (const receipt of receipts) {
    if (!deps.hasTime()) break;
    if (await giveRound(deps, receipt)) given += 1;
  }
  return given;
}

async function tidy({ found, sessions, now }: ReconcileDependencies, page: readonly Session[]): Promise<number> {
  const byToken = [...Map.groupBy(page, ({ token_uid }) => token_uid)];
  const tokens = await found.tokens(byToken.map(([uid]) => uid));
  let tidied = 0;
  for (const [index, [uid, rows]] of byToken.entries()) {
    const over = rows.filter((session) => isLeftOver(session, tokens[index] ?? null, now()));
    // However late, a revocation tells of its sessions before it deletes them: nobody else may.
    if (over.length === 0 || (await found.isRevocationUnderWay(uid))) continue;
    await sessions.deleteAll(
      uid,
      over.map((session) => session.uid),
    );
    tidied += over.length;
  }
  return tidied;
}

/** What its own lifetime has ended is TTL's to tidy, and what is being ended now is its revocation's. */
function isLeftOver(session: Session, token: Token | null, now: Date): boolean {
  if (now.getTime() >= Date.parse(session.expires_at)) return false;
  const since = token?.end?.at ?? token?.updated_at ?? session.opened_at;
  const isOver = token === null || token.state === 'deleted' || !isOpen(session, token, now);
  return isOver && now.getTime() - Math.max(Date.parse(since), Date.parse(session.opened_at)) >= graceMs;
}
