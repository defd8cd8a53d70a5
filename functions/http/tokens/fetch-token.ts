import { fetchToken } from '../../tokens/read-tokens.ts';
import { etagOf } from '../../values/refusals.ts';
import { memberOf, requireStack } from '../chain/caller.ts';
import type { Endpoint } from '../chain/endpoint.ts';
import type { ReadTokensDependencies } from './list-tokens.ts';
import { tokenView } from './token-view.ts';

/** `GET /v3/stacks/management_tokens/{uid}` */
export const fetchTokenEndpoint = ({ tokens, signIn, now }: ReadTokensDependencies): Endpoint => ({
  failed: 'The Management Token could not be read. Please try again.',
  handle: async (request) => {
    const caller = await memberOf(request, signIn);
    const found = await fetchToken(tokens, {
      caller: caller.uid,
      stack: requireStack(request),
      uid: request.params.uid ?? '',
    });
    return {
      status: 200,
      body: { token: tokenView(found, found.stack, now()) },
      headers: { etag: etagOf(found.token.version) },
    };
  },
});
