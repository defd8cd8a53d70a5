import { afterAll, beforeAll, expect, it } from 'vitest';
import { committed } from '../support/described-answers.ts';
import { RunningSystem } from '../support/running-system.ts';

let tokenward: RunningSystem;
let etag: string;
beforeAll(async () => {
  tokenward = await RunningSystem.start({ streams: false });
  etag = (await ask()).headers.get('etag') ?? '';
});
afterAll(() => tokenward.stop());

const ask = (headers: Readonly<Record<string, string>> = {}) =>
  tokenward.call('GET', '/openapi.json', { stack: null, headers });

it('is the committed document, and may be kept for five minutes by anybody', async () => {
  const { status, headers, body } = await ask();
  expect([status, headers.get('cache-control')]).toEqual([200, 'public, max-age=300']);
  expect(headers.get('etag')).toMatch(/^"[\w-]{20,}"$/);
  expect(body).toEqual(committed);
});

it('has the same ETag each time', async () => {
  expect((await ask()).headers.get('etag')).toBe(etag);
});

it.each<[string, (own: string) => string]>([
  ['its ETag', (own) => own],
  ['its ETag as a cache may have weakened it', (own) => `W/${own}`],
  ['its ETag among others', (own) => `"x", W/"a,b" ,${own}, "y"`],
  ['any ETag', () => '*'],
])('is not sent again to somebody who has it: %s', async (_, given) => {
  const { status, headers, text } = await ask({ 'if-none-match': given(etag) });
  expect([status, text]).toEqual([304, '']);
  expect([headers.get('etag'), headers.get('cache-control')]).toEqual([etag, 'public, max-age=300']);
  expect(headers.get('content-type')).toBeNull();
  expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
});

it.each<[string, (own: string) => string]>([
  ['another ETag', () => '"x"'],
  ['a part of its ETag', (own) => `${own.slice(0, -2)}"`],
  ['its ETag inside another', (own) => `"${own.slice(1, -1)}x"`],
  ['its ETag without quotes', (own) => own.slice(1, -1)],
  ['nothing', () => ''],
  ['what is no entity tag', () => '"'.repeat(2000)],
])('is sent to somebody who has something else: %s', async (_, given) => {
  const { status, body } = await ask({ 'if-none-match': given(etag) });
  expect([status, body.openapi]).toEqual([200, '3.1.1']);
});

it('a refusal is not kept', async () => {
  const body = 'x'.repeat(64 * 1024 + 1);
  const reply = await tokenward.call('GET', '/openapi.json', { stack: null, body });
  expect([reply.status, reply.headers.get('cache-control')]).toEqual([413, 'no-store']);
});

it('no other answer may be kept', async () => {
  const replies = [
    await tokenward.call('GET', '/v3/stacks', { as: 'owner', headers: { 'if-none-match': '*' } }),
    await tokenward.call('GET', '/v3/openapi.json'),
    await tokenward.call('POST', '/openapi.json'),
  ];
  expect(replies.map(({ status }) => status)).toEqual([200, 404, 405]);
  for (const { headers } of replies) expect(headers.get('cache-control')).toBe('no-store');
});
