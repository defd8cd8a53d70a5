import { useInfiniteQuery } from '@tanstack/react-query';
import * as z from 'zod/mini';
import { AuditEntryViewSchema } from '../../../functions/http/stacks/audit-logs.ts';
import { useApi } from './api.ts';

export type AuditEntry = z.output<typeof AuditEntryViewSchema>;

const PageSchema = z.object({ logs: z.array(AuditEntryViewSchema), cursor: z.optional(z.string()) });
const perPage = 50;

/** The audit log of a stack, newest first, page by page. */
export function useAuditLog(stack: string) {
  const api = useApi();
  return useInfiniteQuery({
    queryKey: ['audit', stack],
    queryFn: async ({ pageParam }) => {
      const cursor = pageParam === '' ? '' : `&cursor=${encodeURIComponent(pageParam)}`;
      return (await api({ path: `/audit-logs?limit=${perPage}${cursor}`, stack, schema: PageSchema })).data;
    },
    initialPageParam: '',
    getNextPageParam: ({ cursor }) => cursor,
  });
}
