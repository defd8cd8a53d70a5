import { type InfiniteData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import * as z from 'zod/mini';
import { SessionViewSchema } from '../../../functions/http/sessions/token-sessions.ts';
import { useApi } from './api.ts';
import { useChange } from './change.ts';

export type Session = z.output<typeof SessionViewSchema>;

const PageSchema = z.object({ sessions: z.array(SessionViewSchema), cursor: z.optional(z.string()) });
const NoticeSchema = z.object({ notice: z.string() });
const pathOf = (uid: string) => `/stacks/management_tokens/${uid}/sessions`;

/** The live sessions of a token, page by page. */
export function useSessions(stack: string, uid: string) {
  const api = useApi();
  return useInfiniteQuery({
    queryKey: ['sessions', stack, uid],
    queryFn: async ({ pageParam }) => {
      const cursor = pageParam === '' ? '' : `?cursor=${encodeURIComponent(pageParam)}`;
      return (await api({ path: `${pathOf(uid)}${cursor}`, stack, schema: PageSchema })).data;
    },
    initialPageParam: '',
    getNextPageParam: ({ cursor }) => cursor,
  });
}

/** Ends one session, or all of them where none is named. */
export function useEndSessions(stack: string, uid: string) {
  const api = useApi();
  const cache = useQueryClient();
  const queryKey = ['sessions', stack, uid];
  return useChange({
    send: async (session: string | null, sending) => {
      const path = session === null ? pathOf(uid) : `${pathOf(uid)}/${session}`;
      return (await api({ method: 'DELETE', path, stack, schema: NoticeSchema, ...sending })).data.notice;
    },
    // At once: what is still in the list could be ended a second time.
    onAnswer: (_, ended) => cache.setQueryData<Listed>(queryKey, (listed) => listed && without(listed, ended)),
    rereads: [queryKey],
    isRepeatable: true,
  });
}

type Listed = InfiniteData<z.output<typeof PageSchema>>;

/** @param ended null: all of them */
function without(listed: Listed, ended: string | null): Listed {
  const isLeft = ({ uid }: Session) => ended !== null && uid !== ended;
  return { ...listed, pages: listed.pages.map((page) => ({ ...page, sessions: page.sessions.filter(isLeft) })) };
}
