/**
 * Every way in which Tokenward says no, for callers to understand and for doors to translate. `http/chain/problem.ts` has a row for each
 * kind; a kind without a row does not compile.
 */
export type RefusalKind =
  | 'malformed'
  | 'unauthenticated'
  | 'token-expired'
  | 'token-revoked'
  | 'not-allowed'
  | 'insufficient-scope'
  | 'token-not-found'
  | 'entry-not-found'
  | 'branch-not-found'
  | 'alias-not-found'
  | 'session-not-found'
  | 'receipt-not-found'
  | 'no-route'
  | 'method-not-allowed'
  | 'conflict'
  | 'stack-not-found'
  | 'stale-version'
  | 'too-large'
  | 'unsupported-media-type'
  | 'invalid'
  | 'idempotency-key-reused'
  | 'too-many-requests'
  | 'unavailable';

/** Messages by the name of the field that they are about. */
export type FieldErrors = Readonly<Record<string, readonly string[]>>;

interface RefusalDetails {
  /** One sentence that says what to do. Never holds anything secret, nor the name of a token that was not confirmed. */
  readonly detail?: string;
  readonly errors?: FieldErrors;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** A request that was understood and not carried out. Nothing was changed, unless the kind is `unavailable`. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly kind: RefusalKind;
  readonly detail: string | undefined;
  readonly errors: FieldErrors;
  readonly headers: Readonly<Record<string, string>>;

  constructor(kind: RefusalKind, { detail, errors = {}, headers = {}, cause }: RefusalDetails = {}) {
    super(detail ?? kind, cause === undefined ? undefined : { cause });
    this.kind = kind;
    this.detail = detail;
    this.errors = errors;
    this.headers = headers;
  }
}

/** The caller has nothing to do with the stack, or there is none: one answer for both. */
export const stackNotFound = (headers: Readonly<Record<string, string>> = {}) =>
  new Refusal('stack-not-found', { headers });

/** The caller is a member of the stack, without the rights that this takes. */
export const notAllowed = () => new Refusal('not-allowed');

/** There is no such token in this stack: unknown, deleted and another stack's are one answer. */
export const tokenNotFound = () => new Refusal('token-not-found', { errors: { uid: ['is not valid.'] } });

/** There is no such alias in this stack. */
export const aliasNotFound = () => new Refusal('alias-not-found', { errors: { alias: ['is not valid.'] } });

/** Fields that break a rule, each under its name. */
export const invalid = (errors: FieldErrors) => new Refusal('invalid', { errors });

/** Another token of the stack has the name. */
export const nameTaken = () => invalid({ name: ['is not unique.'] });

/** Somebody else changed the token since the caller read it. `version` is the present one. */
export const staleVersion = (version: number) =>
  new Refusal('stale-version', {
    detail: 'The token has been changed since it was read. Read it again and repeat the change.',
    headers: { etag: etagOf(version) },
  });

/** The caller's write met another's again and again. Nothing was changed. The pause of a second begins with the answer. */
export const conflict = (detail = 'Another change is under way. Try again.', cause?: unknown) =>
  new Refusal('conflict', { detail, headers: { 'retry-after': '1' }, cause });

/** Storage cannot answer, or it is not known whether it carried out the request. Nothing is "active" then. */
export const unavailable = (cause: unknown) => new Refusal('unavailable', { headers: { 'retry-after': '2' }, cause });

/** The strong entity tag of a version. RFC 9110, 8.8.3 */
export function etagOf(version: number): string {
  return `"${version}"`;
}
