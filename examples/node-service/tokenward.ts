// One file to copy into a Node service: it lets in who has a good management token or session, by asking Tokenward at each request.
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Whom to ask, and about what. */
export interface Tokenward {
  /** Where it is, without a path: `https://tokens.example` */
  readonly endpoint: string;
  /** The `api_key` of the stack whose tokens are taken. Never the caller's: its own stack would let anybody in. */
  readonly stack: string;
  /** An access token of the issuer with the scope `tokens:introspect`; keep one for as long as it is good. */
  readonly accessToken: () => Promise<string>;
  /** How long an answer may take, in ms; 2,000 unless given. */
  readonly timeoutMs?: number;
}

/** What a request needs of the token's scope. Without a branch every branch is right, as where a service has none. */
export interface Need {
  readonly module: string;
  readonly access: 'read' | 'write';
  readonly branch?: string;
}

/** Who was let in. */
export interface Caller {
  readonly tokenUid: string;
  /** Null where the token itself was presented. */
  readonly sessionUid: string | null;
  /** As introspection has it: `entry:read`, `branch:main` */
  readonly scope: readonly string[];
}

/**
 * Makes the check that every request goes through: who is calling, or null once the request is answered. 401 without a credential or
 * with one that is not good, 403 where its scope does not cover the need, 503 where that cannot be found out: then nobody is let in.
 * RFC 7662 (introspection), RFC 6750, 3 (what is answered)
 */
export function protect(
  tokenward: Tokenward,
): (request: IncomingMessage, response: ServerResponse, need: Need) => Promise<Caller | null> {
  return async (request, response, need) => {
    const value = request.headers.authorization?.replace(/^bearer +/i, '').trim();
    if (!value) return refuse(response, { status: 401, error: '', says: 'Send a management token in authorization.' });
    const caller = await introspect(tokenward, value).catch(() => undefined);
    if (caller === undefined) return refuse(response, unknown);
    if (caller === null) return refuse(response, { status: 401, error: 'invalid_token', says: 'It is not good.' });
    const says = `It does not cover ${need.module}:${need.access}${need.branch ? ` on ${need.branch}` : ''}.`;
    return covers(caller.scope, need) ? caller : refuse(response, { status: 403, error: 'insufficient_scope', says });
  };
}

/** Null: it is not good. @throws where that was not said, whatever the reason: our own credential, a time-out, another answer */
async function introspect(
  { endpoint, stack, accessToken, timeoutMs }: Tokenward,
  token: string,
): Promise<Caller | null> {
  const response = await fetch(`${endpoint}/oauth2/introspect`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await accessToken()}`, api_key: stack },
    body: new URLSearchParams({ token }),
    // The value goes where it was meant to go, and nowhere else.
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs ?? 2000),
  });
  if (response.status !== 200) throw new Error(`Introspection answered ${response.status}.`);
  const answer: unknown = await response.json();
  if (!isObject(answer) || typeof answer.active !== 'boolean') throw new Error('This is no introspection.');
  if (!answer.active) return null;
  const { sub, jti, scope, client_id } = answer;
  if (typeof sub !== 'string' || typeof scope !== 'string' || client_id !== stack)
    throw new Error('This is no introspection of a token of this stack.');
  return { tokenUid: sub, sessionUid: typeof jti === 'string' ? jti : null, scope: scope.split(' ') };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function covers(scope: readonly string[], { module, access, branch }: Need): boolean {
  const has = (...names: readonly string[]) => names.some((name) => scope.includes(name));
  return (
    has(`${module}:${access}`, `$all:${access}`) &&
    (branch === undefined || has(`branch:${branch}`, 'branch:$all', `alias:${branch}`))
  );
}

interface Refusal {
  readonly status: 401 | 403 | 503;
  /** RFC 6750, 3.1; empty where no credential was sent. */
  readonly error: string;
  readonly says: string;
}

const unknown: Refusal = { status: 503, error: '', says: 'Whether the credential is good cannot be found out now.' };

function refuse(response: ServerResponse, { status, error, says }: Refusal): null {
  const challenge = `Bearer realm="service"${error && `, error="${error}", error_description="${says}"`}`;
  response.writeHead(status, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    ...(status === 503 ? { 'retry-after': '2' } : { 'www-authenticate': challenge }),
  });
  response.end(JSON.stringify({ message: says }));
  return null;
}
