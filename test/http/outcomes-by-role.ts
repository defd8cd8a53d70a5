import type { RouteKey } from '../../functions/http/chain/routes.ts';

/** Who asks. The last five hold JWTs that name the owner and are not good; each has every form of it that is known. */
export const roles = [
  'owner',
  'admin',
  'machine',
  'developer',
  'outsider',
  'service',
  'nobody',
  'token',
  'session',
  'expired',
  'wrong issuer',
  'wrong audience',
  'alg none',
  'HS256',
] as const;
export type Role = (typeof roles)[number];

/** Contentstack's code beside each status. */
export const codes = { 200: null, 201: null, 401: 105, 403: 162, 404: 141, 412: 109 } as const;
type Status = keyof typeof codes;
/** By role, in the order of `roles`. */
type Row = readonly [
  ...[owner: Status, admin: Status, machine: Status, developer: Status, outsider: Status, service: Status],
  ...[nobody: Status, token: Status, session: Status],
  ...[expired: Status, issuer: Status, audience: Status, none: Status, hs256: Status],
];

/** Everybody at every route, with a request that is good but for who makes it. A route without a row does not compile. */
// biome-ignore format: a table is read by its columns
export const outcomesByRole: Readonly<Record<RouteKey, Row>> = {
  //                                                                 owner admin machine  dev outsd service nobody token sess  exp  iss  aud  none HS256
  'GET /v3/stacks/management_tokens':                                 [200, 200, 200,     403, 412, 403,     401, 401, 401,     401, 401, 401, 401, 401],
  'POST /v3/stacks/management_tokens':                                [201, 201, 201,     403, 412, 403,     401, 401, 401,     401, 401, 401, 401, 401],
  'GET /v3/stacks/management_tokens/{uid}':                           [200, 200, 200,     403, 412, 403,     401, 401, 401,     401, 401, 401, 401, 401],
  'PUT /v3/stacks/management_tokens/{uid}':                           [200, 200, 200,     403, 412, 403,     401, 401, 401,     401, 401, 401, 401, 401],
  'DELETE /v3/stacks/management_tokens/{uid}':                        [200, 200, 200,     403, 412, 403,     401, 401, 401,     401, 401, 401, 401, 401],
  'GET /v3/stacks/management_tokens/{uid}/delete_preview':            [200, 200, 200,     403, 412, 403,     401, 401, 401,     401, 401, 401, 401, 401],
  'GET /v3/stacks/management_tokens/{uid}/revocation':                [200, 200, 200,     403, 412, 403,     401, 401, 401,     401, 401, 401, 401, 401],
  'POST /v3/stacks/management_tokens/{uid}/successor':                [201, 201, 201,     403, 412, 403,     401, 401, 401,     401, 401, 401, 401, 401],
  'GET /v3/stacks/management_tokens/{uid}/sessions':                  [200, 200, 200,     403, 412, 403,     401, 401, 401,     401, 401, 401, 401, 401],
  'DELETE /v3/stacks/management_tokens/{uid}/sessions':               [200, 200, 200,     403, 412, 403,     401, 401, 401,     401, 401, 401, 401, 401],
  'DELETE /v3/stacks/management_tokens/{uid}/sessions/{session_uid}': [200, 200, 200,     403, 412, 403,     401, 401, 401,     401, 401, 401, 401, 401],
  'POST /v3/stacks':                                                  [201, 201, 201,     201, 201, 403,     401, 401, 401,     401, 401, 401, 401, 401],
  'GET /v3/stacks':                                                   [200, 200, 200,     200, 412, 403,     401, 401, 401,     401, 401, 401, 401, 401],
  'PUT /v3/stacks':                                                   [200, 200, 200,     403, 412, 403,     401, 401, 401,     401, 401, 401, 401, 401],
  'GET /v3/stacks/users':                                             [200, 200, 200,     403, 412, 403,     401, 401, 401,     401, 401, 401, 401, 401],
  'POST /v3/stacks/share':                                            [200, 200, 200,     403, 412, 403,     401, 401, 401,     401, 401, 401, 401, 401],
  'POST /v3/stacks/unshare':                                          [200, 200, 200,     403, 412, 403,     401, 401, 401,     401, 401, 401, 401, 401],
  'POST /v3/stacks/transfer_ownership':                               [200, 403, 403,     403, 412, 403,     401, 401, 401,     401, 401, 401, 401, 401],
  'GET /v3/stacks/branches':                                          [200, 200, 200,     200, 412, 403,     401, 200, 200,     401, 401, 401, 401, 401],
  'GET /v3/stacks/branches/{uid}':                                    [200, 200, 200,     200, 412, 403,     401, 200, 200,     401, 401, 401, 401, 401],
  'POST /v3/stacks/branches':                                         [201, 201, 201,     403, 412, 403,     401, 401, 401,     401, 401, 401, 401, 401],
  'GET /v3/stacks/branch_aliases':                                    [200, 200, 200,     200, 412, 403,     401, 200, 200,     401, 401, 401, 401, 401],
  'GET /v3/stacks/branch_aliases/{alias}':                            [200, 200, 200,     200, 412, 403,     401, 200, 200,     401, 401, 401, 401, 401],
  'PUT /v3/stacks/branch_aliases/{alias}':                            [200, 200, 200,     403, 412, 403,     401, 401, 401,     401, 401, 401, 401, 401],
  'DELETE /v3/stacks/branch_aliases/{alias}':                         [200, 200, 200,     403, 412, 403,     401, 401, 401,     401, 401, 401, 401, 401],
  'GET /v3/stacks/token_hygiene':                                     [200, 200, 200,     403, 412, 403,     401, 401, 401,     401, 401, 401, 401, 401],
  'PUT /v3/stacks/token_hygiene':                                     [200, 200, 200,     403, 412, 403,     401, 401, 401,     401, 401, 401, 401, 401],
  'POST /v3/stacks/token_hygiene/preview':                            [200, 200, 200,     403, 412, 403,     401, 401, 401,     401, 401, 401, 401, 401],
  'GET /v3/audit-logs':                                               [200, 200, 200,     403, 412, 403,     401, 401, 401,     401, 401, 401, 401, 401],
  'GET /v3/audit-logs/{uid}':                                         [200, 200, 200,     403, 412, 403,     401, 401, 401,     401, 401, 401, 401, 401],
  // Where programs work with what they were given, nobody who signs in is one.
  'GET /v3/environments':                                             [401, 401, 401,     401, 401, 401,     401, 200, 200,     401, 401, 401, 401, 401],
  'POST /v3/environments':                                            [401, 401, 401,     401, 401, 401,     401, 201, 201,     401, 401, 401, 401, 401],
  'POST /v3/token_sessions':                                          [401, 401, 401,     401, 401, 401,     401, 201, 401,     401, 401, 401, 401, 401],
  'GET /v3/token_sessions/current':                                   [401, 401, 401,     401, 401, 401,     401, 401, 200,     401, 401, 401, 401, 401],
  'DELETE /v3/token_sessions/current':                                [401, 401, 401,     401, 401, 401,     401, 401, 200,     401, 401, 401, 401, 401],
  'POST /oauth2/introspect':                                          [403, 403, 403,     403, 403, 200,     401, 401, 401,     401, 401, 401, 401, 401],
  // Whoever holds a value may stop it (RFC 7009), and the description is everybody's.
  'POST /oauth2/revoke':                                              [200, 200, 200,     200, 200, 200,     200, 200, 200,     200, 200, 200, 200, 200],
  'GET /openapi.json':                                                [200, 200, 200,     200, 200, 200,     200, 200, 200,     200, 200, 200, 200, 200],
  $default:                                                           [404, 404, 404,     404, 404, 404,     404, 404, 404,     404, 404, 404, 404, 404],
};
