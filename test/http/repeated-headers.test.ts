import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { allRights, RunningSystem } from '../support/running-system.ts';

// An HTTP API joins the values of a repeated header with commas, and the function cannot see that there were two:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
// So what is joined must never pass for one value.

const tokens = '/v3/stacks/management_tokens';
let running: RunningSystem;
beforeAll(async () => {
  running = await RunningSystem.start({ streams: false });
});
afterAll(() => running.stop());

type Headers = Readonly<Record<string, string | readonly string[]>>;

/** Sends each value of a list in a header line of its own, which `fetch` never does. */
async function send(
  method: string,
  path: string,
  { headers, body }: { readonly headers: Headers; readonly body?: object },
) {
  const known = { authtoken: await running.jwt('owner'), api_key: running.stack, 'content-type': 'application/json' };
  const given: Headers = { ...known, ...headers };
  const lines = Object.fromEntries(Object.entries(given).map(([name, values]) => [name, [values].flat()]));
  const sent = request(`${running.system.endpoint}${path}`, { method, headers: lines });
  sent.end(body && JSON.stringify(body));
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const answer = (await json(response)) as { readonly errors: object };
  return { status: response.statusCode, errors: answer.errors };
}

const countTokens = async () => (await running.call('GET', tokens, { as: 'owner' })).body.tokens.length;

it.each([
  ['two keys', ['a', 'b']],
  ['one key twice', ['a', 'a']],
  ['two quoted keys', ['"a"', '"b"']],
  ['two keys that were joined on the way', 'a,b'],
  ['two keys that were joined with a space', 'a, b'],
])('%s for one creation are refused, and no token is made', async (_, keys) => {
  const before = await countTokens();
  const body = { token: { name: 'one of two keys', scope: allRights } };
  expect(await send('POST', tokens, { headers: { 'idempotency-key': keys }, body })).toEqual({
    status: 400,
    errors: { 'Idempotency-Key': ['must be one key of 1 to 255 visible ASCII characters, none of them a comma.'] },
  });
  expect(await countTokens()).toBe(before);
});

it.each(['a;b=c', '"a-b"', '0197f3c2-6b1e-7c1d-9f53-3c2d2a1f0b4e'])(
  'the key %s is one key: a second request makes no second token',
  async (key) => {
    const create = { headers: { 'idempotency-key': key }, body: { token: { name: `by ${key}`, scope: allRights } } };
    expect((await send('POST', tokens, create)).status).toBe(201);
    const before = await countTokens();
    expect((await send('POST', tokens, create)).status).toBe(201);
    expect(await countTokens()).toBe(before);
  },
);

it('two names in x-confirm-name do not confirm a name with a comma, and its own encoding does', async () => {
  const { uid } = await running.createToken({ name: 'a,b' });
  const confirmed = (value: string | readonly string[]) =>
    send('DELETE', `${tokens}/${uid}`, { headers: { 'x-confirm-name': value } });
  for (const names of [['a', 'b'], 'a,b'])
    expect(await confirmed(names)).toEqual({
      status: 400,
      errors: { 'x-confirm-name': ['must be one name in percent-encoded UTF-8. A comma is %2C.'] },
    });
  expect((await confirmed(encodeURIComponent('a,b'))).status).toBe(200);
});

it('two entity tags in If-Match are refused, and the token stays as it is', async () => {
  const { uid } = await running.createToken();
  const headers = { 'if-match': ['"1"', '"2"'] };
  expect(await send('PUT', `${tokens}/${uid}`, { headers, body: { token: { description: 'x' } } })).toEqual({
    status: 400,
    errors: { 'If-Match': [expect.any(String)] },
  });
});

it('a stack or a credential that is given twice is none', async () => {
  const [jwt, { value }] = [await running.jwt('owner'), await running.createToken()];
  const twice = (one: string) => [one, one];
  const statuses = [
    await send('GET', tokens, { headers: { api_key: twice(running.stack) } }),
    await send('GET', tokens, { headers: { authtoken: twice(jwt) } }),
    await send('GET', '/v3/environments', { headers: { authorization: twice(value) } }),
    await send('GET', '/v3/environments', { headers: { authorization: value, api_key: twice(running.stack) } }),
  ].map(({ status }) => status);
  expect(statuses).toEqual([412, 401, 401, 412]);
});
