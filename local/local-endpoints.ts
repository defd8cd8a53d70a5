import * as z from 'zod';
import { type Clock, ClockRefused } from './clock.ts';
import { jsonIn } from './front/front-wire.ts';
import { type HttpRequest, type HttpResponse, messageResponse } from './services/api-gateway/http-payload.ts';
import { type RouteMatch, routeTable } from './services/api-gateway/http-routes.ts';

export interface LocalRequest {
  readonly pathParameters: RouteMatch<unknown>['pathParameters'];
  readonly query: URLSearchParams;
  readonly headers: HttpRequest['headers'];
  /** the parsed JSON body; undefined when it is none */
  readonly json: unknown;
}
export interface LocalAnswer {
  readonly status?: number;
  readonly headers?: HttpResponse['headers'];
  readonly json: unknown;
}
/** For people. */
export interface LocalPage {
  readonly html: string;
  /** its Content-Security-Policy */
  readonly policy: string;
}
export type LocalEndpoint = (request: LocalRequest) => LocalAnswer | LocalPage | Promise<LocalAnswer>;
/** By route key: `POST /_local/clock`. */
export type LocalEndpoints = ReadonlyMap<string, LocalEndpoint>;

/** What the local system answers about itself; the product has none of it. */
export function localEndpoints(options: {
  readonly clock: Clock;
  /** each part's check; it rejects when the part is down */
  readonly parts: Readonly<Record<string, () => Promise<unknown>>>;
}): LocalEndpoints {
  const { clock, parts } = options;
  return new Map<string, LocalEndpoint>([
    ['GET /_local/health', () => health(parts)],
    ['GET /_local/clock', () => ({ json: { now: clock.now().toISOString() } })],
    ['POST /_local/clock', ({ json }) => moveClock(clock, json)],
  ]);
}

/**
 * Refuses a foreign Host (a name that was made to point to this machine) and a foreign Origin (a page of another site):
 * nothing here asks who is calling.
 */
export async function answerLocally(endpoints: LocalEndpoints, request: HttpRequest): Promise<HttpResponse> {
  if (!isOwn(request)) return messageResponse(403, 'Forbidden: only this machine may ask, by its own name.');
  const route = routeTable(endpoints)(request.method, request.segments);
  if (!route) return messageResponse(404, 'Not Found');
  const answer = await route.target({
    pathParameters: route.pathParameters,
    query: new URLSearchParams(request.rawQuery),
    headers: request.headers,
    json: jsonIn(request.body),
  });
  return 'html' in answer ? pageResponse(answer) : jsonResponse(answer);
}

function jsonResponse({ status = 200, headers, json }: LocalAnswer): HttpResponse {
  const own = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  return { status, headers: { ...own, ...headers }, body: JSON.stringify(json) };
}

function pageResponse({ html, policy }: LocalPage): HttpResponse {
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': policy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  };
  return { status: 200, headers, body: html };
}

function isOwn({ headers: { host, origin }, localPort }: HttpRequest): boolean {
  const hosts = ['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${localPort}`);
  return hosts.includes(host ?? '') && (origin === undefined || hosts.includes(origin.replace(/^http:\/\//, '')));
}

/** Which parts are up, and of those that are down, why. */
async function health(parts: Readonly<Record<string, () => Promise<unknown>>>): Promise<LocalAnswer> {
  const reasons: Record<string, string> = {};
  const checks = Object.entries(parts).map(async ([name, check]): Promise<[string, string]> => {
    const reason = await check().then(
      () => undefined,
      (error: unknown) => String(error instanceof Error ? error.message : error),
    );
    if (reason !== undefined) reasons[name] = reason;
    return [name, reason === undefined ? 'up' : 'down'];
  });
  const found = Object.fromEntries(await Promise.all(checks));
  return Object.keys(reasons).length === 0
    ? { status: 200, json: { parts: found } }
    : { status: 503, json: { parts: found, reasons } };
}

const MoveSchema = z.union([z.strictObject({ advance: z.string() }), z.strictObject({ to: z.string() })]);

function moveClock(clock: Clock, json: unknown): LocalAnswer {
  const move = MoveSchema.safeParse(json);
  if (!move.success) {
    return { status: 400, json: { message: 'Send {"advance":"P7D"} or {"to":"2027-01-01T00:00:00Z"} as JSON.' } };
  }
  try {
    const now = 'to' in move.data ? clock.to(move.data.to) : clock.advance(move.data.advance);
    return { json: { now: now.toISOString() } };
  } catch (error) {
    if (error instanceof ClockRefused) return { status: 400, json: { message: error.message } };
    throw error;
  }
}
