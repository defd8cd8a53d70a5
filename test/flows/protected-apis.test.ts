import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNotes } from '../../examples/node-service/notes.ts';
import { RunningSystem } from '../support/running-system.ts';

const reads = [
  { module: 'entry', acl: { read: true } },
  { module: 'branch', branches: ['main'], acl: { read: true } },
];
const noEntries = [{ ...reads[0], module: 'asset' }, reads[1]];

interface Presented {
  readonly value?: string;
  readonly stack?: string;
  readonly method?: 'GET' | 'POST';
  readonly branch?: string;
}

describe("other teams' services", () => {
  let running: RunningSystem;
  let service: Server;
  let endpoints: { authorizer: string; middleware: string };
  beforeAll(async () => {
    running = await RunningSystem.start({ streams: false });
    const { system, stack } = running;
    const accessToken = () => running.jwt('resource_server');
    // A busy machine is no silent Tokenward.
    service = createNotes({ endpoint: system.endpoint, stack, accessToken, timeoutMs: 20_000 });
    await once(service.listen(0, '127.0.0.1'), 'listening');
    const { port } = service.address() as AddressInfo;
    endpoints = { authorizer: system.otherApis.example ?? '', middleware: `http://127.0.0.1:${port}` };
  });
  afterAll(async () => {
    service.close();
    service.closeAllConnections();
    await running.stop();
  });

  /** What each of them answers: `authorizer` by the example API of the template, `middleware` by the example service. */
  async function answers(presented: Presented): Promise<readonly [authorizer: number, middleware: number]> {
    const { authorizer, middleware } = endpoints;
    const replies = await Promise.all([send(authorizer, presented), send(middleware, presented)]);
    return [replies[0].status, replies[1].status];
  }

  function send(
    endpoint: string,
    { value, stack = running.stack, method = 'GET', branch }: Presented,
  ): Promise<Response> {
    const headers = { api_key: stack, ...(value ? { authorization: value } : {}), ...(branch ? { branch } : {}) };
    return fetch(`${endpoint}/notes`, { method, headers });
  }

  const edit = (uid: string, token: object) =>
    running.call('PUT', `/v3/stacks/management_tokens/${uid}`, { as: 'owner', json: { token } });

  async function openSession(value: string): Promise<{ value: string; uid: string }> {
    const { body } = await running.call('POST', '/v3/token_sessions', { value, json: { session: {} } });
    return { value: body.session.token, uid: body.session.uid };
  }

  it('turn away who presents nothing, and nothing runs for it', async () => {
    const requests = await running.requestsDuring(async () => expect(await answers({})).toEqual([401, 401]));
    expect(requests).toEqual([]);
  });

  it('turn away what is no value, and values of tokens that never were', async () => {
    expect(await answers({ value: 'anything' })).toEqual([403, 401]);
    const { value } = await running.createToken();
    expect(await answers({ value: `${value.slice(0, -1)}${value.endsWith('0') ? '1' : '0'}` })).toEqual([403, 401]);
  });

  it('admit a token, and a session of it, for what its scope covers', async () => {
    const { value } = await running.createToken({ scope: reads });
    const session = await openSession(value);
    for (const one of [value, `Bearer ${value}`, session.value]) {
      expect(await answers({ value: one })).toEqual([200, 200]);
      expect(await answers({ value: one, method: 'POST' })).toEqual([403, 403]);
    }
    expect((await send(endpoints.authorizer, { value, branch: 'development' })).status).toBe(403);
  });

  it('are told who is calling, and not by which value', async () => {
    const { uid, value } = await running.createToken({ expires_on: '2099-01-01' });
    const session = await openSession(value);
    const caller = { token_uid: uid, api_key: running.stack, expires_at: '2099-01-01T00:00:00.000Z' };
    expect(await (await send(endpoints.authorizer, { value })).json()).toEqual({ notes: [], caller });
    const text = await (await send(endpoints.authorizer, { value: session.value, method: 'POST' })).text();
    expect(JSON.parse(text).caller).toMatchObject({ token_uid: uid, session_uid: session.uid });
    expect(text).not.toContain('cs_');
  });

  it('admit nobody under a stack that is not the token’s', async () => {
    const stack = await running.createStack();
    const { value } = await running.createToken();
    const foreign = await running.createToken({}, { stack });
    expect((await send(endpoints.authorizer, { value, stack })).status).toBe(403);
    expect((await send(endpoints.authorizer, { value: foreign.value })).status).toBe(403);
    // The service asks about its own stack, whatever the caller says.
    expect((await send(endpoints.middleware, { value: foreign.value, stack })).status).toBe(401);
  });

  it('honour an edit at the next request', async () => {
    const { uid, value } = await running.createToken({ scope: reads });
    const session = await openSession(value);
    for (const [scope, expected] of [
      [noEntries, [403, 403]],
      [reads, [200, 200]],
    ] as const) {
      await edit(uid, { scope });
      expect(await answers({ value })).toEqual(expected);
      expect(await answers({ value: session.value })).toEqual(expected);
    }
  });

  it.each<[string, (token: { uid: string; name: string; value: string }) => Promise<unknown>]>([
    ['a deletion', (token) => running.deleteToken(token)],
    ['"expire now"', ({ uid }) => edit(uid, { expires_on: 'now' })],
    [
      'a revocation by value',
      ({ value }) => running.call('POST', '/oauth2/revoke', { body: new URLSearchParams({ token: value }) }),
    ],
  ])('honour %s from its answer on, in sessions too', async (_, end) => {
    const token = await running.createToken();
    const session = await openSession(token.value);
    expect(await answers(token)).toEqual([200, 200]);
    await end(token);
    const after = await Promise.all(
      Array.from({ length: 8 }, (_, at) => answers({ value: at % 2 ? session.value : token.value })),
    );
    expect(after).toEqual(after.map(() => [403, 401]));
  });

  it('honour the end of one session, and the token works on', async () => {
    const token = await running.createToken();
    const session = await openSession(token.value);
    await running.call('DELETE', '/v3/token_sessions/current', { value: session.value });
    expect(await answers({ value: session.value })).toEqual([403, 401]);
    expect(await answers({ value: token.value })).toEqual([200, 200]);
  });

  it('admit nobody while storage cannot answer', async () => {
    const { value } = await running.createToken();
    const isRead = ({ operation, caller }: { operation: string; caller: string }) =>
      caller !== 'operator' && /^(Batch)?GetItem$/.test(operation);
    const heal = running.system.front.inject({ kind: 'reset', when: isRead });
    try {
      expect(await answers({ value })).toEqual([500, 503]);
    } finally {
      heal();
    }
    expect(await answers({ value })).toEqual([200, 200]);
  });

  it('cost one strong read of the base items each, and no other request', async () => {
    const { value } = await running.createToken();
    const session = await openSession(value);
    await answers({ value });
    for (const one of [value, session.value]) {
      const requests = await running.requestsDuring(() => send(endpoints.authorizer, { value: one }));
      expect(requests.map(({ operation }) => operation)).toEqual(['BatchGetItem']);
      const tables = Object.values(requests[0]?.body.RequestItems ?? {});
      expect(tables.map((table) => table.ConsistentRead)).toEqual(tables.map(() => true));
    }
  });

  it('keep the limits of a token of its own', async () => {
    const { value } = await running.createToken({ rate_limit_enabled: true, rate_limits: { read: 1, write: 1 } });
    const replies = await Promise.all(Array.from({ length: 12 }, () => send(endpoints.authorizer, { value })));
    const statuses = new Set(replies.map(({ status }) => status));
    expect(statuses).toEqual(new Set([200, 403]));
  });
});
