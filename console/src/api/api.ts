import { createContext, useContext } from 'react';
import type * as z from 'zod/mini';
import { problemOf, unreachable } from './problem.ts';
import { learnTime } from './server-time.ts';

export interface ApiRequest<T> {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below `/v3`, with its query. */
  readonly path: string;
  /** Its `api_key`; absent where the request is about no stack. */
  readonly stack?: string;
  readonly json?: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** What the answer is: anything else than this is dropped or refused. */
  readonly schema: z.ZodMiniType<T>;
}

/** @throws {Problem} */
export type Api = <T>(request: ApiRequest<T>) => Promise<{ readonly data: T; readonly etag: string | null }>;

/** Talks to the HTTP API, which has the same origin as the page. */
export function createApi(options: { accessToken: () => Promise<string>; onSignedOut: () => void }): Api {
  return async ({ method = 'GET', path, stack, json, headers = {}, schema }) => {
    const response = await fetch(`/v3${path}`, {
      method,
      headers: {
        authtoken: await options.accessToken(),
        // Not `api_key`: proxies between here and there may drop a name with an underscore.
        ...(stack === undefined ? {} : { 'x-stack-api-key': stack }),
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    }).catch(() => {
      throw unreachable();
    });
    learnTime(response);
    if (response.status === 401) options.onSignedOut();
    if (!response.ok) throw await problemOf(response);
    return { data: schema.parse(await response.json()), etag: response.headers.get('etag') };
  };
}

export const ApiContext = createContext<Api | null>(null);

export function useApi(): Api {
  const api = useContext(ApiContext);
  if (!api) throw new Error('There is no ApiContext around this.');
  return api;
}
