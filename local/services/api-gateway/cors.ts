import * as z from 'zod';
import type { HttpRequest, HttpResponse } from './http-payload.ts';

const texts = z.array(z.string()).default([]);

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html */
export const CorsSchema = z.strictObject({
  AllowOrigins: texts,
  AllowMethods: texts,
  AllowHeaders: texts,
  ExposeHeaders: texts,
  MaxAge: z.int().optional(),
  AllowCredentials: z.boolean().default(false),
});
export type Cors = z.infer<typeof CorsSchema>;

export function isPreflight({ method, headers }: HttpRequest): boolean {
  return method === 'OPTIONS' && headers.origin !== undefined && 'access-control-request-method' in headers;
}

/** The gateway answers a preflight by itself, also where a route would match. */
export function preflightResponse(cors: Cors, request: HttpRequest): HttpResponse {
  const allowed = corsHeaders(cors, request);
  if (!('access-control-allow-origin' in allowed)) return { status: 204, headers: {}, body: '' };
  const { 'access-control-expose-headers': _, ...shared } = allowed;
  return {
    status: 204,
    headers: {
      ...shared,
      ...list('access-control-allow-methods', cors.AllowMethods),
      ...list('access-control-allow-headers', cors.AllowHeaders),
      ...(cors.MaxAge === undefined ? {} : { 'access-control-max-age': String(cors.MaxAge) }),
    },
    body: '',
  };
}

/** What is added to an answer; nothing when the origin is not allowed. */
export function corsHeaders(cors: Cors, { headers: { origin } }: HttpRequest): Record<string, string> {
  if (origin === undefined || !cors.AllowOrigins.some((pattern) => isAllowed(origin, pattern))) return {};
  const isAny = cors.AllowOrigins.includes('*') && !cors.AllowCredentials;
  return {
    'access-control-allow-origin': isAny ? '*' : origin,
    ...(isAny ? {} : { vary: 'origin' }),
    ...(cors.AllowCredentials ? { 'access-control-allow-credentials': 'true' } : {}),
    ...list('access-control-expose-headers', cors.ExposeHeaders),
  };
}

function isAllowed(origin: string, pattern: string): boolean {
  return (
    pattern === '*' ||
    pattern === origin ||
    (/^https?:\/\/\*$/.test(pattern) && origin.startsWith(pattern.slice(0, -1)))
  );
}

function list(name: string, values: readonly string[]): Record<string, string> {
  return values.length === 0 ? {} : { [name]: values.join(',') };
}
