import { createHash } from 'node:crypto';
import type { Endpoint } from '../chain/endpoint.ts';

export interface OpenApiDependencies {
  /** The committed document. */
  readonly openApi: object;
}

/** In seconds. It changes with a deployment only, and is asked for again cheaply by its ETag. */
const freshFor = 300;

/** `GET /openapi.json`: what this API takes and answers, for everybody. The one answer that may be cached. */
export const openApiEndpoint = ({ openApi }: OpenApiDependencies): Endpoint => {
  const etag = `"${createHash('sha256').update(JSON.stringify(openApi)).digest('base64url')}"`;
  const headers = { etag, 'cache-control': `public, max-age=${freshFor}` };
  return {
    failed: 'The document could not be read. Please try again.',
    handle: async ({ event }) =>
      isAmong(event.headers['if-none-match'], etag)
        ? { status: 304, body: {}, headers }
        : { status: 200, body: openApi, headers },
  };
};

/** `If-None-Match` by the weak comparison: a cache on the way may have compressed the answer. RFC 9110, 13.1.2 */
function isAmong(header: string | undefined, etag: string): boolean {
  if (header?.trim() === '*') return true;
  return [...(header ?? '').matchAll(/(?:W\/)?("[^"]*")/g)].some(([, tag]) => tag === etag);
}
