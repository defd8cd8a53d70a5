import type { Need } from '../../values/scope.ts';

/**
 * Every route of the HTTP API, under the deployed function that serves it: one function per set of rights, so that rights stay
 * least and doors stay warm. The template makes its routes from this table, and `endpoint.ts` will not compile a function that
 * leaves one of its routes unserved. A key is API Gateway's route key, `METHOD /path/{parameter}`.
 */
export const routes = {
  'http/read-tokens': [
    'GET /v3/stacks/management_tokens',
    'GET /v3/stacks/management_tokens/{uid}',
    'GET /v3/stacks/management_tokens/{uid}/delete_preview',
    'GET /v3/stacks/management_tokens/{uid}/revocation',
    'GET /v3/stacks/management_tokens/{uid}/sessions',
  ],
  'http/change-tokens': [
    'POST /v3/stacks/management_tokens',
    'PUT /v3/stacks/management_tokens/{uid}',
    'DELETE /v3/stacks/management_tokens/{uid}',
    'POST /v3/stacks/management_tokens/{uid}/successor',
    'DELETE /v3/stacks/management_tokens/{uid}/sessions',
    'DELETE /v3/stacks/management_tokens/{uid}/sessions/{session_uid}',
  ],
  'http/stacks': ['POST /v3/stacks', 'GET /v3/stacks', 'GET /v3/stacks/users'],
  'http/branches': [
    'GET /v3/stacks/branches',
    'GET /v3/stacks/branches/{uid}',
    'GET /v3/stacks/branch_aliases',
    'GET /v3/stacks/branch_aliases/{alias}',
  ],
  'http/change-stacks': [
    'PUT /v3/stacks',
    'POST /v3/stacks/share',
    'POST /v3/stacks/unshare',
    'POST /v3/stacks/transfer_ownership',
    'POST /v3/stacks/branches',
    'PUT /v3/stacks/branch_aliases/{alias}',
    'DELETE /v3/stacks/branch_aliases/{alias}',
  ],
  'http/token-hygiene': [
    'GET /v3/stacks/token_hygiene',
    'PUT /v3/stacks/token_hygiene',
    'POST /v3/stacks/token_hygiene/preview',
  ],
  'http/audit-logs': ['GET /v3/audit-logs', 'GET /v3/audit-logs/{uid}'],
  'http/environments': ['GET /v3/environments', 'POST /v3/environments'],
  'http/token-sessions': [
    'POST /v3/token_sessions',
    'GET /v3/token_sessions/current',
    'DELETE /v3/token_sessions/current',
  ],
  'http/introspect': ['POST /oauth2/introspect'],
  'http/revoke': ['POST /oauth2/revoke'],
  'http/openapi': ['GET /openapi.json'],
  'http/no-route': ['$default'],
} as const;

export type HttpFunction = keyof typeof routes;
export type RouteKey<F extends HttpFunction = HttpFunction> = (typeof routes)[F][number];

/** What a route needs of the scope of the token that is presented. The branch comes with the request. */
export type RouteNeed = Pick<Need, 'module' | 'access'>;

/** What an API that is not ours asks of its callers. */
export interface Protection {
  /** The one stack whose tokens are taken; null: any stack's, and the API keeps the stacks apart by the `api_key` that it is told. */
  readonly stack: string | null;
  /** By route key. A route that is not in it lets nobody in. */
  readonly needs: Readonly<Record<string, RouteNeed>>;
}
