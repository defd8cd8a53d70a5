import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import * as z from 'zod/mini';
import { RevocationViewSchema } from '../../../functions/http/fetch-revocation.ts';
import { DeletionPreviewSchema } from '../../../functions/http/preview-deletion.ts';
import { CreatedTokenSchema, TokenViewSchema } from '../../../functions/http/token-view.ts';
import { useApi } from './api.ts';

export type Token = z.output<typeof TokenViewSchema>;
export type CreatedToken = z.output<typeof CreatedTokenSchema>;
export type DeletionPreview = z.output<typeof DeletionPreviewSchema>;
export type Receipt = z.output<typeof RevocationViewSchema>;
/** The fields that callers set. */
export type TokenFields = Partial<
  Pick<
    Token,
    | 'name'
    | 'description'
    | 'scope'
    | 'expires_on'
    | 'is_email_notification_enabled'
    | 'rate_limit_enabled'
    | 'rate_limits'
  >
>;

const TokensSchema = z.object({ tokens: z.array(TokenViewSchema) });
const OneTokenSchema = z.object({ token: TokenViewSchema });
const NoticeSchema = z.object({ notice: z.string() });

const root = '/stacks/management_tokens';
const receiptEveryMs = 500;

export function useTokens(stack: string) {
  const api = useApi();
  return useQuery({
    queryKey: ['tokens', stack],
    queryFn: async () => (await api({ path: `${root}?limit=100`, stack, schema: TokensSchema })).data.tokens,
  });
}

/** A token with its ETag. @param everyMs asks again, to see what others do meanwhile */
export function useToken(stack: string, uid: string, everyMs?: number) {
  const api = useApi();
  return useQuery({
    queryKey: ['token', stack, uid],
    queryFn: async () => {
      const { data, etag } = await api({ path: `${root}/${uid}`, stack, schema: OneTokenSchema });
      return { token: data.token, etag };
    },
    refetchInterval: everyMs ?? false,
  });
}

export function useDeletionPreview(stack: string, uid: string) {
  const api = useApi();
  return useQuery({
    queryKey: ['preview', stack, uid],
    queryFn: async () => {
      const schema = z.object({ preview: DeletionPreviewSchema });
      return (await api({ path: `${root}/${uid}/delete_preview`, stack, schema })).data.preview;
    },
    staleTime: 0,
  });
}

/** The receipt of a token's latest revocation, asked for until it is completed. */
export function useReceipt(stack: string, uid: string) {
  const api = useApi();
  return useQuery({
    queryKey: ['receipt', stack, uid],
    queryFn: async () => {
      const schema = z.object({ revocation: RevocationViewSchema });
      return (await api({ path: `${root}/${uid}/revocation`, stack, schema })).data.revocation;
    },
    refetchInterval: ({ state }) => (state.data?.state === 'completed' || state.error ? false : receiptEveryMs),
    // The next revocation has another one.
    gcTime: 0,
  });
}

export function useTokenChanges(stack: string) {
  const api = useApi();
  const cache = useQueryClient();
  const onSuccess = async () => {
    await Promise.all([
      cache.invalidateQueries({ queryKey: ['tokens', stack] }),
      cache.invalidateQueries({ queryKey: ['stack', stack] }),
      cache.invalidateQueries({ queryKey: ['audit', stack] }),
    ]);
  };
  return {
    /** The same `key` makes no second token, however often it is tried. */
    create: useMutation({
      mutationFn: async ({ fields, key }: { fields: TokenFields; key: string }) => {
        const request = {
          method: 'POST',
          path: root,
          stack,
          json: { token: fields },
          schema: CreatedTokenSchema,
        } as const;
        return (await api({ ...request, headers: { 'idempotency-key': key } })).data;
      },
      // The value is in this answer: it is not kept longer than it is shown.
      gcTime: 0,
      onSuccess,
    }),
    edit: useMutation({
      mutationFn: async ({ uid, fields, etag }: { uid: string; fields: TokenFields; etag: string | null }) => {
        const headers: Record<string, string> = etag === null ? {} : { 'if-match': etag };
        const path = `${root}/${uid}`;
        return await api({ method: 'PUT', path, stack, json: { token: fields }, headers, schema: OneTokenSchema });
      },
      onSuccess: async ({ data, etag }) => {
        cache.setQueryData(['token', stack, data.token.uid], { token: data.token, etag });
        await onSuccess();
      },
    }),
    remove: useMutation({
      mutationFn: async ({ uid, name }: { uid: string; name: string }) => {
        const path = `${root}/${uid}?confirm_name=${encodeURIComponent(name)}`;
        return await api({ method: 'DELETE', path, stack, schema: NoticeSchema });
      },
      onSuccess,
    }),
  };
}
