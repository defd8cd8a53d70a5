import { expect, it } from 'vitest';
import { liveSessions } from '../../functions/sessions/list-sessions.ts';
import type { Session } from '../../functions/sessions/session.ts';
import type { SessionPage, SessionRepository } from '../../functions/sessions/session-repository.ts';
import { tokenLike } from '../tokens/token-like.ts';

const now = () => new Date('2026-03-01T08:00:00.000Z');
const token = tokenLike({ epoch: 2 });

/** So many rows in the first shard, opened under an epoch. */
function rowsOfEpoch(epoch: number, count: number) {
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
      epoch,
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
