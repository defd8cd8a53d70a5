import { once } from 'node:events';
import * as http from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { problemOf } from '../../../../functions/http/chain/problem.ts';
import { Refusal } from '../../../../functions/values/refusals.ts';
import { type HttpApi, startHttpApi } from '../../../../local/services/api-gateway/http-api.ts';
import { ABANDONED, type InvocationResult, THROTTLED } from '../../../../local/services/lambda/function-pool.ts';
import { stackOf } from '../../../../local/template/template.ts';

type Answer = (event: APIGatewayProxyEventV2) => InvocationResult | Promise<InvocationResult>;

let api: HttpApi;
let events: APIGatewayProxyEventV2[];
/** of each event: whoever waits for its result */
let callers: (AbortSignal | undefined)[];
let answer: Answer;
let now: Date;

beforeEach(async () => {
  now = new Date('2027-03-12T19:03:58.123Z');
  events = [];
  callers = [];
  answer = () => ({ payload: { statusCode: 204 } });
  api = await start(templateOf());
});
afterEach(() => api.close());

function start(template: object, port = 0): Promise<HttpApi> {
  return startHttpApi({
    stack: stackOf(template, { parameters: {} }),
    functions: {
      invoke: async (_, event, caller) => {
        const received = JSON.parse(JSON.stringify(event));
        events.push(received);
        callers.push(caller);
        return answer(received);
      },
    },
    clock: { now: () => now },
    local: new Map([
      ['POST /_local/echo/{name}', ({ json, pathParameters }) => ({ status: 202, json: [json, pathParameters] })],
    ]),
    port,
  });
}

function templateOf({
  cors = {},
  timeout = 30_000,
  permission = true,
  keys = ['GET /things/{id}', 'POST /things', '$default'],
} = {}) {
  const Ref = { Ref: 'Api' };
  const routes = keys.map((RouteKey, at) => [
    `Route${at}`,
    {
      Type: 'AWS::ApiGatewayV2::Route',
      Properties: {
        ApiId: Ref,
        RouteKey,
        Target: { 'Fn::Join': ['/', ['integrations', { Ref: 'Integration' }]] },
        AuthorizationType: 'NONE',
      },
    },
  ]);
  const IntegrationUri = { 'Fn::GetAtt': ['Lambda', 'Arn'] };
  return {
    Resources: {
      Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { Name: 'Api', ProtocolType: 'HTTP', ...cors } },
      Stage: { Type: 'AWS::ApiGatewayV2::Stage', Properties: { ApiId: Ref, StageName: '$default', AutoDeploy: true } },
      Lambda: {
        Type: 'AWS::Lambda::Function',
        Properties: { Environment: { Variables: { PROBLEM_TYPES: 'https://types.example/' } } },
      },
      Integration: {
        Type: 'AWS::ApiGatewayV2::Integration',
        Properties: {
          ApiId: Ref,
          IntegrationType: 'AWS_PROXY',
          IntegrationUri,
          PayloadFormatVersion: '2.0',
          TimeoutInMillis: timeout,
        },
      },
      ...(permission && {
        Permission: {
          Type: 'AWS::Lambda::Permission',
          Properties: {
            Action: 'lambda:InvokeFunction',
            FunctionName: IntegrationUri,
            Principal: 'apigateway.amazonaws.com',
          },
        },
      }),
      ...Object.fromEntries(routes),
    },
  };
}

/** Sends exactly these headers and bytes; fetch would tidy them. */
async function send(method: string, path: string, headers: string[] = [], body?: string | Buffer, host?: string) {
  const { port } = new URL(api.endpoint);
  const all = [
    'host',
    host ?? `127.0.0.1:${port}`,
    ...(body === undefined ? [] : ['content-length', String(Buffer.byteLength(body))]),
    ...headers,
  ];
  const request = http.request({ host: '127.0.0.1', port, method, path, headers: all, agent: false });
  request.end(body);
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}
const lastEvent = () => events.at(-1);

test('a function gets the event of payload format 2.0', async () => {
  const headers = [
    'X-Twice',
    'a',
    'x-twice',
    'b',
    'Cookie',
    'c1=1; c2=2',
    'user-agent',
    'test',
    'authorization',
    'x',
    'Authorization',
    'y',
  ];
  await send('GET', '/things/a%20b%2Fc?q=1&q=2&empty=&sp=a+b%20c&%C3%A4=%C3%B6', headers);
  expect(lastEvent()).toEqual({
    version: '2.0',
    routeKey: 'GET /things/{id}',
    rawPath: '/things/a b/c',
    rawQueryString: 'q=1&q=2&empty=&sp=a+b%20c&%C3%A4=%C3%B6',
    cookies: ['c1=1', 'c2=2'],
    headers: {
      host: new URL(api.endpoint).host,
      'x-twice': 'a,b',
      authorization: 'x,y',
      'user-agent': 'test',
      'x-forwarded-for': '127.0.0.1',
    },
    queryStringParameters: { q: '1,2', empty: '', sp: 'a b c', ä: 'ö' },
    pathParameters: { id: 'a b/c' },
    requestContext: {
      accountId: '000000000000',
      apiId: 'Api',
      domainName: new URL(api.endpoint).host,
      http: { method: 'GET', path: '/things/a b/c', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'test' },
      requestId: expect.any(String),
      routeKey: 'GET /things/{id}',
      stage: '$default',
      time: '12/Mar/2027:19:03:58 +0000',
      timeEpoch: now.getTime(),
    },
    isBase64Encoded: false,
  });
});

test.each([
  ['application/json', '{"a":"ä"}', false],
  ['Application/JSON; charset=utf-8', '\ufeff{}', false],
  ['text/plain', 'x', false],
  ['application/xml', '<a/>', false],
  ['application/javascript', '1', false],
  ['application/x-www-form-urlencoded', 'token=a', true],
  ['application/octet-stream', 'x', true],
  ['multipart/form-data; boundary=b', 'x', true],
  ['', 'x', true],
  ['application/json', Buffer.from([0x22, 0xff, 0xfe, 0x22]), true],
  ['text/plain', Buffer.from([0xed, 0xa0, 0x80]), true],
])('a body of type "%s" arrives unharmed', async (type, body, isBase64Encoded) => {
  await send('POST', '/things', type === '' ? [] : ['content-type', type], body);
  const event = lastEvent();
  expect(event?.isBase64Encoded).toBe(isBase64Encoded);
  expect(Buffer.from(event?.body ?? '', isBase64Encoded ? 'base64' : 'utf8')).toEqual(Buffer.from(body));
});

test('an empty body is absent, and so are parameters that nobody sent', async () => {
  await send('POST', '/things', ['content-type', 'application/json'], '');
  for (const name of ['body', 'queryStringParameters', 'pathParameters', 'cookies'])
    expect(lastEvent()).not.toHaveProperty(name);
});

test('names that mean something to JavaScript are ordinary parameters and headers', async () => {
  await send('GET', '/things/__proto__?__proto__=1&constructor=2', ['__proto__', 'h']);
  expect(Object.entries(lastEvent()?.queryStringParameters ?? {})).toEqual([
    ['__proto__', '1'],
    ['constructor', '2'],
  ]);
  expect(Object.keys(lastEvent()?.headers ?? {})).toContain('__proto__');
  expect(lastEvent()?.pathParameters).toEqual({ id: '__proto__' });
});

test.each<[string, unknown, object]>([
  [
    'a whole response',
    { statusCode: 201, headers: { 'X-A': 'b', 'X-N': 1 }, cookies: ['a=1', 'b=2'], body: 'hi' },
    {
      status: 201,
      body: 'hi',
      headers: { 'x-a': 'b', 'x-n': '1', 'set-cookie': ['a=1', 'b=2'], 'content-type': 'text/plain;charset=UTF-8' },
    },
  ],
  [
    'its own content type',
    { statusCode: 200, headers: { 'Content-Type': 'application/problem+json' }, body: '{}' },
    { status: 200, body: '{}', headers: { 'content-type': 'application/problem+json' } },
  ],
  ['base64', { statusCode: 200, body: 'aMOk', isBase64Encoded: true }, { status: 200, body: 'hä' }],
  [
    'any JSON without a status code',
    { hello: 1 },
    { status: 200, body: '{"hello":1}', headers: { 'content-type': 'application/json' } },
  ],
  ['a text', 'hello', { status: 200, body: 'hello' }],
  ['nothing', null, { status: 200, body: 'null' }],
  [
    'a length of its own making',
    { statusCode: 200, headers: { 'Content-Length': '999' }, body: 'hi' },
    { status: 200, body: 'hi' },
  ],
  ['no status code', { statusCode: 'soon' }, { status: 500, body: '{"message":"Internal Server Error"}' }],
  [
    'a header that cannot be sent',
    { statusCode: 200, headers: { a: 'b\r\nset-cookie: c' } },
    { status: 500, body: '{"message":"Internal Server Error"}' },
  ],
])('a function may return %s', async (_, payload, expected) => {
  answer = () => ({ payload });
  expect(await send('GET', '/things/1')).toMatchObject(expected);
});

test('a failing function is a bare 500, and every answer names its request', async () => {
  answer = () => ({ error: { errorType: 'TypeError', errorMessage: 'secret detail' } });
  const response = await send('GET', '/things/1');
  expect(response).toMatchObject({ status: 500, body: '{"message":"Internal Server Error"}' });
  expect(response.headers['apigw-requestid']).toBe(lastEvent()?.requestContext.requestId);
});

test('a function that is slower than the integration is a 503, and nobody waits for it any more', async () => {
  await api.close();
  api = await start(templateOf({ timeout: 50 }));
  answer = () => new Promise(() => {});
  expect(problemIn(await send('GET', '/things/1'))).toMatch(/may still be carried out/);
  expect(callers[0]?.aborted).toBe(true);
});

test('a function that has not begun when the time is over never will, and the answer says so', async () => {
  await api.close();
  api = await start(templateOf({ timeout: 50 }));
  answer = () => new Promise((resolve) => callers[0]?.addEventListener('abort', () => resolve(ABANDONED)));
  expect(problemIn(await send('GET', '/things/1'))).toMatch(/was not begun/);
});

test.each([
  ['is throttled', THROTTLED],
  ['did not begin in time', ABANDONED],
])('a function that %s is a 503 that says so', async (_, result) => {
  answer = () => result;
  expect(problemIn(await send('GET', '/things/1'))).toMatch(/was not begun/);
});

/** What it says in detail; in the shape in which the product's own functions are unavailable. */
function problemIn({ status, headers, body }: Awaited<ReturnType<typeof send>>): string {
  const problem = JSON.parse(body);
  const requestId = String(headers['x-request-id']);
  const { document } = problemOf(new Refusal('unavailable', { detail: problem.detail }), {
    requestId,
    types: 'https://types.example/',
    failed: null,
    isOAuth: false,
  });
  expect({ status, problem }).toEqual({ status: 503, problem: document });
  expect(requestId).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
  expect(headers).toMatchObject({
    'content-type': 'application/problem+json',
    'retry-after': '1',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'apigw-requestid': expect.any(String),
  });
  return problem.detail;
}

test('the date is that of the answer', async () => {
  answer = () => {
    now = new Date('2027-03-12T19:04:28.999Z');
    return { payload: { statusCode: 204 } };
  };
  expect((await send('GET', '/things/1')).headers.date).toBe('Fri, 12 Mar 2027 19:04:28 GMT');
});

test('without a default route an unknown path is a 404', async () => {
  await api.close();
  api = await start(templateOf({ keys: ['GET /things/{id}'] }));
  expect(await send('GET', '/unknown')).toMatchObject({ status: 404, body: '{"message":"Not Found"}' });
  expect(events).toEqual([]);
});

test.each(['/things/%zz', '/%ff', '*'])('a path that cannot be decoded (%s) is a 400', async (path) => {
  const refused = {
    status: 400,
    body: '{"message":"Bad Request"}',
    headers: { 'apigw-requestid': expect.any(String) },
  };
  expect(await send('OPTIONS', path)).toMatchObject(refused);
});

test('10 MB are taken and a byte more is a 413', async () => {
  const most = Buffer.alloc(10 * 1024 * 1024, 'x');
  expect((await send('POST', '/things', [], most)).status).toBe(204);
  const refused = await send('POST', '/things', [], Buffer.concat([most, Buffer.from('x')]));
  expect(refused).toMatchObject({ status: 413, body: '{"message":"Request Entity Too Large"}' });
  expect(events.length).toBe(1);
});

test('a head over 10,240 bytes is a 431', async () => {
  expect((await send('GET', '/things/1', ['x-long', 'x'.repeat(10_240)])).status).toBe(431);
});

test('a caller who goes away in the middle of a body harms nobody', async () => {
  const socket = connect(Number(new URL(api.endpoint).port), '127.0.0.1');
  socket.write('POST /things HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf');
  await once(socket, 'connect');
  socket.destroy();
  expect((await send('GET', '/things/1')).status).toBe(204);
});

test('a caller who goes away before the answer harms nobody', async () => {
  const gate = Promise.withResolvers<InvocationResult>();
  const asked = Promise.withResolvers<void>();
  answer = () => {
    asked.resolve();
    return gate.promise;
  };
  const socket = connect(Number(new URL(api.endpoint).port), '127.0.0.1');
  socket.write('GET /things/1 HTTP/1.1\r\nhost: x\r\n\r\n');
  await asked.promise;
  expect(callers[0]?.aborted).toBe(false);
  socket.destroy();
  await vi.waitFor(() => expect(callers[0]?.aborted).toBe(true), { interval: 5 });
  answer = () => ({ payload: { statusCode: 204 } });
  await send('GET', '/things/1');
  gate.resolve({ payload: { statusCode: 200, body: 'nobody hears this' } });
  expect((await send('GET', '/things/1')).status).toBe(204);
});

test('a preflight is answered without the function, and an answer carries what the origin may see', async () => {
  await api.close();
  const CorsConfiguration = {
    AllowOrigins: ['https://console.example'],
    AllowMethods: ['GET', 'PUT'],
    AllowHeaders: ['authtoken'],
    ExposeHeaders: ['etag'],
    MaxAge: 60,
  };
  api = await start(templateOf({ cors: { CorsConfiguration } }));
  const preflight = await send('OPTIONS', '/things/1', [
    'origin',
    'https://console.example',
    'access-control-request-method',
    'PUT',
  ]);
  expect(preflight).toMatchObject({
    status: 204,
    headers: {
      'access-control-allow-origin': 'https://console.example',
      'access-control-allow-methods': 'GET,PUT',
      'access-control-allow-headers': 'authtoken',
      'access-control-max-age': '60',
    },
  });
  expect(events).toEqual([]);
  const own = await send('GET', '/things/1', ['origin', 'https://console.example']);
  expect(own.headers).toMatchObject({
    'access-control-allow-origin': 'https://console.example',
    'access-control-expose-headers': 'etag',
  });
  expect((await send('GET', '/things/1', ['origin', 'https://other.example'])).headers).not.toHaveProperty(
    'access-control-allow-origin',
  );
});

const askLocally = (host: string, origin: string[]) => {
  const { port } = new URL(api.endpoint);
  const named = (text: string) => text.replace('PORT', port);
  return send(
    'POST',
    '/_local/echo/a%20b',
    [...origin.flatMap((name) => ['origin', named(name)])],
    '{"x":1}',
    named(host),
  );
};

test.each([
  ['127.0.0.1:PORT', []],
  ['localhost:PORT', ['http://localhost:PORT']],
  ['[::1]:PORT', ['http://127.0.0.1:PORT']],
])('the local endpoints answer this machine by the name %s', async (host, origin) => {
  expect(await askLocally(host, origin)).toMatchObject({ status: 202, body: '[{"x":1},{"name":"a b"}]' });
  expect(events).toEqual([]);
});

test.each([
  ['evil.example:PORT', []],
  ['127.0.0.1', []],
  ['127.0.0.1:1', []],
  ['localhost:PORT.evil.example', []],
  ['127.0.0.1:PORT', ['https://evil.example']],
  ['127.0.0.1:PORT', ['null']],
  ['127.0.0.1:PORT', ['https://127.0.0.1:PORT']],
  ['127.0.0.1:PORT', ['http://127.0.0.1:1']],
  ['127.0.0.1:PORT', ['http://127.0.0.1:PORT', 'https://evil.example']],
])('the local endpoints refuse host %s with origin %s', async (host, origin) => {
  expect((await askLocally(host, origin)).status).toBe(403);
  expect(events).toEqual([]);
});

test('an unknown local endpoint is a 404 and never reaches the product', async () => {
  for (const path of ['/_local', '/_local/', '/_local/unknown', '/%5flocal/echo'])
    expect((await send('GET', path)).status).toBe(404);
  expect(events).toEqual([]);
});

test('a taken port is refused with what to do', async () => {
  await expect(start(templateOf(), Number(new URL(api.endpoint).port))).rejects.toThrow(/Port \d+ is taken.*PORT=0/);
});

test.each([
  ['a function that API Gateway may not call', templateOf({ permission: false }), /no AWS::Lambda::Permission/],
  ['a route key that is none', templateOf({ keys: ['GET things'] }), /is not a route key/],
  [
    'a property of the API that is not implemented',
    templateOf({ cors: { DisableExecuteApiEndpoint: true } }),
    /DisableExecuteApiEndpoint/,
  ],
])('%s is refused at start', async (_, template, message) => {
  await expect(start(template)).rejects.toThrow(message);
});

test('closing lets a request that is under way finish', async () => {
  const gate = Promise.withResolvers<InvocationResult>();
  const asked = Promise.withResolvers<void>();
  answer = () => {
    asked.resolve();
    return gate.promise;
  };
  const response = send('GET', '/things/1');
  await asked.promise;
  const closed = api.close();
  gate.resolve({ payload: { statusCode: 200, body: 'done' } });
  expect((await response).body).toBe('done');
  await closed;
});
