import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import * as z from 'zod/mini';
import {
  ChangedHygieneSchema,
  HygienePreviewSchema,
  HygieneViewSchema,
} from '../../../functions/http/hygiene/token-hygiene.ts';
import { useApi } from './api.ts';
import { useChange } from './change.ts';

export type Hygiene = z.output<typeof HygieneViewSchema>;
export type HygieneSettings = Hygiene['token_hygiene'];
export type HygienePreview = z.output<typeof HygienePreviewSchema>;

const path = '/stacks/token_hygiene';
const PreviewedSchema = z.object({ preview: HygienePreviewSchema });

export function useHygiene(stack: string) {
  const api = useApi();
  return useQuery({
    queryKey: ['hygiene', stack],
    queryFn: async () => (await api({ path, stack, schema: HygieneViewSchema })).data,
  });
}

/** What the next run would do by these settings, as if they were the stack's. */
export function useHygienePreview(stack: string, settings: HygieneSettings) {
  const api = useApi();
  return useQuery({
    queryKey: ['hygiene-preview', stack, settings],
    queryFn: async () => {
      const json = { token_hygiene: settings };
      const request = { method: 'POST', path: `${path}/preview`, stack, json, schema: PreviewedSchema } as const;
      return (await api(request)).data.preview;
    },
    placeholderData: keepPreviousData,
    retry: false,
  });
}

export function useChangeHygiene(stack: string) {
  const api = useApi();
  const cache = useQueryClient();
  const queryKey = ['hygiene', stack];
  return useChange({
    send: async (settings: HygieneSettings, sending) => {
      const json = { token_hygiene: settings };
      return (await api({ method: 'PUT', path, stack, json, schema: ChangedHygieneSchema, ...sending })).data;
    },
    onAnswer: ({ token_hygiene }) =>
      cache.setQueryData<Hygiene>(queryKey, (read) => read && { ...read, token_hygiene }),
    rereads: [queryKey],
    isRepeatable: true,
  });
}
