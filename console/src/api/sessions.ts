import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import * as z from 'zod/mini';
import { SessionViewSchema } from '../../../functions/http/token-sessions.ts';
import { useApi } from './api.ts';

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
  return useMutation({
    mutationFn: async (session: string | null) => {
      const path = session === null ? pathOf(uid) : `${pathOf(uid)}/${session}`;
      return (await api({ method: 'DELETE', path, stack, schema: NoticeSchema })).data.notice;
    },
    onSettled: () => cache.invalidateQueries({ queryKey: ['sessions', stack, uid] }),
  });
}
