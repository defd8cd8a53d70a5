import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { Identity } from '../stacks/person.ts';
import { productScopes, type Scope, type SignIn } from '../stacks/sign-in.ts';
import { Refusal, unavailable } from '../values/refusals.ts';

export interface SignInOptions {
  readonly issuer: string;
  /** Finds the issuer's key by the header of a JWT. Throws jose's errors, or a {@link Refusal}. */
  readonly keys: JWTVerifyGetKey;
  /** Accepted `aud` values, or `client_id` values where a token has no `aud`. */
  readonly audience: readonly string[];
  /** What the issuer calls each scope: some put the name of an API in front. */
  readonly scopeNames: Readonly<Record<Scope, string>>;
  readonly now: () => Date;
}

/** Signatures by key pairs only: a shared secret, or none, would let anybody who knows the public key sign. RFC 8725, 3.1 */
const algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA'];

/** How far ahead of ours an issuer's clock may be, in seconds: its `nbf` and `iat` are the moment at which it signed. */
const clockTolerance = 30;

/** Recognizes members and services by an OpenID Connect issuer's JWTs. */
export function createSignIn({ issuer, keys, audience, scopeNames, now }: SignInOptions): SignIn {
  return {
    recognize: async (jwt) => {
      const options = { issuer, algorithms, currentDate: now(), clockTolerance, requiredClaims: ['sub', 'exp'] };
      const { payload } = await verified(() => jwtVerify(jwt, keys, options));
      if (!payload.sub || !isForUs(payload, audience) || hasExpired(payload, now()))
        throw new Refusal('unauthenticated');
      return {
        identity: identityOf({ ...payload, sub: payload.sub }, { issuer, now: now() }),
        scopes: scopesOf(payload, scopeNames),
      };
    },
  };
}

async function verified<T>(verify: () => Promise<T>): Promise<T> {
  try {
    return await verify();
  } catch (error) {
    if (error instanceof Refusal) throw error;
    // The issuer's fault and not the caller's: one of its keys cannot be used.
    const isBadKey = !(error instanceof errors.JOSEError) || error instanceof errors.JWKSInvalid;
    throw isBadKey ? unavailable(error) : new Refusal('unauthenticated');
  }
}

function isForUs({ aud, client_id }: JWTPayload, audience: readonly string[]): boolean {
  const named = aud === undefined ? [client_id] : [aud].flat();
  return named.some((name) => typeof name === 'string' && audience.includes(name));
}

/** jose's tolerance is for `exp`, too, and there it has no place. RFC 7519, 4.1.4 */
function hasExpired({ exp = 0 }: JWTPayload, now: Date): boolean {
  return exp * 1000 <= now.getTime();
}

/** jose lets any number through (RFC 7519, 4.1.6), and JSON has numbers that are no instant and cannot be stored: `1e999`. */
function isInstant(iat: number | undefined): iat is number {
  return iat !== undefined && Number.isSafeInteger(Math.trunc(iat));
}

function identityOf(
  { sub, iat, email, email_verified }: JWTPayload & { sub: string },
  { issuer, now }: { readonly issuer: string; readonly now: Date },
): Identity {
  // A later `iat` would make this JWT the newest one until then, and its address the one that stays.
  const latest = Math.floor(now.getTime() / 1000) + clockTolerance;
  // Some issuers write it as a text.
  const isVerified = email_verified === true || email_verified === 'true';
  return {
    issuer,
    sub,
    ...(isInstant(iat) ? { issued_at: Math.min(iat, latest) } : {}),
    ...(typeof email === 'string' ? { email, email_verified: isVerified } : {}),
  };
}

function scopesOf({ scope, scp }: JWTPayload, names: SignInOptions['scopeNames']): readonly Scope[] {
  const given = [...listed(scope), ...listed(scp)];
  return Object.values(productScopes).filter((one) => given.includes(names[one]));
}

/** A text with spaces (RFC 8693, 4.2), or a list, which other issuers write. */
function listed(claim: unknown): readonly unknown[] {
  if (typeof claim === 'string') return claim.split(' ');
  return Array.isArray(claim) ? claim : [];
}
