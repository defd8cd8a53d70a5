import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { log } from '../../runtime/log.ts';
import { Refusal } from '../../values/refusals.ts';
import { requireSmallBody } from './body.ts';
import { problemOf } from './problem.ts';
import type { HttpFunction, RouteKey } from './routes.ts';

export type HttpEvent = APIGatewayProxyEventV2;

/** What is known of a request before anybody reads its body: enough to say who is calling. */
export interface SentRequest {
  readonly event: Pick<HttpEvent, 'headers'>;
  readonly remoteAddress: string;
}

/** A request as an endpoint sees it. */
export interface HttpRequest extends SentRequest {
  readonly event: HttpEvent;
  /** A UUID; in `X-Request-Id`, in the audit log, and in the problem's `instance`. */
  readonly requestId: string;
  /** By name, as in the path. */
  readonly params: Readonly<Record<string, string>>;
  /** As sent: the gateway's own reading joins repeated parameters with commas. */
  readonly query: URLSearchParams;
}

export interface Answer {
  readonly status: number;
  /** Sent as JSON, but with a 304, which never has a body. */
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Endpoint {
  /** Contentstack's `error_message` when the request cannot be carried out. */
  readonly failed: string;
  handle(request: HttpRequest): Promise<Answer>;
}

export type HttpHandler = (event: HttpEvent, context: Context) => Promise<APIGatewayProxyStructuredResultV2>;

export interface DoorDependencies {
  /** Base of the problems' `type` URIs. */
  readonly problemTypes: string;
  /** What a distribution shows that leads here; absent: there is none. */
  readonly edgeProof?: string | undefined;
  /** Told of every answer that refuses the caller: by them refusals are counted. */
  readonly onRefusal?: (refused: object) => void;
}

/**
 * The one chain in front of every endpoint of a deployed function: size, request, dispatch by route, answer or problem document.
 * All of the function's routes must be served, or it does not compile.
 */
export function door<F extends HttpFunction>(
  endpoints: Readonly<Record<RouteKey<F>, Endpoint>>,
  deps: DoorDependencies,
): HttpHandler {
  const endpointOf = ({ routeKey }: HttpEvent): Endpoint | undefined =>
    (endpoints as Readonly<Record<string, Endpoint>>)[routeKey];
  const handler = async (event: HttpEvent, context: Context): Promise<APIGatewayProxyStructuredResultV2> => {
    const endpoint = endpointOf(event);
    if (!endpoint) throw new Error(`No endpoint for ${event.routeKey}.`);
    const {
      status,
      body,
      headers = {},
    } = await endpoint.handle(requestOf(event, { context, edgeProof: deps.edgeProof }));
    if (status === 304) return { statusCode: status, headers };
    return {
      statusCode: status,
      headers: { 'content-type': json, ...headers },
      body: JSON.stringify(body),
    };
  };
  // No early time-out: it sets a timer and an AbortController for every call that nothing here reads.
  return middy<HttpEvent, APIGatewayProxyStructuredResultV2>({ timeoutEarlyInMillis: 0 })
    .use(commonHeaders())
    .use(problemDocuments(endpointOf, deps))
    .use(bodyLimit())
    .handler(handler) as unknown as HttpHandler;
}

type Middleware = middy.MiddlewareObj<HttpEvent, APIGatewayProxyStructuredResultV2>;

function requestOf(
  event: HttpEvent,
  { context, edgeProof }: { context: Context; edgeProof: string | undefined },
): HttpRequest {
  return {
    event,
    requestId: context.awsRequestId,
    params: Object.fromEntries(Object.entries(event.pathParameters ?? {}).map(([name, value]) => [name, value ?? ''])),
    query: new URLSearchParams(event.rawQueryString),
    remoteAddress: remoteAddressOf(event, edgeProof),
  };
}

/**
 * Who asks. Behind the console's distribution the gateway sees the edge, and the edge names its viewer last in `X-Forwarded-For`, to which
 * the gateway adds the edge itself. Of nobody else that header is believed.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html
 */
function remoteAddressOf({ headers, requestContext }: HttpEvent, edgeProof: string | undefined): string {
  const { sourceIp } = requestContext.http;
  if (!edgeProof || headers['x-tokenward-edge'] !== edgeProof) return sourceIp;
  const [viewer, edge] = (headers['x-forwarded-for'] ?? '').split(/, */).slice(-2);
  return edge === sourceIp && viewer ? viewer : sourceIp;
}

/**
 * On every answer, whatever became of the request. It is first in the chain, so it is last to see the answer. Nothing may be cached,
 * but where an endpoint says otherwise.
 */
function commonHeaders(): Middleware {
  const add: NonNullable<Middleware['after']> = (request) => {
    if (request.response) {
      request.response.headers = {
        'cache-control': 'no-store',
        ...request.response.headers,
        'x-request-id': request.context.awsRequestId,
        'x-content-type-options': 'nosniff',
      };
    }
  };
  return { after: add, onError: add };
}

function problemDocuments(
  endpointOf: (event: HttpEvent) => Endpoint | undefined,
  { problemTypes: types, onRefusal }: DoorDependencies,
): Middleware {
  return {
    onError: (request) => {
      const { error, event, context } = request;
      const requestId = context.awsRequestId;
      const failure = endpointOf(event)?.failed ?? null;
      const isOAuth = event.routeKey.includes(' /oauth2/');
      const { document, headers } = problemOf(error, { requestId, types, failed: failure, isOAuth });
      const { status, type } = document;
      const failed = { requestId, route: event.routeKey, status, reason: type.slice(types.length) };
      if (status < 500) onRefusal?.(failed);
      else log('error', 'request failed', { ...failed, error });
      request.response = {
        statusCode: document.status,
        headers: { ...headers, 'content-type': document.error && asksForJson(event) ? json : problemJson },
        body: JSON.stringify(document),
      };
    },
  };
}

const [json, problemJson] = ['application/json', 'application/problem+json'];

/** A generic OAuth client reads an error as `application/json` only (RFC 6749, 5.2), and says in `Accept` that it wants that. */
function asksForJson({ headers }: HttpEvent): boolean {
  const accepted = (headers.accept ?? '').split(',').map((range) => range.split(';', 1)[0]?.trim().toLowerCase());
  return accepted.includes(json) && !accepted.includes(problemJson);
}

function bodyLimit(): Middleware {
  return { before: ({ event }) => requireSmallBody(event) };
}

/** Adds headers to a refusal on its way out: what holds for every answer to a credential holds for errors too. */
export async function withHeaders<T>(headers: Readonly<Record<string, string>>, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { kind, detail, errors, cause } = error;
    throw new Refusal(kind, {
      ...(detail === undefined ? {} : { detail }),
      errors,
      headers: { ...headers, ...error.headers },
      cause,
    });
  }
}
