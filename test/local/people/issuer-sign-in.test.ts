import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decodeJwt } from 'jose';
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as z from 'zod';
import { type Home, openHome } from '../../../local/home.ts';
import { type Issuer, startIssuer } from '../../../local/people/issuer.ts';

const console = 'http://127.0.0.1:4';
let home: Home;
let issuer: Issuer;
beforeEach(async () => {
  home = openHome(mkdtempSync(path.join(tmpdir(), 'tokenward-sign-in-')));
  issuer = await startIssuer({ home, clock: { now: () => new Date() }, console });
});
afterEach(async () => {
  await issuer.close();
  home.close();
  rmSync(home.directory, { recursive: true });
});

const verifier = randomBytes(32).toString('base64url');
const wanted = {
  client_id: 'tokenward-console',
  response_type: 'code',
  redirect_uri: `${console}/`,
  code_challenge: createHash('sha256').update(verifier).digest('base64url'),
  code_challenge_method: 'S256',
  state: 'st',
  nonce: 'once',
};
const addressOf = (query: Record<string, string>) => `${issuer.endpoint}/authorize?${new URLSearchParams(query)}`;

async function choose(person: string, query: Record<string, string> = wanted) {
  const body = new URLSearchParams({ person });
  const answer = await fetch(addressOf(query), { method: 'POST', body, redirect: 'manual' });
  const location = answer.headers.get('location');
  return {
    status: answer.status,
    to: location ? new URL(location) : null,
    cookie: answer.headers.get('set-cookie') ?? '',
  };
}

const AnswerSchema = z.looseObject({ access_token: z.string().optional(), id_token: z.string().optional() });
async function redeem(code: string | null | undefined, changes: Record<string, string> = {}) {
  const { client_id, redirect_uri } = wanted;
  const grant = {
    grant_type: 'authorization_code',
    code: code ?? '',
    client_id,
    redirect_uri,
    code_verifier: verifier,
  };
  const body = new URLSearchParams({ ...grant, ...changes });
  const answer = await fetch(`${issuer.endpoint}/token`, { method: 'POST', body, headers: { origin: console } });
  const shared = answer.headers.get('access-control-allow-origin');
  return { status: answer.status, shared, ...AnswerSchema.parse(await answer.json()) };
}

test('the page has a button for each person, and nobody may frame it', async () => {
  const page = await fetch(addressOf(wanted));
  expect(await page.text()).toContain('>Sign in as Olivia Owner</button>');
  expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
});

test('a code is good for one exchange, with its verifier', async () => {
  const { status, to } = await choose('owner');
  expect([status, to?.origin, to?.searchParams.get('state')]).toEqual([303, console, 'st']);
  const answer = await redeem(to?.searchParams.get('code'));
  expect(answer).toMatchObject({ status: 200, token_type: 'Bearer', shared: console });
  expect(decodeJwt(answer.access_token ?? '')).toMatchObject({ sub: 'olivia-owner', aud: 'tokenward' });
  expect(decodeJwt(answer.id_token ?? '')).toMatchObject({ aud: 'tokenward-console', nonce: 'once' });
  expect((await redeem(to?.searchParams.get('code'))).status).toBe(400);
});

test.each([
  ['another verifier', { code_verifier: 'x'.repeat(43) }],
  ['another client', { client_id: 'automation' }],
  ['another address', { redirect_uri: 'http://127.0.0.1:5/' }],
])('%s gets no token for a code', async (_, changes: Record<string, string>) => {
  const { to } = await choose('admin');
  const answer = await redeem(to?.searchParams.get('code'), changes);
  expect(answer.status).toBe(400);
  expect(answer.access_token).toBeUndefined();
});

test.each([
  ['an address that is not the console’s', { redirect_uri: 'http://evil.example/' }],
  ['another client', { client_id: 'automation' }],
  ['a plain challenge', { code_challenge_method: 'plain' }],
  ['no challenge', { code_challenge: '' }],
])('%s is refused without being sent anywhere', async (_, changes: Record<string, string>) => {
  const { status, to } = await choose('owner', { ...wanted, ...changes });
  expect([status, to]).toEqual([400, null]);
});

test('who signed in before is signed in without a click, until they sign out', async () => {
  const silent = async (cookie: string) => {
    const answer = await fetch(addressOf({ ...wanted, prompt: 'none' }), { headers: { cookie }, redirect: 'manual' });
    return new URL(answer.headers.get('location') ?? '').searchParams;
  };
  const [cookie = ''] = (await choose('developer')).cookie.split(';');
  const { access_token = '' } = await redeem((await silent(cookie)).get('code'));
  expect(decodeJwt(access_token).sub).toBe('dana-developer');
  const query = new URLSearchParams({ post_logout_redirect_uri: `${console}/`, state: 'out' });
  const out = await fetch(`${issuer.endpoint}/logout?${query}`, { headers: { cookie }, redirect: 'manual' });
  expect(out.headers.get('location')).toBe(`${console}/?state=out`);
  expect((await silent(cookie)).get('error')).toBe('login_required');
});
