import { type RevokeByValueDependencies, revokeByValue } from '../../sessions/revoke-by-value.ts';
import { Refusal } from '../../values/refusals.ts';
import { formBody } from '../chain/body.ts';
import type { Endpoint } from '../chain/endpoint.ts';

/** `POST /oauth2/revoke` (RFC 7009): whoever holds a value may stop it; 200 for any value, known or not. */
export const revokeEndpoint = (deps: RevokeByValueDependencies): Endpoint => ({
  failed: 'The token could not be revoked. Please try again.',
  handle: async (request) => {
    const [value, ...more] = formBody(request.event).getAll('token');
    if (!value || more.length > 0) {
      throw new Refusal('malformed', { errors: { token: [value ? 'is given twice.' : 'is a required field'] } });
    }
    const origin = { request_id: request.requestId, remote_addr: request.remoteAddress };
    await revokeByValue(deps, { value, origin });
    return { status: 200, body: {} };
  },
});
