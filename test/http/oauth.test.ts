import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forgedJwts } from '../support/forged-jwts.ts';
import { type Call, RunningSystem } from '../support/running-system.ts';
import { expectContract } from './contract.ts';

let tokenward: RunningSystem;
let live: { uid: string; name: string; value: string };
let service: { authorization: string };
beforeAll(async () => {
  tokenward = await RunningSystem.start({ streams: false });
  live = await tokenward.createToken();
  service = { authorization: `Bearer ${await tokenward.jwt('resource_server')}` };
});
afterAll(() => tokenward.stop());

const introspect = (call: Call = {}) =>
  tokenward.call('POST', '/oauth2/introspect', {
    headers: service,
    body: new URLSearchParams({ token: live.value }),
    ...call,
  });

describe('an introspection', () => {
  it.each([
    ['no api_key', null, 'is a required field'],
    ['an empty api_key', '', 'is a required field'],
    ['an api_key with a space', 'blt 1', 'must be'],
    ['an api_key of 65 characters', 'b'.repeat(65), 'must be'],
    ['two api_keys in one header', 'blt00000000000000a1, blt00000000000000a2', 'must be'],
  ])('with %s is malformed, and reads nothing', async (_, stack, message) => {
    const requests = await tokenward.requestsDuring(async () => {
      const reply = await introspect({ stack });
      expect([reply.status, reply.body.error]).toEqual([400, 'invalid_request']);
      expect(reply.body.errors).toEqual({ api_key: [expect.stringContaining(message)] });
      expectContract(reply);
    });
    expect(requests).toEqual([]);
  });

  it('about a token of another stack says "not active" and nothing else', async () => {
    const other = await tokenward.createStack();
    for (const stack of [other, 'blt00000000000000ff', 'x'])
      expect((await introspect({ stack })).text).toBe('{"active":false}');
  });

  it('takes the stack from x-stack-api-key, too', async () => {
    const headers = { ...service, 'x-stack-api-key': tokenward.stack };
    expect((await introspect({ stack: null, headers })).body.active).toBe(true);
  });

  it('of a token tells what RFC 7662 has, with the kind beside the type', async () => {
    const { body } = await introspect();
    expect(body).toEqual({
      active: true,
      token_type: 'Bearer',
      kind: 'management_token',
      scope: expect.stringContaining('$all:read'),
      client_id: tokenward.stack,
      sub: live.uid,
      iat: expect.any(Number),
      token_version: 1,
      epoch: expect.any(Number),
    });
  });

  it('of a session tells its kind, its uid and its end', async () => {
    const opened = await tokenward.call('POST', '/v3/token_sessions', { value: live.value });
    const { uid, token, expires_at } = opened.body.session;
    expect((await introspect({ body: new URLSearchParams({ token }) })).body).toMatchObject({
      token_type: 'Bearer',
      kind: 'session',
      sub: live.uid,
      jti: uid,
      exp: Math.floor(Date.parse(expires_at) / 1000),
    });
  });
});

describe('errors under /oauth2/ are told as RFC 6749 has them, beside the problem document', () => {
  const text = { 'content-type': 'text/plain' };
  it.each<[string, string, Call]>([
    ['an introspection without a token', 'introspect', { body: new URLSearchParams() }],
    ['an introspection with another content type', 'introspect', { body: 'token=x', headers: text }],
    ['a revocation without a token', 'revoke', { body: new URLSearchParams() }],
    ['a revocation with two tokens', 'revoke', { body: new URLSearchParams('token=a&token=b') }],
    ['a revocation with another content type', 'revoke', { body: 'token=x', headers: text }],
  ])('%s is invalid_request', async (_, endpoint, { headers, ...call }) => {
    const reply = await tokenward.call('POST', `/oauth2/${endpoint}`, { ...call, headers: { ...service, ...headers } });
    expect([reply.status, reply.body.error, reply.body.error_code]).toEqual([400, 'invalid_request', 141]);
    expectContract(reply);
  });

  // RFC 6749, 5.2, has application/json, and generic clients read nothing else. They say so.
  it.each([
    ['application/json', 'application/json'],
    ['Application/JSON;q=0.9, text/plain', 'application/json'],
    ['*/*', 'application/problem+json'],
    ['', 'application/problem+json'],
    ['application/problem+json', 'application/problem+json'],
    ['application/problem+json, application/json', 'application/problem+json'],
    ['application/json-seq', 'application/problem+json'],
  ])('to Accept: %s the same document is %s', async (accept, type) => {
    const malformed = await introspect({ stack: null, headers: { ...service, accept } });
    const nobody = await introspect({ headers: { accept } });
    for (const { status, headers, body } of [malformed, nobody]) {
      expect(headers.get('content-type')).toBe(type);
      expect([body.status, typeof body.error]).toEqual([status, 'string']);
    }
  });

  it('elsewhere, and of any other status, Accept changes nothing', async () => {
    const accept = { accept: 'application/json' };
    const replies = [
      await tokenward.call('GET', '/v3/stacks', { headers: accept }),
      await introspect({ headers: { authorization: `Bearer ${await tokenward.jwt('owner')}`, ...accept } }),
    ];
    expect(replies.map(({ status }) => status)).toEqual([401, 403]);
    for (const { headers } of replies) expect(headers.get('content-type')).toBe('application/problem+json');
  });

  it('no credential is invalid_client, and the challenge has no error: RFC 6750, 3.1', async () => {
    const reply = await introspect({ headers: {} });
    expect([reply.status, reply.body.error]).toEqual([401, 'invalid_client']);
    expect(reply.headers.get('www-authenticate')).toBe('Bearer realm="tokenward"');
  });

  it('every bad credential gets the same answer, and its challenge says invalid_token', async () => {
    const forged = Object.values(await forgedJwts(tokenward.system.issuer, 'resource-server')).flat();
    expect(forged.length).toBeGreaterThan(10);
    for (const authorization of [...forged, `Bearer ${live.value}`, 'Bearer x', 'x']) {
      const reply = await introspect({ headers: { authorization } });
      expect([reply.status, reply.body.error]).toEqual([401, 'invalid_client']);
      expect(reply.headers.get('www-authenticate')).toBe('Bearer realm="tokenward", error="invalid_token"');
      expectContract(reply);
    }
  });

  it('nothing else has it: neither another status there, nor the same status elsewhere', async () => {
    const replies = [
      await introspect({ headers: { authorization: `Bearer ${await tokenward.jwt('owner')}` } }),
      await tokenward.call('GET', '/oauth2/introspect'),
      await tokenward.call('POST', '/oauth2/nothing'),
      await tokenward.call('POST', '/v3/stacks', { as: 'owner', body: '{' }),
      await tokenward.call('GET', '/v3/stacks'),
    ];
    expect(replies.map(({ status }) => status)).toEqual([403, 405, 404, 400, 401]);
    for (const { body } of replies) expect(body).not.toHaveProperty('error');
  });
});
