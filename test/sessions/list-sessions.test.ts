import { expect, it } from 'vitest';
import { endOneSession } from '../../functions/sessions/end-one-session.ts';
import { badCursor, countLiveSessions, listSessions, liveSessions } from '../../functions/sessions/list-sessions.ts';
import type { SessionPage, SessionRepository } from '../../functions/sessions/session-repository.ts';
import type { Session } from '../../functions/verification/session.ts';
import { tokenLike } from '../tokens/token-like.ts';
import { refusalOf } from './refusal-of.ts';
import { foreign, live, sessions as opened, sessionWorld, stack, stopped } from './session-world.ts';

const now = () => new Date('2026-03-01T08:00:00.000Z');
const token = tokenLike({ epoch: 2 });

/** So many rows in the first shard, opened under an epoch. */
function rowsOfEpoch(epoch: number | ((index: number) => number), count: number) {
  const pages: SessionPage[] = [];
  const uidOf = (index: number) => `blt0${String(index).padStart(15, '0')}`;
  const page = async (asked: SessionPage): Promise<readonly Session[]> => {
    pages.push(asked);
    const from = asked.after === undefined ? 0 : Number(asked.after.slice(4)) + 1;
    const size = asked.shard === '0' ? Math.max(0, Math.min(asked.limit, count - from)) : 0;
    return Array.from({ length: size }, (_, index) => ({
      uid: uidOf(from + index),
      token_uid: token.uid,
      api_key: token.api_key,
      digest: '',
      epoch: typeof epoch === 'number' ? epoch : epoch(from + index),
      client: '',
      remote_addr: '',
      opened_at: '2026-03-01T07:00:00.000Z',
      expires_at: '2026-03-01T19:00:00.000Z',
    }));
  };
  return { pages, sessions: { page } as SessionRepository };
}

it('a listing among many rows that are over stops, and says where to go on', async () => {
  const { sessions, pages } = rowsOfEpoch(1, 100_000);
  const first = await liveSessions({ sessions, now }, token, { from: { shard: 0 }, limit: 10 });
  expect(first.sessions).toEqual([]);
  expect(pages).toHaveLength(40);
  expect(first.next).toEqual({ shard: 0, after: 'blt0000000000003999' });
});

it('pages joined are every live session once', async () => {
  const { sessions } = rowsOfEpoch(2, 250);
  const seen: string[] = [];
  let from: Parameters<typeof liveSessions>[2]['from'] | null = { shard: 0 };
  while (from) {
    const page: Awaited<ReturnType<typeof liveSessions>> = await liveSessions({ sessions, now }, token, {
      from,
      limit: 60,
    });
    seen.push(...page.sessions.map(({ uid }) => uid));
    from = page.next;
  }
  expect(seen).toHaveLength(250);
  expect(new Set(seen).size).toBe(250);
});

it('a page ends at its limit, and the next begins after it', async () => {
  const { sessions, pages } = rowsOfEpoch(2, 250);
  const first = await liveSessions({ sessions, now }, token, { from: { shard: 0 }, limit: 100 });
  expect(first.sessions).toHaveLength(100);
  expect(first.next).toEqual({ shard: 0, after: 'blt0000000000000099' });
  expect(pages).toEqual([{ token: token.uid, shard: '0', limit: 100 }]);
});

it('every shard is looked through, each once where it is not full', async () => {
  const { sessions, pages } = rowsOfEpoch(2, 99);
  const { next } = await liveSessions({ sessions, now }, token, { from: { shard: 0 }, limit: 100 });
  expect(next).toBeNull();
  expect(pages.map(({ shard }) => shard)).toEqual([...'0123456789abcdef']);
});

it.for([
  [0, 10, { count: 0, more: false }, 16],
  [10, 10, { count: 10, more: false }, 16],
  [11, 10, { count: 10, more: true }, 1],
  [250, 300, { count: 250, more: false }, 18],
  [250, 249, { count: 249, more: true }, 3],
  [10_000, 5000, { count: 5000, more: true }, 51],
] as const)(
  'of %i live sessions, counted up to %i, no more is read than that takes',
  async ([rows, most, counted, reads]) => {
    const { sessions, pages } = rowsOfEpoch(2, rows);
    expect(await countLiveSessions({ sessions, now }, token, most)).toEqual(counted);
    expect(pages).toHaveLength(reads);
  },
);

it('as many as are counted are not said to be more, though many that are over come after them', async () => {
  const { sessions } = rowsOfEpoch((index) => (index < 10 ? 2 : 1), 5000);
  expect(await countLiveSessions({ sessions, now }, token, 10)).toEqual({ count: 10, more: false });
});

it('where rows that are over are in the way, there may be more, and counting them ends', async () => {
  const { sessions, pages } = rowsOfEpoch(1, 1_000_000);
  expect(await countLiveSessions({ sessions, now }, token, 10)).toEqual({ count: 0, more: true });
  expect(pages).toHaveLength(800);
});

const page = () => ({ from: { shard: 0 }, limit: 10 });

it('an admin lists the sessions of a token, and of one that is over there are none', async () => {
  const { deps, uidOf, liveUids } = sessionWorld();
  const listed = await listSessions(deps, { caller: uidOf('admin'), stack, uid: live.uid, page });
  expect(listed.token.uid).toBe(live.uid);
  expect(listed.sessions.map(({ uid }) => uid).sort()).toEqual(liveUids().sort());
  const over = await listSessions(deps, { caller: uidOf('admin'), stack, uid: stopped.uid, page });
  expect(over).toMatchObject({ token: { uid: stopped.uid }, sessions: [], next: null });
});

it('of a token that has stopped none is listed, though its rows are not tidied yet', async () => {
  const { deps, product, uidOf } = sessionWorld();
  product.pass(90 * 86_400_000);
  const over = await listSessions(deps, { caller: uidOf('owner'), stack, uid: live.uid, page });
  expect(over).toMatchObject({ sessions: [], next: null });
  expect(product.dynamo.requests.filter(({ operation }) => operation === 'Query')).toEqual([]);
});

it.for([
  ['developer', live.uid, 'not-allowed'],
  ['outsider', live.uid, 'stack-not-found'],
  ['owner', 'META', 'token-not-found'],
] as const)('to %s of %s it is refused, before the page is looked at', async ([who, uid, kind]) => {
  const { deps, uidOf } = sessionWorld();
  const unreadable = () => {
    throw badCursor();
  };
  const asked = { caller: uidOf(who), stack, uid, page: unreadable };
  expect(await refusalOf(listSessions(deps, asked))).toMatchObject({ kind });
  const mayAsk = { ...asked, caller: uidOf('owner'), uid: live.uid };
  expect(await refusalOf(listSessions(deps, mayAsk))).toMatchObject({
    kind: 'malformed',
    errors: { cursor: ['is not one that was given for this token. Start again without it.'] },
  });
});

const [first, ...others] = opened.map(({ uid }) => uid);
const toEnd = { stack, uid: live.uid, session: first ?? '' };

it('an admin ends one session of a token, and the audit log says which', async () => {
  const { product, deps, liveUids } = sessionWorld();
  const actor = product.actor('admin');
  await endOneSession({ ...deps, sessions: deps.managed }, { ...toEnd, actor });
  expect(liveUids().sort()).toEqual(others.sort());
  expect(product.rows().audit.find(({ request_id }) => request_id === actor.request_id)).toMatchObject({
    module: 'management_token',
    event_type: 'update',
    outcome: 'done',
    metadata: { uid: live.uid, title: live.name },
    changes: [{ field: 'session', from: first, to: null }],
  });
});

it.for([
  ['developer', {}, 'not-allowed', {}],
  ['outsider', {}, 'stack-not-found', {}],
  ['owner', { uid: foreign.uid }, 'token-not-found', { uid: ['is not valid.'] }],
  ['owner', { uid: 'META' }, 'token-not-found', { uid: ['is not valid.'] }],
  ['owner', { uid: stopped.uid }, 'session-not-found', { session_uid: ['is not valid.'] }],
  ['owner', { session: 'blt00000000000fffff' }, 'session-not-found', { session_uid: ['is not valid.'] }],
  ['owner', { session: 'META' }, 'session-not-found', { session_uid: ['is not valid.'] }],
] as const)('ending one is refused to %s with %j, and ends nothing', async ([who, other, kind, errors]) => {
  const { product, deps, liveUids } = sessionWorld();
  const command = { ...toEnd, ...other, actor: product.actor(who) };
  const refusal = await refusalOf(endOneSession({ ...deps, sessions: deps.managed }, command));
  expect(refusal).toMatchObject({ kind, errors });
  expect(liveUids()).toHaveLength(3);
});
