import { afterEach, describe, expect, it } from 'vitest';
import { type HttpApi, startHttpApi } from '../../../../local/services/api-gateway/http-api.ts';
import { type InvocationResult, THROTTLED } from '../../../../local/services/lambda/function-pool.ts';
import { stackOf } from '../../../../local/template/template.ts';

type Invoked = readonly [logicalId: string, event: Record<string, unknown>];

const apis: HttpApi[] = [];
afterEach(async () => void (await Promise.all(apis.splice(0).map((api) => api.close()))));

/** An API whose one route has an authorizer; `answer` is what the authorizer says. */
async function start(
  answer: InvocationResult,
  change: object = {},
  { permissions = ['Route', 'Asked'], cors = {} } = {},
) {
  const invoked: Invoked[] = [];
  const api = await startHttpApi({
    stack: stackOf(templateOf(change, { permissions, cors }), { parameters: {} }),
    functions: {
      invoke: async (logicalId, event) => {
        invoked.push([logicalId, JSON.parse(JSON.stringify(event))]);
        return logicalId === 'Asked' ? answer : { payload: { statusCode: 200, body: 'answered' } };
      },
    },
    clock: { now: () => new Date('2027-03-12T19:03:58.123Z') },
    port: 0,
  });
  apis.push(api);
  const send = async (headers: Record<string, string>) => {
    const response = await fetch(`${api.endpoint}/things/a%20b?q=1`, { method: 'POST', headers, body: 'text' });
    return [response.status, await response.text()];
  };
  const allowedFor = async (origin: string, headers: Record<string, string>) => {
    const response = await fetch(`${api.endpoint}/things/1`, { method: 'POST', headers: { ...headers, origin } });
    return [response.status, response.headers.get('access-control-allow-origin')];
  };
  return { invoked, send, allowedFor };
}

function templateOf(change: object, { permissions, cors }: { permissions: readonly string[]; cors: object }) {
  const ApiId = { Ref: 'Api' };
  const arnOf = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });
  const path = 'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/';
  const resource = (service: string) => (Type: string, Properties: object) => ({
    Type: `${service}::${Type}`,
    Properties,
  });
  const [gateway, lambda] = [resource('AWS::ApiGatewayV2'), resource('AWS::Lambda')];
  return {
    Resources: {
      Api: gateway('Api', { Name: 'Api', ProtocolType: 'HTTP', ...cors }),
      Route: lambda('Function', {}),
      Asked: lambda('Function', {}),
      Integration: gateway('Integration', {
        ApiId,
        IntegrationType: 'AWS_PROXY',
        IntegrationUri: arnOf('Route'),
        PayloadFormatVersion: '2.0',
      }),
      Authorizer: gateway('Authorizer', {
        ApiId,
        AuthorizerType: 'REQUEST',
        AuthorizerPayloadFormatVersion: '2.0',
        AuthorizerResultTtlInSeconds: 0,
        AuthorizerUri: { 'Fn::Join': ['', [path, arnOf('Asked'), '/invocations']] },
        EnableSimpleResponses: true,
        IdentitySource: ['$request.header.Authorization', '$request.header.x-two'],
        ...change,
      }),
      RouteOfThings: gateway('Route', {
        ApiId,
        RouteKey: 'POST /things/{id}',
        Target: { 'Fn::Join': ['/', ['integrations', { Ref: 'Integration' }]] },
        AuthorizationType: 'CUSTOM',
        AuthorizerId: { Ref: 'Authorizer' },
      }),
      ...Object.fromEntries(
        permissions.map((id) => [
          `${id}Permission`,
          lambda('Permission', { FunctionName: arnOf(id), Principal: 'apigateway.amazonaws.com' }),
        ]),
      ),
    },
  };
}

const both = { authorization: 'secret', 'x-two': '2' };
const yes = { payload: { isAuthorized: true, context: { who: 'me', n: 1 } } };

describe('a route with an authorizer', () => {
  it('is answered when it says yes, and is told what it says of the caller', async () => {
    const { invoked, send } = await start(yes);
    expect(await send(both)).toEqual([200, 'answered']);
    expect(invoked.map(([id]) => id)).toEqual(['Asked', 'Route']);
    expect(invoked[1]?.[1]).toMatchObject({
      body: 'text',
      requestContext: { authorizer: { lambda: { who: 'me', n: 1 } } },
    });
  });

  it('asks it with everything but the body', async () => {
    const { invoked, send } = await start(yes);
    await send(both);
    const event = invoked[0]?.[1];
    expect(event).toMatchObject({
      version: '2.0',
      type: 'REQUEST',
      routeArn: 'arn:aws:execute-api:us-east-1:000000000000:Api/$default/POST/things/a b',
      identitySource: ['secret', '2'],
      routeKey: 'POST /things/{id}',
      rawQueryString: 'q=1',
      headers: both,
      pathParameters: { id: 'a b' },
      requestContext: { http: { method: 'POST', sourceIp: '127.0.0.1' } },
    });
    for (const absent of ['body', 'isBase64Encoded']) expect(event).not.toHaveProperty(absent);
  });

  it('asks it each time: nothing that it said is kept', async () => {
    const { invoked, send } = await start(yes);
    for (const _ of [1, 2, 3]) await send(both);
    expect(invoked.filter(([id]) => id === 'Asked')).toHaveLength(3);
  });

  it.each([
    ['all', {}],
    ['one', { authorization: 'secret' }],
    ['one that is empty', { authorization: '', 'x-two': '2' }],
  ])('is 401 where of its identity sources is missing: %s; and nothing runs', async (_, headers) => {
    const { invoked, send } = await start(yes);
    expect(await send(headers)).toEqual([401, '{"message":"Unauthorized"}']);
    expect(invoked).toEqual([]);
  });

  it.each<[string, InvocationResult, number]>([
    ['says no', { payload: { isAuthorized: false } }, 403],
    ['says no with a context', { payload: { isAuthorized: false, context: { who: 'me' } } }, 403],
    ['throws', { error: { errorType: 'Error', errorMessage: 'secret' } }, 500],
    ['says nothing', { payload: null }, 500],
    ['says yes in other words', { payload: { isAuthorized: 'true' } }, 500],
    ['answers with a policy', { payload: { principalId: 'me', policyDocument: {} } }, 500],
  ])('does not run when the authorizer %s', async (_, answer, status) => {
    const { invoked, send } = await start(answer);
    const message = status === 403 ? 'Forbidden' : 'Internal Server Error';
    expect(await send(both)).toEqual([status, JSON.stringify({ message })]);
    expect(invoked.map(([id]) => id)).toEqual(['Asked']);
  });

  it('is 503 and does not run when there is no room for its authorizer', async () => {
    const { invoked, send } = await start(THROTTLED);
    expect(await send(both)).toEqual([503, expect.stringContaining('This one was not begun.')]);
    expect(invoked.map(([id]) => id)).toEqual(['Asked']);
  });
});

it('lets a page of an allowed origin read why it was turned away, as it may read an answer', async () => {
  const own = 'https://page.example';
  const cors = { CorsConfiguration: { AllowOrigins: [own] } };
  const { allowedFor } = await start({ payload: { isAuthorized: false } }, {}, { cors });
  expect(await allowedFor(own, {})).toEqual([401, own]);
  expect(await allowedFor(own, both)).toEqual([403, own]);
  expect(await allowedFor('https://other.example', {})).toEqual([401, null]);
  const { allowedFor: unclear } = await start({ payload: null }, {}, { cors });
  expect(await unclear(own, both)).toEqual([500, own]);
});

describe('an authorizer is refused at start', () => {
  it.each([
    ['that lets the gateway keep its answers', { AuthorizerResultTtlInSeconds: 300 }, /AuthorizerResultTtlInSeconds/],
    ['whose answers are kept unless it says otherwise', { AuthorizerResultTtlInSeconds: undefined }, /ResultTtl/],
    ['of another kind', { AuthorizerType: 'JWT' }, /AuthorizerType/],
    ['that answers with policies', { EnableSimpleResponses: false }, /EnableSimpleResponses/],
    ['that is known by something else', { IdentitySource: ['$request.querystring.token'] }, /IdentitySource/],
    ['that is no function', { AuthorizerUri: 'https://auth.example' }, /no function of the template/],
  ])('%s', async (_, change, message) => {
    await expect(start(yes, change)).rejects.toThrow(message);
  });

  it('that API Gateway may not call', async () => {
    await expect(start(yes, {}, { permissions: ['Route'] })).rejects.toThrow(/Asked has no AWS::Lambda::Permission/);
  });
});
