import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';
import { Refusal, unavailable } from '../refusals.ts';
import type { Identity } from '../stacks/person.ts';

/** Who a JWT says that its bearer is, and what it was given. */
export interface SignedIn {
  readonly identity: Identity;
  readonly scopes: readonly string[];
}

export interface SignIn {
  /** @throws {Refusal} `unauthenticated`; `unavailable` when the issuer's keys cannot be had */
  recognize(jwt: string): Promise<SignedIn>;
}

export interface SignInOptions {
  readonly issuer: string;
  readonly jwksUrl: string;
  /** Accepted `aud` values, or `client_id` values where a token has no `aud`. */
  readonly audience: readonly string[];
  readonly now: () => Date;
}

/** Signatures by key pairs only: a shared secret, or none, would let anybody who knows the public key sign. RFC 8725, 3.1 */
const algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA'];

/** Recognizes members and services by an OpenID Connect issuer's JWTs. */
export function createSignIn({ issuer, jwksUrl, audience, now }: SignInOptions): SignIn {
  const keys = createRemoteJWKSet(new URL(jwksUrl), { timeoutDuration: 3000 });
  return {
    recognize: async (jwt) => {
      const { payload } = await verified(() =>
        jwtVerify(jwt, keys, { issuer, algorithms, currentDate: now(), requiredClaims: ['sub', 'exp'] }),
      );
      if (!payload.sub || !isForUs(payload, audience)) throw new Refusal('unauthenticated');
      return { identity: identityOf({ ...payload, sub: payload.sub }, issuer), scopes: scopesOf(payload) };
    },
  };
}

async function verified<T>(verify: () => Promise<T>): Promise<T> {
  try {
    return await verify();
  } catch (error) {
    // The issuer's fault and not the caller's: its keys did not come, or were no keys.
    const noKeys =
      !(error instanceof errors.JOSEError) ||
      error instanceof errors.JWKSTimeout ||
      error instanceof errors.JWKSInvalid ||
      error.constructor === errors.JOSEError;
    throw noKeys ? unavailable(error) : new Refusal('unauthenticated');
  }
}

function isForUs({ aud, client_id }: JWTPayload, audience: readonly string[]): boolean {
  const named = aud === undefined ? [client_id] : [aud].flat();
  return named.some((name) => typeof name === 'string' && audience.includes(name));
}

function identityOf({ sub, iat, email, email_verified }: JWTPayload & { sub: string }, issuer: string): Identity {
  return {
    issuer,
    sub,
    ...(isInstant(iat) ? { issued_at: iat } : {}),
    ...(typeof email === 'string' ? { email, email_verified: email_verified === true } : {}),
  };
}

/** jose lets any number through (RFC 7519, 4.1.6), and JSON has numbers that are no instant and cannot be stored: `1e999`. */
function isInstant(iat: number | undefined): iat is number {
  return iat !== undefined && Number.isSafeInteger(Math.trunc(iat));
}

function scopesOf({ scope }: JWTPayload): readonly string[] {
  return typeof scope === 'string' ? scope.split(' ') : [];
}
