import fc from 'fast-check';
import { inUrl, kindOf, type OddRequest, requestsOf } from './kind.ts';

/** `GET /v3/stacks`, by somebody who is invited to a stack and whose address has changed: what is not refused changes both. */
const visit = (query: string, headers: Readonly<Record<string, string>>): OddRequest => ({
  route: 'GET /v3/stacks',
  query,
  headers,
  field: /^(include_collaborators|api_key)$/,
});
const own = { api_key: 'MINE' };
const inviting = { api_key: 'INVITING' };
const anyOf = (query: string) => [visit(query, own), visit(query, inviting), visit(query, {})];
const named = fc.constantFrom('include_collaborators', 'include%5fcollaborators', '%69nclude_collaborators');
const value = fc.oneof(fc.constantFrom('true', 'false', ''), fc.string({ unit: 'binary', maxLength: 20 }).map(inUrl));
const others = fc.constantFrom(
  'page=-1',
  'offset=x',
  'query=%7B',
  'asc=%ff',
  'cursor=x',
  'include_count=true',
  '%ff=%ff',
  '=',
);

export const visits = kindOf(
  {
    'a parameter twice': requestsOf(
      fc.array(fc.tuple(named, value), { minLength: 2, maxLength: 4 }),
      (pairs) => anyOf(pairs.map((pair) => pair.join('=')).join('&')),
      'be refused',
    ),
    'the people of a stack that one is only invited to': requestsOf(
      others,
      (query) => [visit(`${query}&include_collaborators=true`, inviting)],
      'be refused',
    ),
    'a stack that is not there': requestsOf(
      fc.stringMatching(/^[\x21-\x7e]{1,70}$/),
      (api_key) => [visit('', { api_key }), visit('include_collaborators=true', { api_key })],
      'be refused',
    ),
    'two stacks': requestsOf(
      fc.stringMatching(/^[A-Za-z0-9]{1,20}$/),
      (other) => [own, inviting].map((headers) => visit('', { ...headers, 'x-stack-api-key': other })),
      'be refused',
    ),
    'two credentials': requestsOf(
      fc.constantFrom('Bearer x', 'x', 'bearer a.b.d'),
      (authorization) => [own, inviting, {}].map((headers) => visit('', { ...headers, authorization })),
      'be refused',
    ),
    'parameters that it does not know': requestsOf(others, anyOf, 'be done'),
    'what is not "true"': requestsOf(
      value.filter((text) => text !== 'true'),
      (text) => anyOf(`include_collaborators=${text}`),
      'be done',
    ),
    'its own people': requestsOf(
      fc.constant('include_collaborators=true'),
      (query) => [visit(query, own), visit(query, {})],
      'be done',
    ),
  },
  [200, 400, 403, 412],
);
