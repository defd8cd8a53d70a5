import * as z from 'zod/mini';
import { previewDeletion } from '../../sessions/preview-deletion.ts';
import type { SessionRepository } from '../../sessions/session-repository.ts';
import { openEnum } from '../../values/open-enum.ts';
import { memberOf, requireStack } from '../chain/caller.ts';
import type { Endpoint } from '../chain/endpoint.ts';
import type { ReadTokensDependencies } from './list-tokens.ts';

/** What deleting would end. */
export const DeletionPreviewSchema = z.object({
  status: openEnum(['active', 'expiring', 'expired']),
  sessions: z.object({ count: z.number(), more: z.boolean() }),
  last_used_at: z.nullable(z.string()),
  last_used_client: z.nullable(z.string()),
  last_refused_at: z.nullable(z.string()),
  minutes_used: z.object({ day: z.number(), week: z.number() }),
  warnings: z.array(z.string()),
});

/** `GET /v3/stacks/management_tokens/{uid}/delete_preview` */
export const previewDeletionEndpoint = (deps: ReadTokensDependencies & { sessions: SessionRepository }): Endpoint => ({
  failed: 'The preview could not be made. Please try again.',
  handle: async (request) => {
    const { uid: caller } = await memberOf(request, deps.signIn);
    const preview = await previewDeletion(deps, {
      caller,
      stack: requireStack(request),
      uid: request.params.uid ?? '',
    });
    return { status: 200, body: { preview: DeletionPreviewSchema.parse(preview) } };
  },
});
