import { deleteToken } from '../../tokens/delete-token.ts';
import { Refusal } from '../../values/refusals.ts';
import { memberOf, requireStack } from '../chain/caller.ts';
import type { Endpoint, HttpRequest } from '../chain/endpoint.ts';
import { versionOf } from '../chain/if-match.ts';
import type { ChangeTokensDependencies } from './create-token.ts';

/** `DELETE /v3/stacks/management_tokens/{uid}?confirm_name=NAME` */
export const deleteTokenEndpoint = (deps: Omit<ChangeTokensDependencies, 'organization'>): Endpoint => ({
  failed: 'Management Token deletion failed. Please try again.',
  handle: async (request) => {
    const actor = await memberOf(request, deps.signIn);
    const uid = request.params.uid ?? '';
    const confirmName = confirmedName(request);
    const command = {
      actor,
      stack: requireStack(request),
      uid,
      ...(confirmName ? { confirmName } : {}),
      ...versionOf(request),
    };
    await deleteToken(deps, command);
    const href = `/v3/stacks/management_tokens/${uid}/revocation`;
    return { status: 200, body: { notice: 'Management Token deleted successfully.', revocation: { href } } };
  },
});

/** From the query, or from the header for clients that cannot send a parameter. @throws {Refusal} `malformed` when it is given twice */
function confirmedName({ event }: HttpRequest): string | undefined {
  const [inQuery, ...more] = given(event.rawQueryString);
  const header = event.headers['x-confirm-name'];
  // The gateway joins repeated headers with commas: two names must not confirm a third.
  if (header?.includes(',')) {
    const problem = 'must be one name in percent-encoded UTF-8. A comma is %2C.';
    throw new Refusal('malformed', { errors: { 'x-confirm-name': [problem] } });
  }
  const inHeader = header === undefined ? undefined : percentDecoded('x-confirm-name', header);
  const differ =
    inQuery !== undefined && inHeader !== undefined && inQuery.normalize('NFC') !== inHeader.normalize('NFC');
  if (more.length > 0 || differ) throw new Refusal('malformed', { errors: { confirm_name: ['is given twice.'] } });
  return inQuery ?? inHeader;
}

/** Decoded strictly: what stands for bytes that are no UTF-8 must not be taken for a name that has the sign for it. */
function given(query: string): string[] {
  const pairs = query.split('&').map((pair) => pair.split('='));
  const values = pairs.filter(([name]) => name === 'confirm_name').map(([, ...value]) => value.join('='));
  return values.map((value) => percentDecoded('confirm_name', value.replaceAll('+', ' ')));
}

function percentDecoded(field: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Refusal('malformed', { errors: { [field]: ['must be percent-encoded UTF-8.'] } });
  }
}
