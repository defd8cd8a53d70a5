import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Context } from 'aws-lambda';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { DynamoTokenRepository } from '../../functions/aws/dynamo-token-repository.ts';
import { dynamoClient, realPauses } from '../../functions/aws/storage/dynamo-client.ts';
import { createStorage } from '../../functions/aws/storage/storage.ts';
import type { HttpEvent } from '../../functions/http/chain/endpoint.ts';
import { createHandler } from '../../functions/http/read-tokens.lambda.ts';
import { beginInvocation, hasTimeFor } from '../../functions/runtime/deadline.ts';
import { fromRuntime } from '../../functions/runtime/from-runtime.ts';
import { closeServer, listen } from '../../local/loopback.ts';
import { keepErrorLines } from '../support/error-lines.ts';

let silent: Server;
let requests: number;

beforeEach(async () => {
  requests = 0;
  silent = createServer(() => {
    requests += 1;
  });
  await listen(silent, 0);
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', `http://127.0.0.1:${(silent.address() as AddressInfo).port}`);
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
});
afterEach(async () => {
  beginInvocation(Number.POSITIVE_INFINITY);
  vi.unstubAllEnvs();
  silent.closeAllConnections();
  await closeServer(silent);
});

/** Asks for a list of tokens with so much time left, while storage is silent. */
async function listWithin(remainingMs: number) {
  const tables = { tokens: 'tokens', sessions: 'sessions', audit: 'audit', usage: 'usage' };
  const handler = fromRuntime(createHandler, () => {
    const tokens = new DynamoTokenRepository(createStorage(dynamoClient(hasTimeFor), realPauses), tables);
    const identity = { issuer: 'https://issuer.example.test', sub: 'owner' };
    const signIn = { recognize: async () => ({ identity, scopes: [] }) };
    const unused = {} as never;
    return { tokens, signIn, sessions: unused, revocations: unused, now: () => new Date(), problemTypes: '' };
  });
  const http = { method: 'GET', path: '/v3/stacks/management_tokens', sourceIp: '192.0.2.1' };
  const headers = { authtoken: 'a.b.c', api_key: 'blt00000000000000aa' };
  const routeKey = `${http.method} ${http.path}`;
  const event = { routeKey, rawQueryString: '', headers, requestContext: { http } };
  const end = performance.now() + remainingMs;
  const context = { awsRequestId: 'request', getRemainingTimeInMillis: () => end - performance.now() };
  const errors = keepErrorLines();
  const { statusCode, headers: answered } = await handler(event as unknown as HttpEvent, context as Context);
  expect(errors).toEqual([expect.stringContaining('"status":503,"reason":"unavailable"')]);
  return { statusCode, retryAfter: answered?.['retry-after'], left: end - performance.now() };
}

it('an attempt that could outlast the invocation is not begun: the caller is told in time', async () => {
  const { statusCode, retryAfter, left } = await listWithin(5000);
  expect([statusCode, retryAfter]).toEqual([503, '2']);
  // The first attempt took its 2 s; the second could have taken all that was left.
  expect(requests).toBe(1);
  expect(left).toBeGreaterThan(1000);
});

it('an invocation without time for a single attempt makes none', async () => {
  expect(await listWithin(3000)).toMatchObject({ statusCode: 503, retryAfter: '2' });
  expect(requests).toBe(0);
});

it('each invocation has its own time', () => {
  beginInvocation(100);
  expect([hasTimeFor(1000), hasTimeFor(0)]).toEqual([false, true]);
  beginInvocation(25_000);
  expect(hasTimeFor(1000)).toBe(true);
});
