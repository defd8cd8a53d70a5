import * as z from 'zod/mini';
import { readReceipt } from '../../sessions/read-receipt.ts';
import type { FoundRevocation, RevocationRepository } from '../../sessions/revocation-repository.ts';
import { sum } from '../../sessions/tidied.ts';
import { receiptFields } from '../../tokens/revocation.ts';
import { openEnum } from '../../values/open-enum.ts';
import { revocationReasons } from '../../values/revocation-reason.ts';
import { shownIn } from '../../values/shape.ts';
import { memberOf, requireStack } from '../chain/caller.ts';
import type { Endpoint } from '../chain/endpoint.ts';
import type { ReadTokensDependencies } from './list-tokens.ts';

const count = z.nullable(z.number());

/** The receipt of a deletion or of another revocation. While it runs, the total is not known yet. */
export const RevocationViewSchema = z.object({
  ...shownIn(receiptFields),
  reason: openEnum(revocationReasons),
  sessions: z.object({ total: count, ended: z.number(), remaining: count }),
  tidied_ms: z.nullable(z.object({ p50: z.number(), p99: z.number(), max: z.number() })),
  waited_ms: z.nullable(z.number()),
  completed_at: z.nullable(z.string()),
  state: openEnum(['running', 'completed', 'stuck']),
  stuck_because: z.optional(z.string()),
  next_try_at: z.optional(z.string()),
});

/** `GET /v3/stacks/management_tokens/{uid}/revocation` */
export const fetchRevocationEndpoint = (
  deps: ReadTokensDependencies & { revocations: RevocationRepository },
): Endpoint => ({
  failed: 'The receipt could not be read. Please try again.',
  handle: async (request) => {
    const { uid: caller } = await memberOf(request, deps.signIn);
    const found = await readReceipt(deps, { caller, stack: requireStack(request), uid: request.params.uid ?? '' });
    return { status: 200, body: { revocation: RevocationViewSchema.parse(revocationOf(found)) } };
  },
});

function revocationOf({ receipt, progress }: FoundRevocation): z.input<typeof RevocationViewSchema> {
  const { summary, stuck_because, next_try_at, ...facts } = receipt;
  const ended = sum(progress.map((shard) => shard.ended));
  return {
    ...facts,
    sessions: summary?.sessions ?? { total: null, ended, remaining: null },
    tidied_ms: summary?.tidied_ms ?? null,
    waited_ms: summary?.waited_ms ?? facts.waited_ms,
    completed_at: summary?.completed_at ?? null,
    ...(facts.state === 'stuck' ? { stuck_because: stuck_because ?? 'unknown', next_try_at: next_try_at ?? '' } : {}),
  };
}
