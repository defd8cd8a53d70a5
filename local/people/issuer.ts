import { randomBytes, randomUUID } from 'node:crypto';
import * as http from 'node:http';
import { text } from 'node:stream/consumers';
import { exportJWK, generateKeyPair, importJWK, SignJWT } from 'jose';
import * as z from 'zod';
import type { Clock } from '../clock.ts';
import type { Home } from '../home.ts';
import { closeServer, listenAgain } from '../loopback.ts';
import { AUDIENCE, CONSOLE_CLIENT, type Machine, machines, type Person, people } from './accounts.ts';
import { createPeopleSignIn, type PeopleSignIn, type SignInAnswer } from './issuer-sign-in.ts';

/** What a token says. Other claims than these are taken as they are. */
export interface MintRequest {
  readonly sub: string;
  /** `tokenward` unless given; null: no `aud`, which is also so when there is a `client_id` */
  readonly audience?: string | null;
  /** seconds, an hour unless given; negative: expired */
  readonly lifetime?: number;
  /** this issuer unless given */
  readonly issuer?: string;
  readonly [claim: string]: unknown;
}
export interface Issuer {
  /** `http://127.0.0.1:PORT`, the `iss` of its tokens */
  readonly endpoint: string;
  readonly jwksUrl: string;
  /** Signs a JWT (RS256). */
  mint(request: MintRequest): Promise<string>;
  mintForPerson(person: Person, lifetime?: number): Promise<string>;
  mintForMachine(machine: Machine, lifetime?: number): Promise<string>;
  close(): Promise<void>;
}

interface IssuerOptions {
  readonly home: Home;
  readonly clock: Pick<Clock, 'now'>;
  /** origin of the console; without it nobody can sign in by a browser */
  readonly console?: string;
}

const FILE = 'issuer.json';
const HOUR = 3600;
/** Moving the clock by some years must not sign anybody out. */
export const TEN_YEARS = 10 * 365 * 24 * HOUR;
const SavedSchema = z.object({
  port: z.int(),
  key: z.record(z.string(), z.unknown()),
  secrets: z.record(z.string(), z.string()),
});
type Saved = z.infer<typeof SavedSchema>;
const PublicKeySchema = z.object({ kty: z.string(), n: z.string(), e: z.string(), kid: z.string() });

/**
 * Starts the development OpenID Connect issuer. Key, secrets and port are kept in `<home>/issuer.json`, so that its tokens
 * hold after a restart; when another process has the port, it takes a new one and tokens of before are not good any more.
 */
export async function startIssuer({ home, clock, console: origin }: IssuerOptions): Promise<Issuer> {
  const parsed = SavedSchema.safeParse(home.readJson(FILE));
  const saved = parsed.success ? parsed.data : await newIdentity();
  const server = http.createServer();
  const port = await listenAgain(server, saved.port);
  home.writeJson(FILE, { ...saved, port });
  const signIn = origin === undefined ? undefined : createPeopleSignIn(origin);
  const authority = { ...(await authorityOf({ ...saved, port }, clock)), origin, signIn };
  server.on('request', (request, response) => void serve(authority, request, response));
  return { ...authority, close: () => closeServer(server) };
}

async function newIdentity(): Promise<Saved> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const secretOf = () => randomBytes(24).toString('base64url');
  const secrets = Object.fromEntries(Object.values(machines).map(({ clientId }) => [clientId, secretOf()]));
  return { port: 0, key: { ...(await exportJWK(privateKey)), kid: randomUUID() }, secrets };
}

async function authorityOf({ port, key: jwk, secrets }: Saved, clock: Pick<Clock, 'now'>) {
  const key = await importJWK(jwk, 'RS256');
  const { kid, ...publicKey } = PublicKeySchema.parse(jwk);
  const endpoint = `http://127.0.0.1:${port}`;
  const mint: Issuer['mint'] = ({ audience, lifetime = HOUR, issuer = endpoint, ...claims }) => {
    const now = Math.floor(clock.now().getTime() / 1000);
    const aud = audience === undefined && claims.client_id === undefined ? AUDIENCE : audience;
    const payload = { iss: issuer, ...(aud ? { aud } : {}), iat: now, nbf: now, exp: now + lifetime, ...claims };
    return new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid, typ: 'JWT' }).sign(key);
  };
  return {
    endpoint,
    jwksUrl: `${endpoint}/jwks.json`,
    publicKeys: [{ ...publicKey, kid, alg: 'RS256', use: 'sig' }],
    secrets,
    mint,
    mintForPerson: (person: Person, lifetime = HOUR) => mint({ ...people[person], email_verified: true, lifetime }),
    mintForMachine: (machine: Machine, lifetime = HOUR) => {
      const { clientId, scope } = machines[machine];
      // As Cognito's access tokens for client credentials: no aud, and the client is the subject.
      return mint({ sub: clientId, client_id: clientId, scope, token_use: 'access', jti: randomUUID(), lifetime });
    },
  };
}
type Authority = Awaited<ReturnType<typeof authorityOf>> & {
  readonly origin: string | undefined;
  readonly signIn: PeopleSignIn | undefined;
};

async function serve(
  authority: Authority,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  // The console's scripts read the configuration and exchange codes; no other page's may.
  const sharing = authority.origin && { 'access-control-allow-origin': authority.origin, vary: 'origin' };
  const answer = (status: number, body: unknown, type = 'application/json') =>
    response
      .writeHead(status, { 'content-type': type, 'cache-control': 'no-store', ...sharing })
      .end(typeof body === 'string' ? body : JSON.stringify(body));
  const send = ({ status, headers, body }: SignInAnswer) =>
    response.writeHead(status, { 'cache-control': 'no-store', ...headers }).end(body);
  try {
    switch (`${request.method} ${request.url?.split('?')[0]}`) {
      case 'GET /authorize':
      case 'POST /authorize':
        return void (authority.signIn ? send(await authority.signIn.authorize(request)) : answer(404, {}));
      case 'GET /logout':
        return void (authority.signIn ? send(authority.signIn.endSession(request)) : answer(404, {}));
      case 'GET /.well-known/openid-configuration':
        return void answer(200, configurationOf(authority));
      case 'GET /jwks.json':
        return void answer(200, { keys: authority.publicKeys });
      case 'POST /token':
        return void answer(...(await grant(authority, request)));
      case 'GET /':
        return void answer(200, page(), 'text/html; charset=utf-8');
      default:
        return void answer(404, { error: 'not_found' });
    }
  } catch {
    answer(400, { error: 'invalid_request' });
  }
}

function configurationOf({ endpoint, jwksUrl }: Authority): object {
  return {
    issuer: endpoint,
    jwks_uri: jwksUrl,
    token_endpoint: `${endpoint}/token`,
    authorization_endpoint: `${endpoint}/authorize`,
    end_session_endpoint: `${endpoint}/logout`,
    grant_types_supported: ['client_credentials', 'authorization_code'],
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256'],
    prompt_values_supported: ['none', 'login'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    id_token_signing_alg_values_supported: ['RS256'],
    subject_types_supported: ['public'],
  };
}

/** https://www.rfc-editor.org/rfc/rfc6749#section-4.4 */
async function grant(authority: Authority, request: http.IncomingMessage): Promise<[number, object]> {
  const form = new URLSearchParams(await text(request));
  if (form.get('grant_type') === 'authorization_code') return await grantToPerson(authority, form);
  if (form.get('grant_type') !== 'client_credentials') return [400, { error: 'unsupported_grant_type' }];
  const [, basic] = /^Basic (.+)$/i.exec(request.headers.authorization ?? '') ?? [];
  const [id, secret] = basic
    ? Buffer.from(basic, 'base64').toString().split(':').map(decodeURIComponent)
    : [form.get('client_id'), form.get('client_secret')];
  const [machine] = Object.entries(machines).find(([, { clientId }]) => clientId === id) ?? [];
  if (!isMachine(machine) || !secret || authority.secrets[machines[machine].clientId] !== secret) {
    return [401, { error: 'invalid_client' }];
  }
  const access_token = await authority.mintForMachine(machine);
  return [200, { access_token, token_type: 'Bearer', expires_in: HOUR, scope: machines[machine].scope }];
}

/** The access token lasts for years, so that moving the clock signs nobody out. */
async function grantToPerson(authority: Authority, form: URLSearchParams): Promise<[number, object]> {
  const granted = authority.signIn?.redeem(form);
  if (!granted) return [400, { error: 'invalid_grant' }];
  const { person, nonce } = granted;
  const access_token = await authority.mintForPerson(person, TEN_YEARS);
  const id_token = await authority.mint({ ...people[person], audience: CONSOLE_CLIENT, ...(nonce ? { nonce } : {}) });
  return [200, { access_token, id_token, token_type: 'Bearer', expires_in: TEN_YEARS, scope: 'openid profile email' }];
}

function isMachine(name: string | undefined): name is Machine {
  return name !== undefined && Object.hasOwn(machines, name);
}

function page(): string {
  const rows = Object.entries(people).map(([role, { name, email }]) => `<li>${name} &lt;${email}&gt;, ${role}</li>`);
  return `<!doctype html><title>Development issuer</title><h1>People who can sign in</h1><ul>${rows.join('')}</ul>`;
}
