import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AuditEntry, auditEntry } from '../../functions/stacks/audit-entry.ts';
import type { AuditLog, AuditPage, AuditRange } from '../../functions/stacks/audit-log.ts';
import {
  type AuditPosition,
  type AuditQuery,
  type FoundEntries,
  newestEntry,
  readAuditLog,
} from '../../functions/stacks/read-audit-log.ts';

const stack = 'blt00000000000000a1';
const [token, other] = ['blt00000000000000c1', 'blt00000000000000c2'];
const actor = { uid: 'blt00000000000000b1', request_id: 'r', remote_addr: '' };

interface Row {
  readonly entry: AuditEntry;
  readonly isIndexed: boolean;
}

/** The number is its place in time. */
function row(number: number, { about = other, isIndexed = true }: { about?: string; isIndexed?: boolean } = {}): Row {
  const event = { stack, module: 'management_token', event_type: 'update' } as const;
  const operation = number.toString(16).padStart(32, '0');
  const entry = auditEntry(
    { ...event, metadata: { uid: about, title: String(number) } },
    { actor, at: new Date(number), operation },
  );
  return { entry, isIndexed };
}

/** A log in memory. `requests` says how it was asked. */
function logOf(rows: readonly Row[]) {
  const newestFirst = rows.toSorted((a, b) => (a.entry.uid < b.entry.uid ? 1 : -1));
  const requests: string[] = [];
  const page = (
    what: string,
    { limit, before }: AuditRange,
    { looksAt, keeps }: Record<'looksAt' | 'keeps', (row: Row) => boolean>,
  ): AuditPage => {
    requests.push(what);
    const range = newestFirst.filter((one) => looksAt(one) && (before === null || one.entry.uid < before));
    const looked = range.slice(0, limit);
    const last = looked.at(-1)?.entry.uid ?? null;
    return { entries: looked.filter(keeps).map(({ entry }) => entry), next: range.length > limit ? last : null };
  };
  const any = () => true;
  const auditLog: AuditLog = {
    all: async (range) => page('all', range, { looksAt: any, keeps: any }),
    about: async ({ subject, ...range }) =>
      page('about', range, {
        looksAt: ({ entry, isIndexed }) => isIndexed && entry.metadata.uid === subject,
        keeps: any,
      }),
    unindexedAbout: async ({ subject, ...range }) =>
      page('unindexedAbout', range, {
        looksAt: any,
        keeps: ({ entry, isIndexed }) => !isIndexed && entry.metadata.uid === subject,
      }),
    entry: async () => null,
  };
  return { auditLog, requests };
}

const isAbout = (subject: string) => ({
  matches: ({ metadata }: AuditEntry) => metadata.uid === subject,
  subject,
});
const byTitle = (title: string) => ({ matches: ({ metadata }: AuditEntry) => metadata.title === title, subject: null });
const everything: AuditQuery = { limit: 100, skip: 0, from: newestEntry, withCount: false };

async function read(
  { auditLog }: { readonly auditLog: AuditLog },
  query: Partial<AuditQuery>,
  hasTime: () => boolean = () => true,
): Promise<FoundEntries> {
  const stacks = { findMember: async () => ({ uid: actor.uid, role: 'owner', issuer: '', sub: '' }) as const };
  return await readAuditLog(
    { stacks, auditLog, hasTime },
    { caller: actor.uid, stack, query: () => ({ ...everything, ...query }) },
  );
}

const titles = ({ entries }: FoundEntries) => entries.map(({ metadata }) => metadata.title);

/** Page after page, as each says. */
async function readAll(log: { readonly auditLog: AuditLog }, query: Partial<AuditQuery>, hasTime?: () => boolean) {
  const pages: FoundEntries[] = [];
  let from: AuditPosition | null = newestEntry;
  while (from) {
    const page: FoundEntries = await read(log, { ...query, from }, hasTime);
    pages.push(page);
    from = page.next;
  }
  return pages;
}

const filled = (count: number, from = 0) => Array.from({ length: count }, (_, index) => row(from + index));

describe('a page of the audit log', () => {
  it('is the newest entries, and says where the next one begins', async () => {
    const log = logOf(filled(5));
    const page = await read(log, { limit: 2 });
    expect([titles(page), page.isIncomplete]).toEqual([['4', '3'], false]);
    expect(titles(await read(log, { limit: 2, from: page.next ?? newestEntry }))).toEqual(['2', '1']);
    expect((await read(log, { limit: 5 })).next).toBeNull();
    expect(titles(await read(log, { limit: 2, skip: 3 }))).toEqual(['1', '0']);
    expect(log.requests).toEqual(['all', 'all', 'all', 'all']);
  });

  it('is the same entries by cursor as by skip', async () => {
    const log = logOf(filled(25));
    const pages = await readAll(log, { limit: 4 });
    expect(pages.flatMap(titles)).toEqual(Array.from({ length: 25 }, (_, index) => String(24 - index)));
    expect(pages).toHaveLength(7);
  });
});

describe('a search', () => {
  it('that has seen the whole log is complete', async () => {
    const found = await read(logOf(filled(2000)), { search: byTitle('0'), withCount: true });
    expect([titles(found), found.count, found.next, found.isIncomplete]).toEqual([['0'], 1, null, false]);
  });

  it('that stops before the end of the log says so, and goes on where it stopped', async () => {
    const log = logOf(filled(4500));
    const first = await read(log, { search: byTitle('0') });
    expect([titles(first), first.isIncomplete]).toEqual([[], true]);
    const pages = await readAll(log, { search: byTitle('0') });
    expect(pages.map(titles)).toEqual([[], [], ['0']]);
    expect(pages.map(({ isIncomplete }) => isIncomplete)).toEqual([true, true, false]);
  });

  it('whose page is full goes on behind it, and not where it stopped', async () => {
    const log = logOf([...filled(2500), ...[3000, 3001, 3002].map((number) => row(number, { about: token }))]);
    const search = { ...isAbout(token), subject: null };
    const pages = await readAll(log, { limit: 2, search });
    expect(pages.flatMap(titles)).toEqual(['3002', '3001', '3000']);
    expect(pages[0]?.isIncomplete).toBe(true);
  });

  it('that counts says when it has not counted all', async () => {
    const found = await read(logOf(filled(2001)), { withCount: true, limit: 1 });
    expect([titles(found), found.count, found.isIncomplete]).toEqual([['2000'], 2000, true]);
  });
});

describe('a search for one subject', () => {
  it('finds what is behind 2,000 others, whether it is in the index or was stored before there was one', async () => {
    const old = [row(1, { about: token, isIndexed: false }), row(2, { about: token, isIndexed: false })];
    const indexed = [row(3, { about: token }), row(4, { about: token })];
    const rows = [...old, ...indexed, ...filled(2500, 10), row(9000, { about: token })];
    const log = logOf(rows);
    const found = await read(log, { search: isAbout(token), withCount: true });
    expect([titles(found), found.count]).toEqual([['9000', '4', '3', '2', '1'], 5]);
    expect([found.next, found.isIncomplete]).toEqual([null, false]);
    expect(log.requests).toEqual(['all', 'about', 'unindexedAbout']);
  });

  it('needs no index where the log is short', async () => {
    const log = logOf([...filled(1999), row(5000, { about: token })]);
    expect(titles(await read(log, { search: isAbout(token) }))).toEqual(['5000']);
    expect(log.requests).toEqual(['all']);
  });

  it('that finds more than a page reads no further than that', async () => {
    const log = logOf([...filled(5000, 10), ...[1, 2, 3].map((number) => row(number, { about: token }))]);
    const page = await read(log, { search: isAbout(token), limit: 2 });
    expect([titles(page), page.isIncomplete]).toEqual([['3', '2'], true]);
    expect(log.requests).toEqual(['all', 'about']);
  });

  it('that has no time says so, and goes on where it stopped', async () => {
    const rows = [row(1, { about: token, isIndexed: false }), row(2, { about: token }), ...filled(4000, 10)];
    const pages = await readAll(logOf(rows), { search: isAbout(token) }, () => false);
    expect(pages.flatMap(titles)).toEqual(['2', '1']);
    expect(pages.at(-1)?.isIncomplete).toBe(false);
    expect(pages.slice(0, -1).every(({ isIncomplete }) => isIncomplete)).toBe(true);
  });

  it('that can be none is a search like others', async () => {
    const log = logOf(filled(3000));
    expect((await read(log, { search: isAbout('no uid') })).isIncomplete).toBe(true);
    expect(log.requests).toEqual(['all']);
  });

  it('finds every entry once, however pages and time fall, and newest first within a page', async () => {
    const age = fc.record({ isAbout: fc.boolean(), isIndexed: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(
        fc.array(age, { maxLength: 40 }),
        fc.oneof(fc.nat(50), fc.integer({ min: 1960, max: 2010 })),
        fc.integer({ min: 1, max: 7 }),
        fc.infiniteStream(fc.boolean()),
        async (ages, newer, limit, time) => {
          const rows = ages.map(({ isAbout: is, isIndexed }, number) =>
            row(number, { about: is ? token : other, isIndexed }),
          );
          const log = logOf([...rows, ...filled(newer, 1000)]);
          const pages = await readAll(log, { limit, search: isAbout(token) }, () => time.next().value);
          const expected = rows.filter(({ entry }) => entry.metadata.uid === token).map(({ entry }) => entry.uid);
          const found = pages.flatMap(({ entries }) => entries.map(({ uid }) => uid));
          expect(found.toSorted()).toEqual(expected.toSorted());
          for (const { entries } of pages) {
            const uids = entries.map(({ uid }) => uid);
            expect(uids).toEqual(uids.toSorted().reverse());
            expect(uids.length).toBeLessThanOrEqual(limit);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
