import { createHash, randomBytes } from 'node:crypto';
import type * as http from 'node:http';
import { text } from 'node:stream/consumers';
import * as z from 'zod';
import { CONSOLE_CLIENT, type Person, people } from './accounts.ts';

/** What the issuer sends back. */
export interface SignInAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}
/** What a code is exchanged for. */
export interface Grant {
  readonly person: Person;
  readonly nonce: string | null;
}

/**
 * Signs people in to the console by the authorization code flow with PKCE (RFC 6749, 4.1; RFC 7636), with a page that has a button
 * for each of them, and remembers them by a cookie of its own until they sign out or the issuer stops.
 */
export interface PeopleSignIn {
  authorize(request: http.IncomingMessage): Promise<SignInAnswer>;
  /** Undefined for a code that is not good, was used before, or belongs to another verifier. */
  redeem(form: URLSearchParams): Grant | undefined;
  endSession(request: http.IncomingMessage): SignInAnswer;
}

interface Code extends Grant {
  readonly challenge: string;
  readonly redirectUri: string;
}

const COOKIE = 'tokenward_development_issuer';
const attributes = 'Path=/; HttpOnly; SameSite=Lax';
/** A page of somebody else's must not be able to frame the buttons, and the form may lead back to the console only. */
const policyFor = (origin: string) =>
  `default-src 'none'; style-src 'unsafe-inline'; form-action 'self' ${origin}; frame-ancestors 'none'; base-uri 'none'`;

const RequestSchema = z.object({
  client_id: z.literal(CONSOLE_CLIENT),
  response_type: z.literal('code'),
  redirect_uri: z.string(),
  code_challenge: z.string().min(43),
  code_challenge_method: z.literal('S256'),
  state: z.string().default(''),
  nonce: z.string().nullable().default(null),
  prompt: z.string().default(''),
});
type AuthorizationRequest = z.infer<typeof RequestSchema>;

/** @param origin of the console, the only one that people are sent back to */
export function createPeopleSignIn(origin: string): PeopleSignIn {
  const codes = new Map<string, Code>();
  const sessions = new Map<string, Person>();
  const isOwn = (url: string) => url === `${origin}/`;
  const issue = (request: AuthorizationRequest, person: Person): string => {
    const code = randomBytes(24).toString('base64url');
    const { code_challenge: challenge, redirect_uri: redirectUri, nonce } = request;
    codes.set(code, { person, nonce, challenge, redirectUri });
    return code;
  };
  return {
    authorize: async (incoming) => {
      const query = new URL(incoming.url ?? '/', 'http://issuer').searchParams;
      const request = RequestSchema.safeParse(Object.fromEntries(query));
      // Never sent back to where it came from: that address is not to be trusted.
      if (!request.success || !isOwn(request.data.redirect_uri))
        return { status: 400, body: 'This client is not known.' };
      const chosen = incoming.method === 'POST' ? personOf(await text(incoming)) : undefined;
      if (chosen)
        return signedIn(request.data, { code: issue(request.data, chosen), cookie: remember(sessions, chosen) });
      if (request.data.prompt !== 'none') return pageOfPeople(query, origin);
      const known = sessions.get(cookieOf(incoming));
      return known
        ? signedIn(request.data, { code: issue(request.data, known) })
        : back(request.data, { error: 'login_required' });
    },
    redeem: (form) => {
      const code = codes.get(form.get('code') ?? '');
      codes.delete(form.get('code') ?? '');
      const challenge = createHash('sha256')
        .update(form.get('code_verifier') ?? '')
        .digest('base64url');
      const isGood = form.get('client_id') === CONSOLE_CLIENT && form.get('redirect_uri') === code?.redirectUri;
      return isGood && code?.challenge === challenge ? code : undefined;
    },
    endSession: (incoming) => {
      const query = new URL(incoming.url ?? '/', 'http://issuer').searchParams;
      sessions.delete(cookieOf(incoming));
      const to = query.get('post_logout_redirect_uri') ?? '';
      const location = isOwn(to) ? withQuery(to, { state: query.get('state') ?? '' }) : '/';
      return { status: 303, headers: { location, 'set-cookie': `${COOKIE}=; Max-Age=0; ${attributes}` } };
    },
  };
}

function remember(sessions: Map<string, Person>, person: Person): string {
  const session = randomBytes(24).toString('base64url');
  sessions.set(session, person);
  return session;
}

function signedIn(request: AuthorizationRequest, { code, cookie }: { code: string; cookie?: string }): SignInAnswer {
  const answer = back(request, { code });
  return cookie === undefined
    ? answer
    : { ...answer, headers: { ...answer.headers, 'set-cookie': `${COOKIE}=${cookie}; ${attributes}` } };
}

function back({ redirect_uri: to, state }: AuthorizationRequest, parameters: Record<string, string>): SignInAnswer {
  return { status: 303, headers: { location: withQuery(to, { ...parameters, state }) } };
}

function withQuery(address: string, parameters: Record<string, string>): string {
  const url = new URL(address);
  for (const [name, value] of Object.entries(parameters)) if (value) url.searchParams.set(name, value);
  return url.href;
}

function personOf(body: string): Person | undefined {
  const named = new URLSearchParams(body).get('person') ?? '';
  return Object.keys(people).find((person): person is Person => person === named);
}

function cookieOf({ headers }: http.IncomingMessage): string {
  return new RegExp(`(?:^|; )${COOKIE}=([^;]*)`).exec(headers.cookie ?? '')?.[1] ?? '';
}

const STYLE = `:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { display: grid; place-content: center; min-height: 100vh; margin: 0; }
form { display: grid; gap: 8px; } h1 { font-size: 20px; } button { padding: 10px 16px; font: inherit; cursor: pointer; }`;

function pageOfPeople(query: URLSearchParams, origin: string): SignInAnswer {
  const buttons = Object.entries(people).map(
    ([person, { name }]) => `<button name="person" value="${person}">Sign in as ${name}</button>`,
  );
  const action = `/authorize?${query.toString().replaceAll('&', '&amp;')}`;
  const body = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Sign in</title><style>${STYLE}</style><body><main><h1>Development issuer</h1><p>Nobody asks for a password here.</p>
<form method="post" action="${action}">${buttons.join('')}</form></main></body></html>`;
  const headers = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policyFor(origin) };
  return { status: 200, headers, body };
}
