import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, expect, it } from 'vitest';
import { createNotes } from '../../examples/node-service/notes.ts';

const stack = 'blt00000000000000a1';
const good = { active: true, sub: 'blt00000000000000b1', scope: 'entry:read branch:main', client_id: stack };

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

async function listening(server: Server): Promise<string> {
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The example service, with somebody in Tokenward's place. */
async function serviceWith(introspection: RequestListener, accessToken = async () => 'service') {
  const endpoint = await listening(createServer(introspection));
  const service = await listening(createNotes({ endpoint, stack, accessToken, timeoutMs: 300 }));
  return (headers: Record<string, string> = { authorization: 'value' }) => fetch(`${service}/notes`, { headers });
}

const answering =
  (status: number, body: unknown): RequestListener =>
  (_, response) =>
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));

it('asks with its own credential, for its own stack, and with the value in the body alone', async () => {
  const asked: unknown[] = [];
  const send = await serviceWith(async (request, response) => {
    const { method, url, headers } = request;
    asked.push([method, url, headers.authorization, headers.api_key, headers['content-type'], await text(request)]);
    response.end(JSON.stringify(good));
  });
  const reply = await send({ authorization: 'bearer  a+b&c', api_key: 'blt00000000000000ff' });
  expect([reply.status, await reply.json()]).toEqual([200, { notes: [], caller: good.sub }]);
  const form = 'application/x-www-form-urlencoded;charset=UTF-8';
  expect(asked).toEqual([['POST', '/oauth2/introspect', 'Bearer service', stack, form, 'token=a%2Bb%26c']]);
});

it('asks nobody about a request without a credential', async () => {
  const send = await serviceWith(() => expect.unreachable());
  const reply = await send({});
  expect([reply.status, reply.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="service"']);
});

it.each([
  ['is not active', { active: false }, 401, 'error="invalid_token"'],
  ['does not cover the need', { ...good, scope: 'asset:read entry:write' }, 403, 'error="insufficient_scope"'],
  ['covers nothing', { ...good, scope: '' }, 403, 'error="insufficient_scope"'],
])('tells a caller whose token %s', async (_, answer, status, challenge) => {
  const reply = await (await serviceWith(answering(200, answer)))();
  expect(reply.status).toBe(status);
  expect(reply.headers.get('www-authenticate')).toContain(challenge);
});

it.each<[string, RequestListener]>([
  ['503', answering(503, {})],
  ['500 with a good answer', answering(500, good)],
  ['401: its own credential is not good', answering(401, {})],
  ['another form', answering(200, { ...good, active: 'true' })],
  ['a token of another stack', answering(200, { ...good, client_id: 'blt00000000000000ff' })],
  ['no scope', answering(200, { active: true, sub: good.sub, client_id: stack })],
  ['what is no JSON', answering(200, '<html>')],
  ['null', answering(200, 'null')],
  [
    'a redirect',
    ({ url }, response) =>
      url === '/good' ? response.end(JSON.stringify(good)) : response.writeHead(307, { location: '/good' }).end(),
  ],
  ['a closed connection', (request) => request.socket.destroy()],
  ['nothing', () => {}],
])('lets nobody in when Tokenward answers %s', async (_, introspection) => {
  const reply = await (await serviceWith(introspection))();
  expect([reply.status, reply.headers.get('retry-after')]).toEqual([503, '2']);
  expect(await reply.text()).not.toContain('value');
});

it('lets nobody in when it gets no credential of its own', async () => {
  const send = await serviceWith(answering(200, good), () => Promise.reject(new Error('the issuer is down')));
  expect((await send()).status).toBe(503);
});
