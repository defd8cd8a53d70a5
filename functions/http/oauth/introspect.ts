import * as z from 'zod/mini';
import type { SignIn } from '../../stacks/sign-in.ts';
import { Refusal } from '../../values/refusals.ts';
import { scopeString } from '../../values/scope.ts';
import { endOf } from '../../verification/session.ts';
import {
  type VerificationDependencies,
  type Verified,
  verifyCredential,
} from '../../verification/verify-credential.ts';
import { formBody } from '../chain/body.ts';
import { requireIntrospector, requireNamedStack } from '../chain/caller.ts';
import type { Endpoint } from '../chain/endpoint.ts';

export interface IntrospectionDependencies extends VerificationDependencies {
  readonly signIn: SignIn;
  /** Told why, of what is answered to be not active: the caller is not. */
  readonly onInactive?: (reason: string) => void;
}

/** RFC 7662, 2.2. What is not active says nothing else. */
export const IntrospectionSchema = z.union([
  z.object({
    active: z.literal(true),
    // How it is presented, in RFC 6749's words (7.1); what it is, is its kind.
    token_type: z.literal('Bearer'),
    kind: z.enum(['management_token', 'session']),
    scope: z.string(),
    client_id: z.string(),
    sub: z.string(),
    exp: z.optional(z.number()),
    iat: z.number(),
    jti: z.optional(z.string()),
    token_version: z.number(),
    epoch: z.number(),
  }),
  z.object({ active: z.literal(false) }),
]);

/** `POST /oauth2/introspect`: a service asks whether a token is good, for the stack in `api_key` only. */
export const introspectEndpoint = ({ signIn, onInactive, ...verification }: IntrospectionDependencies): Endpoint => ({
  failed: 'The token could not be introspected. Please try again.',
  handle: async (request) => {
    await requireIntrospector(request, signIn);
    const stack = requireNamedStack(request);
    const [value, ...more] = formBody(request.event).getAll('token');
    if (!value || more.length > 0)
      throw new Refusal('malformed', { errors: { token: [value ? 'is given twice.' : 'is a required field'] } });
    // The program that presented it to the service is not known here.
    const by = { client: '', remote_addr: request.remoteAddress };
    const verdict = await verifyCredential(verification, { value, stack, by });
    if (!verdict.active) onInactive?.(verdict.reason);
    return { status: 200, body: IntrospectionSchema.parse(verdict.active ? active(verdict) : { active: false }) };
  },
});

const seconds = (instant: string) => Math.floor(Date.parse(instant) / 1000);

function active({ token, session }: Extract<Verified, { active: true }>): z.input<typeof IntrospectionSchema> {
  const end = session ? endOf(session, token) : token.expires_at;
  return {
    active: true,
    token_type: 'Bearer',
    kind: session ? 'session' : 'management_token',
    scope: scopeString(token.scope),
    client_id: token.api_key,
    sub: token.uid,
    ...(end === null ? {} : { exp: seconds(end) }),
    iat: seconds(session?.opened_at ?? token.created_at),
    ...(session ? { jti: session.uid } : {}),
    token_version: token.version,
    epoch: token.epoch,
  };
}
