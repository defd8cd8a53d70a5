import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as z from 'zod';
import { type Home, openHome } from '../../../local/home.ts';
import { closeServer, listen } from '../../../local/loopback.ts';
import { type Issuer, startIssuer } from '../../../local/people/issuer.ts';

let home: Home;
let issuer: Issuer;
const clock = { now: () => new Date() };
beforeEach(async () => {
  home = openHome(mkdtempSync(path.join(tmpdir(), 'tokenward-issuer-')));
  issuer = await startIssuer({ home, clock });
});
afterEach(async () => {
  await issuer.close();
  home.close();
  rmSync(home.directory, { recursive: true });
});

const verify = (token: string, by = issuer) =>
  jwtVerify(token, createRemoteJWKSet(new URL(by.jwksUrl)), { issuer: by.endpoint });
const secretsSchema = z.object({ secrets: z.object({ automation: z.string(), 'resource-server': z.string() }) });
const secretOf = (client: 'automation' | 'resource-server') =>
  secretsSchema.parse(home.readJson('issuer.json')).secrets[client];
async function grant(form: Record<string, string>, headers: Record<string, string> = {}) {
  const response = await fetch(`${issuer.endpoint}/token`, {
    method: 'POST',
    headers,
    body: new URLSearchParams(form),
  });
  return {
    status: response.status,
    ...z.looseObject({ access_token: z.string().optional() }).parse(await response.json()),
  };
}

test("a member's token has what a member's token needs", async () => {
  const { payload, protectedHeader } = await verify(await issuer.mintForPerson('owner'));
  expect(protectedHeader).toMatchObject({ alg: 'RS256', kid: expect.any(String) });
  expect(payload).toEqual({
    iss: issuer.endpoint,
    sub: 'olivia-owner',
    aud: 'tokenward',
    email: 'olivia@example.test',
    email_verified: true,
    name: 'Olivia Owner',
    iat: expect.any(Number),
    nbf: payload.iat,
    exp: (payload.iat ?? 0) + 3600,
  });
});

test("a machine's token has no audience and is its own subject", async () => {
  const { payload } = await verify(await issuer.mintForMachine('resource_server'));
  expect(payload).toMatchObject({ client_id: 'resource-server', sub: 'resource-server', scope: 'tokens:introspect' });
  expect(payload).not.toHaveProperty('aud');
});

test('any token can be made: expired, for others, by others', async () => {
  const token = await issuer.mint({
    sub: 's',
    audience: null,
    lifetime: -60,
    issuer: 'https://other.example',
    extra: [1],
  });
  const { iat = 0, exp, ...claims } = decodeJwt(token);
  expect(claims).toEqual({ iss: 'https://other.example', sub: 's', nbf: iat, extra: [1] });
  expect(exp).toBe(iat - 60);
  await expect(verify(token)).rejects.toThrow();
});

test('tokens of before hold after a restart, at the same address', async () => {
  const token = await issuer.mintForPerson('admin');
  const secret = secretOf('automation');
  const { endpoint } = issuer;
  await issuer.close();
  issuer = await startIssuer({ home, clock });
  expect(issuer.endpoint).toBe(endpoint);
  expect(secretOf('automation')).toBe(secret);
  expect((await verify(token)).payload.sub).toBe('adam-admin');
});

test('another port is taken when somebody has the old one', async () => {
  const port = Number(new URL(issuer.endpoint).port);
  await issuer.close();
  const squatter = createServer();
  await listen(squatter, port);
  issuer = await startIssuer({ home, clock });
  expect(issuer.endpoint).not.toContain(`:${port}`);
  await verify(await issuer.mintForPerson('owner'));
  await closeServer(squatter);
});

test('its tokens are of the time that the clock shows', async () => {
  await issuer.close();
  const moved = new Date('2031-01-01T00:00:00Z');
  issuer = await startIssuer({ home, clock: { now: () => moved } });
  expect(decodeJwt(await issuer.mintForPerson('owner')).iat).toBe(moved.getTime() / 1000);
});

test('discovery names its keys and its token endpoint', async () => {
  const response = await fetch(`${issuer.endpoint}/.well-known/openid-configuration`);
  expect(await response.json()).toMatchObject({
    issuer: issuer.endpoint,
    jwks_uri: issuer.jwksUrl,
    token_endpoint: `${issuer.endpoint}/token`,
  });
  const { keys } = z.object({ keys: z.array(z.looseObject({})) }).parse(await (await fetch(issuer.jwksUrl)).json());
  expect(Object.keys(keys[0] ?? {}).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
});

test('a machine gets its token for its secret, in the form or by Basic', async () => {
  const client_secret = secretOf('automation');
  const byForm = await grant({ grant_type: 'client_credentials', client_id: 'automation', client_secret });
  expect(byForm).toMatchObject({ status: 200, token_type: 'Bearer', expires_in: 3600 });
  expect((await verify(byForm.access_token ?? '')).payload.client_id).toBe('automation');
  const authorization = `Basic ${Buffer.from(`automation:${client_secret}`).toString('base64')}`;
  expect((await grant({ grant_type: 'client_credentials' }, { authorization })).status).toBe(200);
});

test.each([
  ['a wrong secret', { grant_type: 'client_credentials', client_id: 'automation', client_secret: 'x' }, 401],
  ['no secret', { grant_type: 'client_credentials', client_id: 'automation' }, 401],
  ['an unknown client', { grant_type: 'client_credentials', client_id: 'toString', client_secret: 'x' }, 401],
  ['another grant', { grant_type: 'password' }, 400],
])('%s gets no token', async (_, form: Record<string, string>, status) => {
  const answer = await grant(form);
  expect(answer).toMatchObject({ status, error: expect.any(String) });
  expect(answer.access_token).toBeUndefined();
});

test('its page lists the people', async () => {
  expect(await (await fetch(issuer.endpoint)).text()).toContain('Olivia Owner');
});
