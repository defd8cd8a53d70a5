import { createContext, useContext } from 'react';
import type * as z from 'zod/mini';
import { notSent, offline, problemOf, unanswered, unreadable } from './problem.ts';
import { learnTime } from './server-time.ts';

/** How the sender of a request can still stop it, and learns when it is too late for that. */
export interface Sending {
  /** A request that is aborted before it is sent is never sent. Afterwards nobody waits for its answer any more. */
  readonly signal?: AbortSignal;
  /** Called right before the request is sent. */
  readonly onSend?: () => void;
}

export interface ApiRequest<T> extends Sending {
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
  return async ({ method = 'GET', path, stack, json, headers = {}, schema, signal = null, onSend }) => {
    const authtoken = await options.accessToken().catch(() => {
      throw navigator.onLine
        ? notSent('Your sign-in could not be renewed, so nothing was sent. Try again.')
        : offline();
    });
    if (signal?.aborted) throw notSent('You cancelled, so nothing was sent.');
    // Sent all the same: an address on this machine can be reached without a network.
    const { onLine } = navigator;
    onSend?.();
    const response = await fetch(`/v3${path}`, {
      method,
      signal,
      headers: {
        authtoken,
        // Not `api_key`: proxies between here and there may drop a name with an underscore.
        ...(stack === undefined ? {} : { 'x-stack-api-key': stack }),
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    }).catch(() => {
      throw onLine || signal?.aborted ? unanswered() : offline();
    });
    learnTime(response);
    if (response.status === 401) options.onSignedOut();
    if (!response.ok) throw await problemOf(response);
    const parsed = schema.safeParse(await response.json().catch(() => null));
    if (!parsed.success) throw unreadable();
    return { data: parsed.data, etag: response.headers.get('etag') };
  };
}

export const ApiContext = createContext<Api | null>(null);

export function useApi(): Api {
  const api = useContext(ApiContext);
  if (!api) throw new Error('There is no ApiContext around this.');
  return api;
}
