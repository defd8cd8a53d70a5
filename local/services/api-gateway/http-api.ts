import { randomBytes } from 'node:crypto';
import * as http from 'node:http';
import * as z from 'zod';
import type { Clock } from '../../clock.ts';
import { answerLocally, type LocalEndpoints } from '../../local-endpoints.ts';
import { closeServer, listen } from '../../loopback.ts';
import { ignored, invokedBy, propertiesOf } from '../../template/resource-properties.ts';
import type { LocalStack, Resource } from '../../template/template.ts';
import type { Functions } from '../lambda/functions.ts';
import { type Authorizer, authorized, authorizerOf } from './authorizers.ts';
import { type Cors, CorsSchema, corsHeaders, isPreflight, preflightResponse } from './cors.ts';
import { ask, type Caller, FunctionUnavailable, unavailableResponse } from './http-invocation.ts';
import {
  eventOf,
  GatewayError,
  type HttpRequest,
  type HttpResponse,
  messageResponse,
  readRequest,
  responseOf,
  writeResponse,
} from './http-payload.ts';
import { type FindRoute, routeTable } from './http-routes.ts';

export interface HttpApi {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  close(): Promise<void>;
}
export interface HttpApiOptions {
  readonly stack: LocalStack;
  /** Logical id of the AWS::ApiGatewayV2::Api; the only one of the template unless given. */
  readonly api?: string;
  readonly functions: Pick<Functions, 'invoke'>;
  readonly clock: Pick<Clock, 'now'>;
  /** what is answered below `/_local/`; absent where that path is one like others */
  readonly local?: LocalEndpoints | undefined;
  /** 0: any */
  readonly port: number;
}

/** 10,240 bytes: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const MAX_HEADER_BYTES = 10_240;

const ApiSchema = z.strictObject({
  Name: z.string(),
  ProtocolType: z.literal('HTTP'),
  Description: ignored,
  Tags: ignored,
  CorsConfiguration: CorsSchema.optional(),
});
const RouteSchema = z.strictObject({
  ApiId: z.string(),
  RouteKey: z.string(),
  Target: z.templateLiteral(['integrations/', z.string()]),
  AuthorizationType: z.enum(['NONE', 'CUSTOM']).default('NONE'),
  AuthorizerId: z.string().optional(),
});
const IntegrationSchema = z.strictObject({
  ApiId: z.string(),
  IntegrationType: z.literal('AWS_PROXY'),
  IntegrationUri: z.string(),
  PayloadFormatVersion: z.literal('2.0'),
  TimeoutInMillis: z.int().min(50).max(30_000).default(30_000),
  Description: ignored,
});
const StageSchema = z.strictObject({
  ApiId: z.string(),
  StageName: z.literal('$default'),
  AutoDeploy: z.literal(true),
  Description: ignored,
  Tags: ignored,
  // Left out: nobody on this machine reads access logs, and throttles protect an account that many share.
  AccessLogSettings: ignored,
  DefaultRouteSettings: ignored,
});

interface Target {
  /** of the function */
  readonly logicalId: string;
  readonly timeoutMs: number;
  readonly authorizer: Authorizer | undefined;
}
interface Gateway extends HttpApiOptions {
  readonly apiId: string;
  readonly cors: Cors | undefined;
  readonly find: FindRoute<Target>;
}

/** The template's HTTP APIs: the product's own is the first that the stack makes. */
export function httpApisOf(stack: LocalStack): readonly Resource[] {
  return stack.ofType('AWS::ApiGatewayV2::Api');
}

/** Serves one HTTP API of the template on loopback, and the local system's own endpoints below the product's. @throws {PortTaken} */
export async function startHttpApi(options: HttpApiOptions): Promise<HttpApi> {
  const gateway = gatewayOf(options);
  const server = http.createServer({ maxHeaderSize: MAX_HEADER_BYTES, keepAliveTimeout: 75_000 });
  server.on('request', (request, response) => void serve(gateway, request, response));
  const port = await listen(server, options.port);
  return { endpoint: `http://127.0.0.1:${port}`, close: () => closeServer(server) };
}

function gatewayOf(options: HttpApiOptions): Gateway {
  const { stack } = options;
  const [api, ...others] = httpApisOf(stack).filter(({ logicalId }) => logicalId === (options.api ?? logicalId));
  if (!api || others.length > 0) throw new Error('Which AWS::ApiGatewayV2::Api of the template is meant?');
  for (const stage of stack.ofType('AWS::ApiGatewayV2::Stage')) propertiesOf(StageSchema, stage);
  const routes = stack
    .ofType('AWS::ApiGatewayV2::Route')
    .map((route) => propertiesOf(RouteSchema, route))
    .filter(({ ApiId }) => ApiId === api.name)
    .map((route) => [route.RouteKey, targetOf(stack, route)] as const);
  return {
    ...options,
    apiId: api.name,
    cors: propertiesOf(ApiSchema, api).CorsConfiguration,
    find: routeTable(new Map(routes)),
  };
}

function targetOf(stack: LocalStack, route: z.output<typeof RouteSchema>): Target {
  const integration = stack.get(route.Target.slice('integrations/'.length));
  const { IntegrationUri, TimeoutInMillis } = propertiesOf(IntegrationSchema, integration);
  const { logicalId } = invokedBy('apigateway.amazonaws.com', stack, IntegrationUri);
  return { logicalId, timeoutMs: TimeoutInMillis, authorizer: authorizerOf(stack, route) };
}

async function serve(gateway: Gateway, incoming: http.IncomingMessage, outgoing: http.ServerResponse): Promise<void> {
  const requestId = randomBytes(11).toString('base64');
  const caller = new AbortController();
  outgoing.once('close', () => caller.abort());
  outgoing.setHeader('apigw-requestid', requestId);
  const write = (response: HttpResponse) => {
    // Of the answer, however long that took, and by the clock that can be moved: people who show times go by it.
    outgoing.setHeader('date', gateway.clock.now().toUTCString());
    writeResponse(outgoing, response);
  };
  try {
    const request = await readRequest(incoming, requestId);
    const local = request.segments[0] === '_local' ? gateway.local : undefined;
    write(await (local ? answerLocally(local, request) : answer(gateway, request, caller)));
  } catch (error) {
    write(ownAnswerTo(error, gateway.stack));
  }
}

/** What the gateway answers by itself. */
function ownAnswerTo(error: unknown, stack: LocalStack): HttpResponse {
  if (error instanceof FunctionUnavailable) return unavailableResponse(error, stack);
  const [status, message] =
    error instanceof GatewayError ? [error.status, error.message] : [500, 'Internal Server Error'];
  return messageResponse(status, message);
}

async function answer(gateway: Gateway, request: HttpRequest, caller: Caller): Promise<HttpResponse> {
  const { cors, stack } = gateway;
  if (!cors) return invoke(gateway, request, caller);
  if (isPreflight(request)) return preflightResponse(cors, request);
  // AWS writes down that integrations' answers get the headers, and nothing of its own answers, an authorizer's 401 among them. All of
  // those are treated alike here: a page that could not read its 401 would take it for a network that is down.
  const response = await invoke(gateway, request, caller).catch((error) => ownAnswerTo(error, stack));
  const own = Object.entries(response.headers).filter(([name]) => !name.startsWith('access-control-'));
  return { ...response, headers: { ...Object.fromEntries(own), ...corsHeaders(cors, request) } };
}

async function invoke(
  { find, functions, apiId, clock }: Gateway,
  request: HttpRequest,
  caller: Caller,
): Promise<HttpResponse> {
  const route = find(request.method, request.segments);
  if (!route) return messageResponse(404, 'Not Found');
  const { routeKey, pathParameters, target } = route;
  const { logicalId, authorizer, timeoutMs: limitMs } = target;
  const asked = eventOf(request, { routeKey, pathParameters, apiId, now: clock.now() });
  const event = await authorized(asked, { authorizer, functions, caller });
  const result = await ask(functions, { logicalId, event, limitMs, caller });
  return 'error' in result ? messageResponse(500, 'Internal Server Error') : responseOf(result.payload);
}
