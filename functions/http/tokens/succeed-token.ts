import { succeedToken } from '../../tokens/succeed-token.ts';
import { envelope, jsonBody } from '../chain/body.ts';
import { memberOf, requireStack } from '../chain/caller.ts';
import type { Endpoint } from '../chain/endpoint.ts';
import { versionOf } from '../chain/if-match.ts';
import { type ChangeTokensDependencies, created, keyOf } from './create-token.ts';

/** `POST /v3/stacks/management_tokens/{uid}/successor`, with or without a body. */
export const succeedTokenEndpoint = (deps: ChangeTokensDependencies): Endpoint => ({
  failed: 'Management Token creation failed. Please try again.',
  handle: async (request) => {
    const actor = await memberOf(request, deps.signIn);
    const body = request.event.body ? jsonBody(request.event) : {};
    const { overlap, name } = body;
    const command = {
      actor,
      stack: requireStack(request),
      uid: request.params.uid ?? '',
      // A name of its own may also stand beside `overlap`.
      fields: { ...(name === undefined ? {} : { name }), ...envelope(body, 'token') },
      overlap,
      ...versionOf(request),
      ...keyOf(request),
    };
    return created(await succeedToken(deps, command), deps);
  },
});
