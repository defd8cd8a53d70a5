import { useQuery, useQueryClient } from '@tanstack/react-query';
import * as z from 'zod/mini';
import { RevocationViewSchema } from '../../../functions/http/tokens/fetch-revocation.ts';
import { DeletionPreviewSchema } from '../../../functions/http/tokens/preview-deletion.ts';
import { CreatedTokenSchema, type EditedFields, TokenViewSchema } from '../../../functions/http/tokens/token-view.ts';
import { useApi } from './api.ts';
import { useChange } from './change.ts';

export type Token = z.output<typeof TokenViewSchema>;
export type CreatedToken = z.output<typeof CreatedTokenSchema>;
export type DeletionPreview = z.output<typeof DeletionPreviewSchema>;
export type Receipt = z.output<typeof RevocationViewSchema>;
export type TokenFields = EditedFields;

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

/** What shows tokens, and how many there are. */
const shows = (stack: string) => [
  ['tokens', stack],
  ['stack', stack],
  ['audit', stack],
];

/** The same `key` makes no second token, however often it is tried. */
export function useCreateToken(stack: string) {
  const api = useApi();
  return useChange({
    send: async ({ fields, key }: { fields: TokenFields; key: string }, sending) => {
      const headers = { 'idempotency-key': key };
      const json = { token: fields };
      const request = { method: 'POST', path: root, stack, json, headers, schema: CreatedTokenSchema } as const;
      return (await api({ ...request, ...sending })).data;
    },
    rereads: shows(stack),
  });
}

export function useEditToken(stack: string) {
  const api = useApi();
  const cache = useQueryClient();
  return useChange({
    send: async ({ uid, fields, etag }: { uid: string; fields: TokenFields; etag: string | null }, sending) => {
      const headers: Record<string, string> = etag === null ? {} : { 'if-match': etag };
      const json = { token: fields };
      const request = { method: 'PUT', path: `${root}/${uid}`, stack, json, headers, schema: OneTokenSchema } as const;
      return await api({ ...request, ...sending });
    },
    onAnswer: ({ data: { token }, etag }) => cache.setQueryData(['token', stack, token.uid], { token, etag }),
    rereads: shows(stack),
  });
}

export function useDeleteToken(stack: string) {
  const api = useApi();
  return useChange({
    send: async ({ uid, name }: { uid: string; name: string }, sending) => {
      const path = `${root}/${uid}?confirm_name=${encodeURIComponent(name)}`;
      return await api({ method: 'DELETE', path, stack, schema: NoticeSchema, ...sending });
    },
    rereads: shows(stack),
  });
}
