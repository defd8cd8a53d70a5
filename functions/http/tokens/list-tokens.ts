import * as z from 'zod/mini';
import type { SignIn } from '../../stacks/sign-in.ts';
import { listTokens } from '../../tokens/read-tokens.ts';
import type { TokenReads } from '../../tokens/token-repository.ts';
import { memberOf, requireStack } from '../chain/caller.ts';
import type { Endpoint } from '../chain/endpoint.ts';
import { listQuery, pageOf } from '../chain/list-query.ts';

import { TokenViewSchema, tokenView } from './token-view.ts';

export interface ReadTokensDependencies {
  readonly tokens: TokenReads;
  readonly signIn: SignIn;
  readonly now: () => Date;
}

/** What a token can be sorted and asked by: all that is shown of it. */
const fields = Object.keys(TokenViewSchema.shape);

export const TokenListSchema = z.object({ tokens: z.array(TokenViewSchema), count: z.optional(z.number()) });
/** With `count=true`: the number alone. */
export const TokenCountSchema = z.object({ tokens: z.number(), count: z.number() });

/** `GET /v3/stacks/management_tokens` */
export const listTokensEndpoint = ({ tokens, signIn, now }: ReadTokensDependencies): Endpoint => ({
  failed: 'Management Tokens could not be listed. Please try again.',
  handle: async (request) => {
    const caller = await memberOf(request, signIn);
    const { tokens: found, stack } = await listTokens(tokens, { caller: caller.uid, stack: requireStack(request) });
    // After who may ask is known: that is the error to tell first.
    const asked = listQuery(request.query, fields);
    const at = now();
    const { page, count } = pageOf(
      found.map((used) => tokenView(used, stack, at)),
      asked,
    );
    // The SDK's `count()` hands its caller this body, and Contentstack's has the number under the name of the list.
    if (asked.onlyCount) return { status: 200, body: TokenCountSchema.parse({ tokens: count, count }) };
    return { status: 200, body: TokenListSchema.parse({ tokens: page, ...(asked.withCount ? { count } : {}) }) };
  },
});
