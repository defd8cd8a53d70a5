import { editToken } from '../../tokens/edit-token.ts';
import { etagOf } from '../../values/refusals.ts';
import { envelope, jsonBody } from '../chain/body.ts';
import { memberOf, requireStack } from '../chain/caller.ts';
import type { Endpoint } from '../chain/endpoint.ts';
import { versionOf } from '../chain/if-match.ts';
import type { ChangeTokensDependencies } from './create-token.ts';
import { tokenView } from './token-view.ts';

/** `PUT /v3/stacks/management_tokens/{uid}` */
export const editTokenEndpoint = (deps: ChangeTokensDependencies): Endpoint => ({
  failed: 'Management Token update failed. Please try again.',
  handle: async (request) => {
    const actor = await memberOf(request, deps.signIn);
    const fields = envelope(jsonBody(request.event), 'token');
    const command = {
      actor,
      stack: requireStack(request),
      uid: request.params.uid ?? '',
      fields,
      ...versionOf(request),
    };
    const edited = await editToken(deps, command);
    const body = {
      notice: 'Management Token updated successfully.',
      token: tokenView(edited, edited.stack, deps.now()),
    };
    return { status: 200, body, headers: { etag: etagOf(edited.token.version) } };
  },
});
