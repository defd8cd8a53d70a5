import * as http from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { behaviorsOf } from '../../../../local/services/cloudfront/distribution-template.ts';
import { RunningSystem } from '../../../support/running-system.ts';

let running: RunningSystem;
beforeAll(async () => {
  running = await RunningSystem.start();
});
afterAll(() => running.stop());

const get = (path: string, init: RequestInit = {}) => fetch(`${running.system.console}${path}`, init);

test('the page has the headers of the template, word by word, and the issuer in its policy', async () => {
  const page = await get('/');
  expect(page.headers.get('content-type')).toContain('text/html');
  expect(page.headers.get('cache-control')).toBe('no-cache');
  expect(page.headers.get('content-security-policy')).toContain(
    `connect-src 'self' ${running.system.issuer.endpoint}; font-src 'self'`,
  );
  expect(page.headers.get('content-security-policy')).toMatch(
    /; require-trusted-types-for 'script'; trusted-types default$/,
  );
  expect(page.headers.get('x-frame-options')).toBe('DENY');
  const [, script = ''] = /src="(\/assets\/[^"]+\.js)"/.exec(await page.text()) ?? [];
  const assets = await get(script);
  expect(assets.headers.get('cache-control')).toContain('immutable');
  expect(assets.headers.get('content-security-policy')).toBe(page.headers.get('content-security-policy'));
});

test('the configuration names issuer and client as the template does', async () => {
  expect(await (await get('/config.json')).json()).toMatchObject({
    issuer: running.system.issuer.endpoint,
    client_id: 'tokenward-console',
  });
});

test.each([
  '/nothing.html',
  '/assets/nothing',
  '/assets/../config.json.bak',
  '/%2e%2e/%2e%2e/package.json',
  '/assets/%',
])('%s is not there', async (path) => {
  expect((await get(path)).status).toBe(403);
});

test.each(['/stacks', '/stacks/?x=1.5', '/a/b/c', '/v3', '/%'])(
  '%s, typed or bookmarked, is the console',
  async (path) => {
    const [page, typed] = [await get('/'), await get(path)];
    expect([typed.status, await typed.text()]).toEqual([200, await page.text()]);
    for (const name of ['content-type', 'cache-control', 'content-security-policy'])
      expect(typed.headers.get(name)).toBe(page.headers.get(name));
  },
);

test('only reading is allowed where files are', async () => {
  expect((await get('/', { method: 'POST' })).status).toBe(403);
});

test('what is below /v3 and /oauth2 is the API’s, with its own headers and errors', async () => {
  const headers = { authtoken: await running.jwt('owner'), api_key: running.stack };
  const list = await get('/v3/stacks/management_tokens?include_count=true', { headers });
  expect(z.object({ count: z.number() }).parse(await list.json()).count).toBeGreaterThan(5);
  expect(list.headers.get('cache-control')).toBe('no-store');
  const unknown = await get('/v3/nothing', { method: 'DELETE' });
  expect([unknown.status, unknown.headers.get('content-type')]).toEqual([404, 'application/problem+json']);
  const stranger = await get('/v3/stacks/management_tokens', {
    headers: { authtoken: await running.jwt('developer'), api_key: running.stack },
  });
  expect([stranger.status, stranger.headers.get('content-type')]).toEqual([403, 'application/problem+json']);
  const revoked = await get('/oauth2/revoke', { method: 'POST', body: new URLSearchParams({ token: 'x' }) });
  expect(revoked.status).toBe(200);
});

/** A request from an address of this machine that is not the usual one. @returns its status */
const from = (localAddress: string, url: string, options: http.RequestOptions) =>
  new Promise<number | undefined>((resolve, reject) => {
    const request = http.request(url, { ...options, localAddress }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode));
    });
    request.on('error', reject).end();
  });

/** Sends lines as they are, which no HTTP client would. @returns the answer's first line */
async function sendRaw(...lines: readonly string[]): Promise<string> {
  const { hostname, port } = new URL(running.system.console);
  const socket = connect(Number(port), hostname);
  socket.write([...lines, `Host: ${hostname}:${port}`, 'Connection: close', '', ''].join('\r\n'));
  return (await text(socket)).split('\r\n')[0] ?? '';
}

test('a trailer that is announced and never comes ends nothing', async () => {
  expect(await sendRaw('GET /v3/stacks HTTP/1.1', 'Trailer: foo')).toContain(' 401 ');
  expect((await get('/')).status).toBe(200);
});

test('the API sees the path as it was sent: none leads out of what the distribution serves', async () => {
  for (const path of ['/v3/../_local/clock', '/v3/%2e%2e/openapi.json', '/v3/\\..\\..\\_local/clock'])
    expect(await sendRaw(`GET ${path} HTTP/1.1`)).toContain(' 404 ');
});

test('a header that is sent twice never counts as one value', async () => {
  const tokens = await Promise.all((['owner', 'outsider'] as const).map((who) => running.jwt(who)));
  const twice = tokens.map((token) => `Authorization: Bearer ${token}`);
  expect(await sendRaw('GET /v3/stacks HTTP/1.1', ...twice)).toContain(' 401 ');
  expect(await sendRaw('GET /v3/stacks HTTP/1.1', ...twice.slice(0, 1))).toContain(' 200 ');
});

test('the audit log names who came by the distribution or without it, whatever they say of themselves', async () => {
  const said = { 'x-forwarded-for': '192.0.2.9, 127.0.0.1', 'x-tokenward-edge': 'a guess' };
  const headers = { authtoken: await running.jwt('owner'), api_key: running.stack, ...said };
  const { uid } = await running.createToken({ name: 'asked for from two sides' });
  const path = `/v3/stacks/management_tokens/${uid}?confirm_name=another`;
  const { console: site, endpoint } = running.system;
  expect(await from('127.0.0.2', `${site}${path}`, { method: 'DELETE', headers })).toBe(422);
  expect(await from('127.0.0.3', `${endpoint}${path}`, { method: 'DELETE', headers })).toBe(422);
  const { body } = await running.call('GET', '/v3/audit-logs?limit=2', { as: 'owner' });
  const addresses = z.array(z.object({ remote_addr: z.string() })).parse(body.logs);
  expect(addresses.map(({ remote_addr }) => remote_addr)).toEqual(['127.0.0.3', '127.0.0.2']);
});

test('links in mails lead to the console', () => {
  const sweep = running.system.stack
    .ofType('AWS::Lambda::Function')
    .find(({ metadata }) => metadata['tokenward:function'] === 'schedule/sweep');
  expect(sweep?.properties).toMatchObject({ Environment: { Variables: { CONSOLE_URL: running.system.console } } });
});

test('a behaviour that would cache the API, or drop its headers, is refused', () => {
  expect(() =>
    behaviorsOf(withDistribution((json) => json.replaceAll(/"OriginRequestPolicyId":"[^"]*",?/g, ''))),
  ).toThrow('/v3/* leads to the API: nothing may be cached, and every header has to go on');
});

test('a function that would come between viewers and the API, or that the template lacks, is refused', () => {
  const before = (json: string, pattern: string) => {
    const [associations = ''] = /"FunctionAssociations":\[[^\]]*\],?/.exec(json) ?? [];
    expect(associations).not.toBe('');
    return json.replace(`"PathPattern":"${pattern}"`, `${associations.replace(/,$/, '')},"PathPattern":"${pattern}"`);
  };
  expect(() => behaviorsOf(withDistribution((json) => before(json, '/v3/*')))).toThrow(
    '/v3/* leads to the API: no function may change what is sent to it',
  );
  expect(() => behaviorsOf(withDistribution((json) => json.replace(/"FunctionARN":"/, '"FunctionARN":"x')))).toThrow(
    /no function xarn:/,
  );
});

/** The template with its distribution changed, as JSON. */
function withDistribution(change: (json: string) => string): Parameters<typeof behaviorsOf>[0] {
  const { stack } = running.system;
  const changed: unknown = JSON.parse(change(JSON.stringify(stack.ofType('AWS::CloudFront::Distribution'))));
  const distributions = z.array(z.custom<ReturnType<typeof stack.get>>()).parse(changed);
  return {
    ...stack,
    ofType: (type: string) => (type.endsWith('::Distribution') ? distributions : stack.ofType(type)),
  };
}
