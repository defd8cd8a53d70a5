import type { Token } from '../tokens/token.ts';
import type { RevocationRepository } from './revocation-repository.ts';
import { isOpen, type Session } from './session.ts';
import type { SessionRepository } from './session-repository.ts';

/** Finds what a broken chain leaves behind. The only reads here that may go through a whole table, page by page. */
export interface ReconciliationRepository {
  /** A page of all sessions of all tokens; `next` is null at the end. */
  scanSessions(from: string | null): Promise<{ readonly sessions: readonly Session[]; readonly next: string | null }>;
  /** Strongly; null where there is none. */
  tokens(uids: readonly string[]): Promise<readonly (Token | null)[]>;
  /** Receipts that are due to be looked at again, among whatever else is due: operations by token, those found while there is time. */
  dueReceipts(
    now: Date,
    hasTime: () => boolean,
  ): Promise<readonly { readonly token: string; readonly operation: string }[]>;
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
  /** False where time ran out; the next run begins anew. */
  readonly complete: boolean;
}

/** A revocation is given that long before its sessions count as left over. */
const graceMs = 10 * 60_000;

/**
 * Looks for what should not be there, repairs and counts it. Harmless twice, late and beside a revocation under way: sessions are
 * deleted only where the token's strongly read item says that they are over, and a receipt's round begins where its progress is.
 */
export async function reconcile(deps: ReconcileDependencies): Promise<Reconciled> {
  const overdue = await giveRounds(deps);
  let leftover = 0;
  let from: string | null = null;
  do {
    if (!deps.hasTime()) return { leftover_sessions: leftover, overdue_receipts: overdue, complete: false };
    const page: Awaited<ReturnType<ReconciliationRepository['scanSessions']>> = await deps.found.scanSessions(from);
    leftover += await tidy(deps, page.sessions);
    from = page.next;
  } while (from !== null);
  return { leftover_sessions: leftover, overdue_receipts: overdue, complete: true };
}

async function giveRounds({ found, revocations, now, hasTime }: ReconcileDependencies): Promise<number> {
  let given = 0;
  for (const { token, operation } of await found.dueReceipts(now(), hasTime)) {
    if (!hasTime()) break;
    const revocation = await revocations.find(token, operation);
    if (!revocation || revocation.receipt.state === 'completed') continue;
    await revocations.again(revocation.receipt, now());
    given += 1;
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
