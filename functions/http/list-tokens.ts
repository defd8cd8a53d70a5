import { listTokens } from '../tokens/read-tokens.ts';
import type { TokenRepository } from '../tokens/token-repository.ts';
import { memberOf, requireStack } from './caller.ts';
import type { Endpoint } from './endpoint.ts';
import type { SignIn } from './sign-in.ts';
import { tokenView } from './token-view.ts';

export interface ReadTokensDependencies {
  readonly tokens: TokenRepository;
  readonly signIn: SignIn;
  readonly now: () => Date;
}

/** `GET /v3/stacks/management_tokens` */
export const listTokensEndpoint = ({ tokens, signIn, now }: ReadTokensDependencies): Endpoint => ({
  failed: 'Management Tokens could not be listed. Please try again.',
  handle: async (request) => {
    const caller = await memberOf(request, signIn);
    const { tokens: found, stack } = await listTokens(tokens, { caller: caller.uid, stack: requireStack(request) });
    const views = found.map((used) => tokenView(used, stack, now()));
    const count = request.query.get('include_count') === 'true' ? { count: views.length } : {};
    return { status: 200, body: { tokens: views, ...count } };
  },
});
