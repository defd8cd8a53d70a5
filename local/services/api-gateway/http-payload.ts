import { isUtf8 } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import * as z from 'zod';
import { ACCOUNT } from '../../template/resource-types.ts';

/** A request as it came, split but not interpreted. */
export interface HttpRequest {
  readonly method: string;
  /** decoded, without the leading slash */
  readonly segments: readonly string[];
  readonly rawQuery: string;
  /** lower-case names; repeated ones are joined by commas */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly sourceIp: string;
  /** the port that was reached */
  readonly localPort: number;
  readonly protocol: string;
  readonly requestId: string;
}
export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies?: readonly string[];
  readonly body: Buffer | string;
}

/** The gateway answers by itself. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** 10 MB: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const MAX_BODY_BYTES = 10 * 1024 * 1024;
/** They are about one connection; and a length is counted anew. */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'te', 'upgrade', 'content-length']);

/** @throws {GatewayError} 400 for a path that cannot be decoded, 413 for a body over 10 MB */
export async function readRequest(request: IncomingMessage, requestId: string): Promise<HttpRequest> {
  const [path = '', ...query] = (request.url ?? '').split('?');
  if (!path.startsWith('/')) throw new GatewayError(400, 'Bad Request');
  return {
    method: request.method ?? '',
    segments: path.slice(1).split('/').map(decodeSegment),
    rawQuery: query.join('?'),
    headers: joinHeaders(request.rawHeaders),
    body: await readBody(request),
    sourceIp: request.socket.remoteAddress ?? '',
    localPort: request.socket.localPort ?? 0,
    protocol: `HTTP/${request.httpVersion}`,
    requestId,
  };
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new GatewayError(400, 'Bad Request');
  }
}

/** Node's own `headers` drops repeated ones that API Gateway would join. */
function joinHeaders(raw: readonly string[]): Record<string, string> {
  const isName = (_: string, at: number) => at % 2 === 0;
  return joinPairs(raw.filter(isName).map((name, at) => [name.toLowerCase(), raw[2 * at + 1] ?? '']));
}

function joinPairs(pairs: Iterable<[string, string]>): Record<string, string> {
  const groups = Map.groupBy(pairs, ([name]) => name);
  return Object.fromEntries([...groups].map(([name, group]) => [name, group.map(([, value]) => value).join(',')]));
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  // Read to its end all the same: a connection that is closed on unread bytes is reset, and the answer may be lost.
  if (size > MAX_BODY_BYTES) throw new GatewayError(413, 'Request Entity Too Large');
  return Buffer.concat(chunks);
}

export type GatewayEvent = ReturnType<typeof eventOf>;

/**
 * The event of payload format 2.0. `rawPath` is decoded, as HTTP APIs send it in spite of its name.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function eventOf(
  request: HttpRequest,
  { routeKey, pathParameters, apiId, now }: { routeKey: string; pathParameters: object; apiId: string; now: Date },
) {
  const { cookie, ...headers } = request.headers;
  const rawPath = `/${request.segments.join('/')}`;
  const handedOn: Record<string, string> = {
    ...Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name))),
    'x-forwarded-for': forwardedFor(headers['x-forwarded-for'], request.sourceIp),
  };
  return {
    version: '2.0',
    routeKey,
    rawPath,
    rawQueryString: request.rawQuery,
    ...(cookie === undefined ? {} : { cookies: cookie.split(/[;,] ?/) }),
    headers: handedOn,
    ...(request.rawQuery === '' ? {} : { queryStringParameters: joinPairs(new URLSearchParams(request.rawQuery)) }),
    ...(Object.keys(pathParameters).length === 0 ? {} : { pathParameters }),
    requestContext: {
      accountId: ACCOUNT,
      apiId,
      domainName: request.headers.host ?? '',
      http: {
        method: request.method,
        path: rawPath,
        protocol: request.protocol,
        sourceIp: request.sourceIp,
        userAgent: request.headers['user-agent'] ?? '',
      },
      requestId: request.requestId,
      routeKey,
      stage: '$default',
      time: commonLogTime(now),
      timeEpoch: now.getTime(),
    },
    ...bodyOf(request),
  };
}

/**
 * Which bodies arrive as text was measured on AWS, the documentation does not say it: text/* and JSON, XML, JavaScript;
 * a form and a body without content type are base64 (https://github.com/ministackorg/ministack/pull/766). Text that is
 * not UTF-8 is base64 here, so that it arrives unharmed.
 */
function bodyOf({ headers, body }: HttpRequest): object {
  if (body.length === 0) return { isBase64Encoded: false };
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
  const isText = /^(text\/.+|application\/(json|xml|javascript))$/.test(type) && isUtf8(body);
  return { body: body.toString(isText ? 'utf8' : 'base64'), isBase64Encoded: !isText };
}

/** `12/Mar/2026:19:03:58 +0000` */
function commonLogTime(now: Date): string {
  const [, day, month, year, time] = now.toUTCString().split(' ');
  return `${day}/${month}/${year}:${time} +0000`;
}

const ResultSchema = z.object({
  statusCode: z.coerce.number().int().min(200).max(599),
  headers: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).nullish(),
  cookies: z.array(z.string()).nullish(),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().nullish(),
});

/**
 * What a function returned, as a response; without a `statusCode` the whole result is the JSON of a 200.
 * @throws when it is no response (API Gateway answers 500 then)
 */
export function responseOf(result: unknown): HttpResponse {
  if (typeof result !== 'object' || result === null || !('statusCode' in result)) {
    const body = typeof result === 'string' ? result : JSON.stringify(result);
    return { status: 200, headers: { 'content-type': 'application/json' }, body };
  }
  const { statusCode, headers, cookies, body, isBase64Encoded } = ResultSchema.parse(result);
  const named = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]);
  return {
    status: statusCode,
    headers: {
      ...(body ? { 'content-type': 'text/plain;charset=UTF-8' } : {}),
      ...Object.fromEntries(named.filter(([name = '']) => !HOP_BY_HOP.has(name))),
    },
    ...(cookies ? { cookies } : {}),
    body: isBase64Encoded ? Buffer.from(body ?? '', 'base64') : (body ?? ''),
  };
}

export function messageResponse(status: number, message: string): HttpResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ message }) };
}

/** @throws when a header cannot be sent; nothing was written then */
export function writeResponse(to: ServerResponse, { status, headers, cookies, body }: HttpResponse): void {
  if (to.destroyed) return;
  to.writeHead(status, { ...headers, ...(cookies ? { 'set-cookie': [...cookies] } : {}) });
  to.end(body);
}

/** Each who hands a request on adds from whom it came. */
export const forwardedFor = (before: string | undefined, address: string): string =>
  before === undefined ? address : `${before}, ${address}`;
