import type { SignIn } from '../../stacks/sign-in.ts';
import { type CreatedToken, createToken } from '../../tokens/create-token.ts';
import type { TokenDependencies } from '../../tokens/token-repository.ts';
import { etagOf, Refusal } from '../../values/refusals.ts';
import { envelope, jsonBody } from '../chain/body.ts';
import { memberOf, requireStack } from '../chain/caller.ts';
import type { Answer, Endpoint, HttpRequest } from '../chain/endpoint.ts';

import { CreatedTokenSchema, tokenView } from './token-view.ts';

export interface ChangeTokensDependencies extends TokenDependencies {
  readonly signIn: SignIn;
}

/** `POST /v3/stacks/management_tokens` */
export const createTokenEndpoint = (deps: ChangeTokensDependencies): Endpoint => ({
  failed: 'Management Token creation failed. Please try again.',
  handle: async (request) => {
    const actor = await memberOf(request, deps.signIn);
    const fields = envelope(jsonBody(request.event), 'token');
    return created(await createToken(deps, { actor, stack: requireStack(request), fields, ...keyOf(request) }), deps);
  },
});

/** The one answer that holds a value, where it was not shown before. */
export function created({ value, ...token }: CreatedToken, { now }: Pick<ChangeTokensDependencies, 'now'>): Answer {
  const view = tokenView(token, token.stack, now());
  const shown = value === null ? { token: view, token_available: false } : { token: { ...view, token: value } };
  const body = CreatedTokenSchema.parse({ notice: 'Management Token created successfully.', ...shown });
  return { status: 201, body, headers: { etag: etagOf(token.token.version) } };
}

/**
 * The `Idempotency-Key`: quoted as the draft has it (draft-ietf-httpapi-idempotency-key-header-07), or bare as most clients send it. The
 * gateway joins repeated headers with commas, so a key cannot have one.
 * @throws {Refusal} `malformed`
 */
export function keyOf({ event }: HttpRequest): { idempotencyKey?: string } {
  const header = event.headers['idempotency-key'];
  if (header === undefined) return {};
  const idempotencyKey = /^"(.*)"$/.exec(header)?.[1] ?? header;
  if (!/^[\x21-\x2b\x2d-\x7e]{1,255}$/.test(idempotencyKey)) {
    const problem = 'must be one key of 1 to 255 visible ASCII characters, none of them a comma.';
    throw new Refusal('malformed', { errors: { 'Idempotency-Key': [problem] } });
  }
  return { idempotencyKey };
}
