import { Refusal } from '../values/refusals.ts';
import { isUid } from '../values/token-value.ts';
import type { AuditEntry } from './audit-entry.ts';
import type { AuditLog, AuditPage } from './audit-log.ts';
import { requireTokenRights } from './stack.ts';
import type { StackRepository } from './stack-repository.ts';

export interface ReadAuditLogDependencies {
  readonly stacks: Pick<StackRepository, 'findMember'>;
  readonly auditLog: AuditLog;
  /** True while there is time to look at more entries. */
  readonly hasTime: () => boolean;
}

interface Asked {
  /** Uid of who asks. */
  readonly caller: string;
  readonly stack: string;
}

/**
 * Where a reading goes on: behind the entry `after`, in one of its parts. `newest` is the log itself. A search for one subject leaves
 * it after a while, at the entry `edge`, and goes on behind that in the index, and then in what was stored before there was an index.
 */
export type AuditPosition =
  | { readonly part: 'newest'; readonly after: string | null }
  | { readonly part: 'indexed'; readonly after: string; readonly edge: string }
  | { readonly part: 'unindexed'; readonly after: string };

/** The beginning of every log. */
export const newestEntry: AuditPosition = { part: 'newest', after: null };

export interface AuditQuery {
  readonly limit: number;
  /** Of the entries that match, so many are left out at the beginning. */
  readonly skip: number;
  readonly from: AuditPosition;
  /** Whether all that match are counted, and not only read as far as they fill a page. */
  readonly withCount: boolean;
  /** Which entries match; absent: all of them. */
  readonly search?: { readonly matches: (entry: AuditEntry) => boolean; readonly subject: string | null };
}

export interface FoundEntries {
  /** The newest first. */
  readonly entries: readonly AuditEntry[];
  /** How many match, of those that were looked at. */
  readonly count: number;
  /** Where the next page begins; null at the end. */
  readonly next: AuditPosition | null;
  /** Whether a search, or a count, stopped before the end of the log. */
  readonly isIncomplete: boolean;
  /** Whether the count was asked for. */
  readonly withCount: boolean;
}

/** What is searched is read: so many of the newest entries, and a log never ends. */
const mostSearched = 2000;
const perRequest = 1000;

/**
 * A page of a stack's audit log, the newest first. What is asked for is read after it is known who may ask: that is the error to tell first.
 *
 * A search looks at 2,000 entries. One for a single subject then goes on to the end of the log, for as long as there is time.
 * @throws {Refusal} `stack-not-found`, `not-allowed`, `unavailable`, and what `query` throws
 */
export async function readAuditLog(
  deps: ReadAuditLogDependencies,
  { caller, stack, query }: Asked & { readonly query: () => AuditQuery },
): Promise<FoundEntries> {
  requireTokenRights(await deps.stacks.findMember(stack, caller));
  const asked = query();
  const { limit, skip, withCount, search } = asked;
  const subject = search?.subject && isUid(search.subject) ? search.subject : null;
  const found: { readonly entry: AuditEntry; readonly after: AuditPosition }[] = [];
  let position: AuditPosition | null = asked.from;
  do {
    const most = search || withCount ? mostSearched : skip + limit;
    const batch: Batch = await nextBatch(deps.auditLog, position, { stack, subject, most });
    found.push(...batch.found.filter(({ entry }) => search?.matches(entry) ?? true));
    position = batch.next;
  } while (position && subject && (withCount || found.length <= skip + limit) && deps.hasTime());
  const page = found.slice(skip, skip + limit);
  return {
    // Unindexed entries come behind those of the index, also where they are newer.
    entries: page.map(({ entry }) => entry).sort((a, b) => (a.uid < b.uid ? 1 : -1)),
    count: found.length,
    next: found.length > skip + limit ? (page.at(-1)?.after ?? asked.from) : position,
    withCount,
    isIncomplete: (search !== undefined || withCount) && position !== null,
  };
}

interface Batch {
  readonly found: readonly { readonly entry: AuditEntry; readonly after: AuditPosition }[];
  readonly next: AuditPosition | null;
}

async function nextBatch(
  log: AuditLog,
  position: AuditPosition,
  { stack, subject, most }: { readonly stack: string; readonly subject: string | null; readonly most: number },
): Promise<Batch> {
  const { part, after: before } = position;
  if (part === 'newest' || subject === null) {
    const page = await log.all({ stack, limit: most, before });
    const next = page.next === null ? null : subject === null ? newest(page.next) : indexed(page.next, page.next);
    return { found: foundIn(page, newest), next };
  }
  const range = { stack, subject, limit: perRequest, before };
  if (part === 'unindexed') {
    const page = await log.unindexedAbout(range);
    return { found: foundIn(page, unindexed), next: page.next === null ? null : unindexed(page.next) };
  }
  const { edge } = position;
  const page = await log.about(range);
  const next = page.next === null ? unindexed(edge) : indexed(page.next, edge);
  return { found: foundIn(page, (after) => indexed(after, edge)), next };
}

const newest = (after: string): AuditPosition => ({ part: 'newest', after });
const indexed = (after: string, edge: string): AuditPosition => ({ part: 'indexed', after, edge });
const unindexed = (after: string): AuditPosition => ({ part: 'unindexed', after });

const foundIn = ({ entries }: AuditPage, positionAt: (uid: string) => AuditPosition): Batch['found'] =>
  entries.map((entry) => ({ entry, after: positionAt(entry.uid) }));

/** One entry. @throws {Refusal} `stack-not-found`, `not-allowed`, `entry-not-found`, `unavailable` */
export async function readAuditEntry(
  { stacks, auditLog }: Omit<ReadAuditLogDependencies, 'hasTime'>,
  { caller, stack, uid }: Asked & { readonly uid: string },
): Promise<AuditEntry> {
  requireTokenRights(await stacks.findMember(stack, caller));
  const entry = /^[0-9a-f]{32}$/.test(uid) ? await auditLog.entry(stack, uid) : null;
  if (!entry) throw new Refusal('entry-not-found', { errors: { uid: ['is not valid.'] } });
  return entry;
}
