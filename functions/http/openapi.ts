import type { Endpoint } from './endpoint.ts';

export interface OpenApiDependencies {
  /** The committed document. */
  readonly openApi: object;
}

/** `GET /openapi.json`: what this API takes and answers, for everybody. */
export const openApiEndpoint = ({ openApi }: OpenApiDependencies): Endpoint => ({
  failed: 'The document could not be read. Please try again.',
  handle: async () => ({ status: 200, body: openApi }),
});
