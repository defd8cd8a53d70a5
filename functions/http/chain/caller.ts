import { type Actor, personUid } from '../../stacks/person.ts';
import { isService, productScopes, type Scope, type SignedIn, type SignIn } from '../../stacks/sign-in.ts';
import { Refusal, stackNotFound } from '../../values/refusals.ts';
import type { HttpRequest, SentRequest } from './endpoint.ts';

/** The stack that a request names, or null. @throws {Refusal} `malformed` when it names two */
export function stackOf({ event: { headers } }: SentRequest): string | null {
  const [first, second] = [headers.api_key, headers['x-stack-api-key']];
  if (first && second && first !== second) {
    throw new Refusal('malformed', {
      detail: 'api_key and x-stack-api-key name different stacks.',
      errors: { api_key: ['is given twice.'] },
    });
  }
  return first || second || null;
}

const stackShape = /^[A-Za-z0-9_-]{1,64}$/;

/** @throws {Refusal} `stack-not-found` for what cannot be a stack: it never becomes a key */
export function requireStack(request: HttpRequest): string {
  const stack = stackOf(request);
  if (!stack || !stackShape.test(stack)) throw stackNotFound();
  return stack;
}

/**
 * The stack that an introspection is about. A service that forgets to name it must not read "not active" for every good token.
 * @throws {Refusal} `malformed` where it is absent or cannot be a stack
 */
export function requireNamedStack(request: HttpRequest): string {
  const stack = stackOf(request);
  const problem = stack ? 'must be 1 to 64 letters, digits, _ or -.' : 'is a required field';
  if (!stack || !stackShape.test(stack)) throw new Refusal('malformed', { errors: { api_key: [problem] } });
  return stack;
}

/**
 * A person or machine that is signed in. Whether it is a member of the stack is for the use case to find out.
 * @throws {Refusal} `unauthenticated`, `unavailable`; `insufficient-scope` for a service, whichever stack it names
 */
export async function memberOf(request: HttpRequest, signIn: SignIn): Promise<Actor> {
  const { authtoken } = request.event.headers;
  const authorization = bearerOf(request);
  if (authtoken && authorization && authtoken !== authorization) {
    throw new Refusal('malformed', {
      detail: 'authtoken and authorization hold different credentials.',
      errors: { authtoken: ['is given twice.'] },
    });
  }
  const signedIn = await recognized(signIn, { credential: authtoken || authorization, wanted: asMember });
  if (isService(signedIn)) throw lacking(productScopes.manage);
  const { identity } = signedIn;
  return { uid: personUid(identity), identity, request_id: request.requestId, remote_addr: request.remoteAddress };
}

/** A service that may introspect. @throws {Refusal} `unauthenticated`, `insufficient-scope`, `unavailable` */
export async function requireIntrospector(request: HttpRequest, signIn: SignIn): Promise<void> {
  const { scopes } = await recognized(signIn, {
    credential: bearerOf(request),
    wanted: asService,
    challenge: 'Bearer realm="tokenward", error="invalid_token"',
  });
  if (!scopes.includes(productScopes.introspect)) throw lacking(productScopes.introspect);
}

/** The credential in `Authorization`, with or without `Bearer` in front. */
export function bearerOf({ event: { headers } }: SentRequest): string | undefined {
  return headers.authorization?.replace(/^bearer +/i, '').trim() || undefined;
}

const lacking = (scope: Scope) => new Refusal('insufficient-scope', { detail: `This takes the scope ${scope}.` });

/** True for the value of a token or session in `Authorization`, where a member's JWT could be, too. */
export function presentsValue(request: HttpRequest): boolean {
  return !request.event.headers.authtoken && /^css?_/.test(bearerOf(request) ?? '');
}

/** What a route takes: the same to everybody whom it turns away. */
const asMember = "Send a member's JWT in authtoken, or in authorization after Bearer, with api_key.";
const asService = "Send a service's JWT in authorization, after Bearer.";

interface Presented {
  readonly credential: string | undefined;
  readonly wanted: string;
  /** `WWW-Authenticate` for a credential that is not good, where it differs from the answer to none. RFC 6750, 3.1 */
  readonly challenge?: string;
}

async function recognized(signIn: SignIn, { credential, wanted: detail, challenge }: Presented): Promise<SignedIn> {
  if (!credential) throw new Refusal('unauthenticated', { detail });
  try {
    return await signIn.recognize(credential);
  } catch (error) {
    if (!(error instanceof Refusal) || error.kind !== 'unauthenticated') throw error;
    throw new Refusal('unauthenticated', { detail, headers: challenge ? { 'www-authenticate': challenge } : {} });
  }
}
