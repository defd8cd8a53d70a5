import type { Token } from '../../tokens/token.ts';
import type { UsedBy } from '../../values/last-use.ts';
import { notInOneLine } from '../../values/names.ts';
import { Refusal, stackNotFound } from '../../values/refusals.ts';
import { type RateWindows, rateHeaders, rateLimited } from '../../verification/rate-windows.ts';
import { endOf, type Session } from '../../verification/session.ts';

import {
  type VerificationDependencies,
  type Verified,
  verifyCredential,
} from '../../verification/verify-credential.ts';
import { bearerOf, stackOf } from './caller.ts';
import { type SentRequest, withHeaders } from './endpoint.ts';
import type { RouteNeed } from './routes.ts';

export interface ProgramDependencies extends VerificationDependencies {
  readonly windows: RateWindows;
}

/** A program that works with a management token, or with a session of one. */
export interface Program {
  readonly token: Token;
  /** Null where the token itself was presented. */
  readonly session: Session | null;
  /** For every answer to it, errors too. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Recognizes a program, and admits it where its token has limits of its own.
 * @throws {Refusal} `unauthenticated`, `token-expired`, `token-revoked`, `stack-not-found`, `insufficient-scope`,
 * `too-many-requests`, `unavailable`
 */
export async function programOf(request: SentRequest, deps: ProgramDependencies, need?: RouteNeed): Promise<Program> {
  const { branch } = request.event.headers;
  const verified = await verifyCredential(deps, {
    value: requireValue(request),
    stack: stackOf(request),
    by: presenterOf(request),
    ...(need ? { need: { ...need, ...(branch ? { branch } : {}) } } : {}),
  });
  if (!verified.active) throw refusalOf(verified);
  const { token, session } = verified;
  const expiry = expiryHeader(token, session);
  const limits = need ? await withHeaders(expiry, () => admitted(deps, token, need.access)) : {};
  return { token, session, headers: { ...expiry, ...limits } };
}

/** One write, and only where the token has a limit of its own. */
async function admitted(
  { windows, now }: ProgramDependencies,
  token: Token,
  access: RouteNeed['access'],
): Promise<Readonly<Record<string, string>>> {
  if (!token.rate_limit_enabled || !token.rate_limits) return {};
  const window = { limit: token.rate_limits[access], seconds: 1, now: now() };
  const use = await windows.admit({ ...window, of: token.uid, kind: access });
  if (!use) throw rateLimited(window);
  return rateHeaders(window.limit, use.remaining);
}

const longestClient = 200;
const everyNotInOneLine = new RegExp(notInOneLine, 'gu');
const beginsValue = /css?_[0-9a-f]{16}_/;

/** Who presents a credential, as far as it is known: anybody's words, without what is no text and without values. */
export function presenterOf({ event, remoteAddress }: SentRequest): UsedBy {
  const agent = event.headers['user-agent'] ?? '';
  // Before it is cut: what is left of a value would still hold its secret.
  const client = beginsValue.test(agent) ? '' : agent.replace(everyNotInOneLine, '').slice(0, longestClient);
  return { client, remote_addr: remoteAddress };
}

/** The value in `Authorization`. @throws {Refusal} `unauthenticated` */
function requireValue(request: SentRequest): string {
  const value = bearerOf(request);
  if (!value) throw unauthenticated();
  return value;
}

/** One answer to every credential that is not one, and what the routes for programs take. */
export function unauthenticated(): Refusal {
  return new Refusal('unauthenticated', {
    detail: 'Send the value of a management token, or of a session of one, in authorization, with api_key.',
  });
}

/** What is answered to a credential that is not good, with what holds for every answer to a token whose value was right. */
export function refusalOf({ reason, holder, session }: Extract<Verified, { active: false }>): Refusal {
  // An unknown, foreign or ended session is one answer, whatever ended it.
  if (session && reason !== 'out-of-scope') return unauthenticated();
  return refusals[reason](holder ? expiryHeader(holder, session) : {});
}

type Headers = Readonly<Record<string, string>>;

/** Why is told only to who presented the right value; the judge says "unknown" of everything else. */
const refusals: Record<Extract<Verified, { active: false }>['reason'], (headers: Headers) => Refusal> = {
  unknown: unauthenticated,
  deleted: () => new Refusal('token-revoked'),
  expired: (headers) => new Refusal('token-expired', { headers }),
  'session-over': unauthenticated,
  'other-stack': stackNotFound,
  'out-of-scope': (headers) =>
    new Refusal('insufficient-scope', {
      detail: "The token's scope does not cover this module, access or branch.",
      headers,
    }),
};

/** When it cannot act any more: for every answer to it. */
export function expiryHeader(token: Token, session: Session | null): Headers {
  const end = session ? endOf(session, token) : token.expires_at;
  return end === null ? {} : { 'token-expires-at': end };
}
