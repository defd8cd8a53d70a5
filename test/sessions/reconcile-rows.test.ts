import { describe, expect, it } from 'vitest';
import { type ReconcileDependencies, reconcile, scanParts } from '../../functions/sessions/reconcile.ts';
import type { FoundRevocation, RunningReceipt } from '../../functions/sessions/revocation-repository.ts';
import type { Token } from '../../functions/tokens/token.ts';
import type { Session } from '../../functions/verification/session.ts';
import { tokenLike } from '../tokens/token-like.ts';

const now = new Date('2026-03-01T08:00:00.000Z');
const minute = 60_000;
const ago = (ms: number) => new Date(now.getTime() - ms).toISOString();
const sessionOf = (uid: string, facts: Partial<Session> = {}): Session => ({
  uid,
  token_uid: 'a',
  api_key: '',
  digest: '',
  epoch: 1,
  client: '',
  remote_addr: '',
  opened_at: ago(60 * minute),
  expires_at: ago(-60 * minute),
  ...facts,
});
const deletedAt = (at: string): Partial<Token> => ({
  state: 'deleted',
  end: { at, by: '', reason: 'deleted', operation: '' },
});

interface World {
  /** Pages of rows. */
  readonly pages?: readonly (readonly Session[])[];
  readonly tokens?: Readonly<Record<string, Partial<Token>>>;
  readonly underWay?: readonly string[];
  /** Overdue receipts, each with what it is by now. */
  readonly due?: Readonly<Record<string, RunningReceipt['state'] | 'gone'>>;
  /** Mails that wait to be sent, since when. */
  readonly digests?: readonly string[];
  /** So often there is time. */
  readonly time?: number;
}

/** All rows are in the part that this day begins with. */
const partOf = (at: Date) => Math.floor(at.getTime() / (24 * 60 * minute)) % scanParts;

/** A run over rows in this process: what it did, and its report. */
async function run({ pages = [[]], tokens = {}, underWay = [], due = {}, digests = [], time = 100 }: World, at = now) {
  const scanned: number[] = [];
  const deleted: [token: string, uids: readonly string[]][] = [];
  const rounds: unknown[] = [];
  let left = time;
  const nothing = async () => Promise.reject(new Error('Nobody asks for this.'));
  const deps: ReconcileDependencies = {
    found: {
      scanSessions: async (part, from) => {
        scanned.push(part);
        if (part !== partOf(now)) return { sessions: [], next: null };
        const page = Number(from ?? 0);
        return { sessions: pages[page] ?? [], next: page + 1 < pages.length ? String(page + 1) : null };
      },
      tokens: async (uids) => uids.map((uid) => (tokens[uid] ? tokenLike({ uid, ...tokens[uid] }) : null)),
      due: async () => ({ receipts: Object.keys(due).map((operation) => ({ token: 'a', operation })), digests }),
      isRevocationUnderWay: async (uid) => underWay.includes(uid),
    },
    sessions: {
      deleteAll: async (token, uids) => void deleted.push([token, uids]),
      open: nothing,
      end: nothing,
      page: nothing,
      epochs: nothing,
    },
    revocations: {
      find: async (_token, operation) => foundAs(operation, due[operation]),
      again: async ({ operation }, at) => rounds.push([operation, at]) > 0,
      latest: nothing,
      advance: nothing,
      clear: nothing,
      continueRevocation: nothing,
      markStuck: nothing,
      complete: nothing,
    },
    now: () => at,
    hasTime: () => {
      left -= 1;
      return left >= 0;
    },
  };
  return { report: await reconcile(deps), deleted, rounds, scanned };
}

function foundAs(operation: string, state: RunningReceipt['state'] | 'gone' = 'gone'): FoundRevocation | null {
  if (state === 'gone') return null;
  const receipt: RunningReceipt = {
    operation,
    token_uid: 'a',
    token_name: '',
    api_key: '',
    reason: 'deleted',
    actor: '',
    refused_from: ago(0),
    epoch: null,
    state,
    tidied: [],
    waited_ms: null,
    rounds: 0,
    stuck_because: null,
    next_try_at: null,
    summary: null,
  };
  return { receipt, token: tokenLike(), progress: [] };
}

describe('sessions that are left over', () => {
  it('of a deleted token, of none and of an older epoch are deleted, page after page', async () => {
    const pages = [
      [sessionOf('1'), sessionOf('2', { token_uid: 'b' }), sessionOf('3')],
      [sessionOf('4', { token_uid: 'c' }), sessionOf('5', { token_uid: 'c', epoch: 2 })],
    ];
    const tokens = { a: deletedAt(ago(10 * minute)), c: { epoch: 2, updated_at: ago(10 * minute) } };
    const { report, deleted } = await run({ pages, tokens });
    expect(deleted).toEqual([
      ['a', ['1', '3']],
      ['b', ['2']],
      ['c', ['4']],
    ]);
    expect(report).toEqual({ leftover_sessions: 4, overdue_receipts: 0, overdue_digests: 0, complete: true });
  });

  it.for<[string, Partial<Token>, Partial<Session>]>([
    ['are of a live token', { updated_at: ago(10 * minute) }, {}],
    ['are of a token that was deleted a moment ago', deletedAt(ago(10 * minute - 1)), {}],
    ['were ended a moment ago', { epoch: 2, updated_at: ago(10 * minute - 1) }, {}],
    ['were opened a moment ago', deletedAt(ago(10 * minute)), { opened_at: ago(10 * minute - 1) }],
    ['have ended by themselves', deletedAt(ago(10 * minute)), { expires_at: ago(0) }],
  ])('stay where they %s', async ([, token, session]) => {
    const { report, deleted } = await run({ pages: [[sessionOf('1', session)]], tokens: { a: token } });
    expect(deleted).toEqual([]);
    expect(report).toEqual({ leftover_sessions: 0, overdue_receipts: 0, overdue_digests: 0, complete: true });
  });

  it('of no token stay for 10 minutes from when they were opened', async () => {
    const pages = [[sessionOf('1', { opened_at: ago(10 * minute) }), sessionOf('2', { opened_at: ago(1) })]];
    expect((await run({ pages })).deleted).toEqual([['a', ['1']]]);
  });

  it('and that a revocation is ending are left to it, and those of other tokens are not', async () => {
    const pages = [[sessionOf('1'), sessionOf('2', { token_uid: 'b' })]];
    const { report, deleted } = await run({ pages, underWay: ['a'] });
    expect(deleted).toEqual([['b', ['2']]]);
    expect(report.leftover_sessions).toBe(1);
  });

  it('are looked for while there is time', async () => {
    const { report, deleted } = await run({ pages: [[sessionOf('1')], [sessionOf('2')]], time: 1 });
    expect(deleted).toEqual([['a', ['1']]]);
    expect(report).toEqual({ leftover_sessions: 1, overdue_receipts: 0, overdue_digests: 0, complete: false });
  });
});

describe('the sessions of all tokens', () => {
  it('are gone through in parts, every one of them, and each day from the next part on', async () => {
    const inOrder = (from: number) => Array.from({ length: scanParts }, (_, step) => (from + step) % scanParts);
    const tomorrow = new Date(now.getTime() + 24 * 60 * minute);
    expect((await run({})).scanned).toEqual(inOrder(partOf(now)));
    expect((await run({}, tomorrow)).scanned).toEqual(inOrder((partOf(now) + 1) % scanParts));
  });

  it('are gone through so far as there is time, and the run says so', async () => {
    const { scanned, report } = await run({ time: scanParts - 1 });
    expect([scanned.length, report.complete]).toEqual([scanParts - 1, false]);
  });
});

describe('mails that are late', () => {
  it('are counted when they should have been sent an hour ago', async () => {
    const { report } = await run({ digests: [ago(60 * minute), ago(60 * minute - 1), ago(600 * minute)] });
    expect(report.overdue_digests).toBe(2);
  });
});

describe('receipts that are overdue', () => {
  it('are given another round, but for those that are completed or gone', async () => {
    const { report, rounds } = await run({ due: { one: 'stuck', two: 'completed', three: 'gone', four: 'running' } });
    expect(rounds).toEqual([
      ['one', now],
      ['four', now],
    ]);
    expect(report).toEqual({ leftover_sessions: 0, overdue_receipts: 2, overdue_digests: 0, complete: true });
  });

  it('are given one while there is time', async () => {
    const { report, rounds } = await run({ due: { one: 'stuck', two: 'stuck' }, time: 1 });
    expect(rounds).toEqual([['one', now]]);
    expect(report).toEqual({ leftover_sessions: 0, overdue_receipts: 1, overdue_digests: 0, complete: false });
  });
});
