import { type FieldErrors, Refusal, type RefusalKind } from '../../values/refusals.ts';

interface ProblemRow {
  readonly status: number;
  /** Contentstack's number. */
  readonly code: number;
  readonly title: string;
  /** Contentstack's `error_message`; absent where the endpoint has its own words. */
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const notLoggedIn = "You're not allowed in here unless you're logged in.";
const accessDenied = 'Access denied. You have insufficient permissions to perform this operation.';

/** The error table: what every refusal is on the wire. */
const problems: Record<RefusalKind, ProblemRow> = {
  malformed: { status: 400, code: 141, title: 'The request is malformed.' },
  unauthenticated: {
    status: 401,
    code: 105,
    title: 'No credential, or none that is good.',
    message: notLoggedIn,
    headers: { 'www-authenticate': 'Bearer realm="tokenward"' },
  },
  'token-expired': {
    status: 401,
    code: 105,
    title: 'The token has expired.',
    message: notLoggedIn,
    headers: {
      'www-authenticate': 'Bearer realm="tokenward", error="invalid_token", error_description="The token has expired."',
    },
  },
  'token-revoked': {
    status: 401,
    code: 105,
    title: 'The token has been revoked.',
    message: notLoggedIn,
    headers: {
      'www-authenticate':
        'Bearer realm="tokenward", error="invalid_token", error_description="The token has been revoked."',
    },
  },
  'not-allowed': {
    status: 403,
    code: 162,
    title: 'Not allowed.',
    message: accessDenied,
  },
  'insufficient-scope': {
    status: 403,
    code: 162,
    title: 'The credential does not cover this.',
    message: accessDenied,
    headers: { 'www-authenticate': 'Bearer realm="tokenward", error="insufficient_scope"' },
  },
  'token-not-found': {
    status: 404,
    code: 141,
    title: 'There is no such token.',
    message: 'The Management Token was not found. Please try again.',
  },
  'entry-not-found': {
    status: 404,
    code: 141,
    title: 'There is no such entry.',
    message: 'The audit log entry was not found.',
  },
  'branch-not-found': {
    status: 404,
    code: 141,
    title: 'There is no such branch.',
    message: 'The branch was not found.',
  },
  'alias-not-found': {
    status: 404,
    code: 141,
    title: 'There is no such branch alias.',
    message: 'The branch alias was not found.',
  },
  'session-not-found': {
    status: 404,
    code: 141,
    title: 'There is no such session.',
    message: 'The session was not found.',
  },
  'receipt-not-found': {
    status: 404,
    code: 141,
    title: 'There is no such receipt.',
    message: 'The receipt was not found.',
  },
  'no-route': { status: 404, code: 141, title: 'There is no such route.' },
  'method-not-allowed': { status: 405, code: 141, title: 'The route does not know this method.' },
  conflict: { status: 409, code: 141, title: 'Another change is in the way.' },
  'stack-not-found': {
    status: 412,
    code: 109,
    title: 'There is no such stack.',
    message: "We can't retrieve the stack. Please recheck the entered api_key.",
  },
  'stale-version': { status: 412, code: 141, title: 'The token has been changed since it was read.' },
  'too-large': { status: 413, code: 141, title: 'The body is too large.' },
  'unsupported-media-type': { status: 415, code: 141, title: 'The body has an encoding that is not supported.' },
  invalid: { status: 422, code: 141, title: 'Some fields are not valid.' },
  'idempotency-key-reused': { status: 422, code: 141, title: 'The idempotency key was used with another body.' },
  'too-many-requests': { status: 429, code: 429, title: 'Too many requests.', message: 'Too many requests' },
  unavailable: {
    status: 503,
    code: 194,
    title: 'The service cannot answer now.',
    message: 'The service cannot answer now. Try again in a moment.',
  },
};

/** An error document: RFC 9457, and what a Contentstack SDK reads. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly error_message: string;
  readonly error_code: number;
  readonly errors: FieldErrors;
  /** RFC 6749, 5.2. Present in a 400 or 401 of a route under `/oauth2/`, and nowhere else. */
  readonly error?: OAuthError;
}

export type OAuthError = 'invalid_request' | 'invalid_client';

/** The codes that a generic OAuth client reads, by status. */
const oauthErrors: Readonly<Record<number, OAuthError>> = { 400: 'invalid_request', 401: 'invalid_client' };

export interface ProblemContext {
  readonly requestId: string;
  /** Base of the `type` URIs. */
  readonly types: string;
  /** What the endpoint says of a request that it cannot carry out; null where no endpoint was reached. */
  readonly failed: string | null;
  /** True for a route under `/oauth2/`. */
  readonly isOAuth: boolean;
}

/** What is sent for a refusal; anything else that was thrown is our own mistake, and tells nothing of itself. */
export function problemOf(
  error: unknown,
  context: ProblemContext,
): { document: ProblemDocument; headers: Readonly<Record<string, string>> } {
  if (!(error instanceof Refusal)) return { document: ownMistake(context), headers: {} };
  const { status, code, title, message, headers } = problems[error.kind];
  const oauthError = context.isOAuth ? oauthErrors[status] : undefined;
  const document = {
    type: `${context.types}${error.kind}`,
    title,
    status,
    detail: error.detail ?? detailOf(error.errors) ?? title,
    instance: `urn:uuid:${context.requestId}`,
    error_message: message ?? (status === 422 ? context.failed : null) ?? error.detail ?? title,
    error_code: code,
    errors: error.errors,
    ...(oauthError ? { error: oauthError } : {}),
  };
  return { document, headers: { ...headers, ...error.headers } };
}

function detailOf(errors: FieldErrors): string | null {
  const [first] = Object.entries(errors);
  return first ? `${first[0]} ${first[1][0]}` : null;
}

function ownMistake({ requestId, types }: ProblemContext): ProblemDocument {
  const title = "We're sorry, but something went wrong on our side.";
  const instance = `urn:uuid:${requestId}`;
  return {
    type: `${types}internal`,
    title,
    status: 500,
    detail: title,
    instance,
    error_message: title,
    error_code: 194,
    errors: {},
  };
}
