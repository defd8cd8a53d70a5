import fc from 'fast-check';
import { freeName, goodScope, kindOf, type OddRequest, requestsOf, tokens } from './kind.ts';

/** What a header can hold at all. */
const word = fc
  .string({ unit: fc.constantFrom(...' !"#%&()*,-./09:;<=>?@AZ[]_az{|}~'), minLength: 1, maxLength: 60 })
  .filter((text) => text.trim() === text);
const own = { api_key: 'MINE', 'content-type': 'application/json' };
const field = /^(If-Match|Idempotency-Key|api_key|authtoken|confirm_name|x-confirm-name)$/;

const bodyOf: Readonly<Record<string, object>> = {
  [`PUT ${tokens}/{uid}`]: { token: { description: 'x' } },
  [`POST ${tokens}`]: { token: { name: 5, scope: goodScope } },
  [`POST ${tokens}/{uid}/successor`]: { overlap: 'never' },
  'PUT /v3/stacks/token_hygiene': { token_hygiene: {} },
};
const sent = (route: string, headers: Readonly<Record<string, string>>): OddRequest => ({
  route,
  headers: { ...own, ...headers },
  field: /./,
  ...(bodyOf[route] ? { body: JSON.stringify(bodyOf[route]) } : {}),
});
const writing = Object.keys(bodyOf);
const reading = [
  `GET ${tokens}`,
  `GET ${tokens}/{uid}`,
  `GET ${tokens}/{uid}/delete_preview`,
  'GET /v3/audit-logs',
  'GET /v3/stacks',
];
const at = (routes: readonly string[]) => (headers: Readonly<Record<string, string>>) =>
  routes.map((route) => sent(route, headers));
const everywhere = at([...writing, ...reading]);
const header = (name: string, values: fc.Arbitrary<string>) => values.map((value) => ({ [name]: value }));
const creating = (key: string): readonly OddRequest[] => [
  {
    route: `POST ${tokens}`,
    headers: { ...own, 'idempotency-key': key },
    body: JSON.stringify({ token: { name: freeName(), scope: goodScope } }),
    field,
  },
];

export const headers = kindOf({
  'another stack': requestsOf(header('api_key', word), everywhere, 'be refused'),
  'a stack of 3,000 characters': requestsOf(header('api_key', fc.constant('b'.repeat(3000))), everywhere, 'be refused'),
  'two stacks': requestsOf(header('x-stack-api-key', word), everywhere, 'be refused'),
  'two credentials': requestsOf(
    header(
      'authorization',
      word.map((text) => `Bearer ${text}`),
    ),
    everywhere,
  ),
  'another content type': requestsOf(header('content-type', word), at(writing), 'be refused'),
  'a content type with parameters': requestsOf(
    header(
      'content-type',
      word.map((text) => `application/json;${text}`),
    ),
    at(writing),
  ),
  'a charset': requestsOf(
    header(
      'content-type',
      fc
        .constantFrom('latin1', 'utf-16', 'utf-7', '"utf-16le"')
        .map((charset) => `application/json; charset=${charset}`),
    ),
    at(writing),
    'be refused',
  ),
  'a content encoding': requestsOf(
    header('content-encoding', fc.constantFrom('gzip', 'br', 'deflate', 'zstd', 'x')),
    at(writing),
    'be refused',
  ),
  'an entity tag that is none': requestsOf(
    header(
      'if-match',
      word.filter((text) => text !== '*' && !/^(W\/)?"[^"]*"$/.test(text)),
    ),
    (given) => at([`PUT ${tokens}/{uid}`])(given).map((request) => ({ ...request, field })),
    'be refused',
  ),
  'a stale entity tag': requestsOf(
    header(
      'if-match',
      fc.oneof(
        fc.integer({ min: 1_000_000 }).map((version) => `"${version}"`),
        fc.constantFrom('"0"', '"x"', '""', 'W/"1"', '"1e6"', '"9007199254740993"'),
      ),
    ),
    at([`PUT ${tokens}/{uid}`]),
    'be refused',
  ),
  'an idempotency key that is none': requestsOf(
    fc.oneof(
      fc.integer({ min: 256, max: 4000 }).map((length) => 'k'.repeat(length)),
      fc.constant(' '),
    ),
    creating,
    'be refused',
  ),
  'an idempotency key': requestsOf(word, creating),
  'a confirmed name': requestsOf(header('x-confirm-name', word), at([`DELETE ${tokens}/{uid}`]), 'be refused'),
  'half an escape': requestsOf(
    header('x-confirm-name', fc.constantFrom('%', '%f', '%ff', '%ed%a0%80', '%c0%af', 'a%2')),
    at([`DELETE ${tokens}/{uid}`]),
    'be refused',
  ),
  'two names': requestsOf(
    word,
    (name) => [
      {
        ...sent(`DELETE ${tokens}/{uid}`, { 'x-confirm-name': 'a' }),
        query: `confirm_name=${encodeURIComponent(`${name}b`)}`,
        field,
      },
    ],
    'be refused',
  ),
  'who programs say they are': requestsOf(header('user-agent', word), everywhere),
  'a header of 8,000 characters': requestsOf(
    fc
      .constantFrom('user-agent', 'branch', 'x-forwarded-for', 'accept', 'if-none-match')
      .map((name) => ({ [name]: 'x'.repeat(8000) })),
    everywhere,
  ),
  'names of headers that objects have by themselves': requestsOf(
    fc.constantFrom('constructor', 'tostring', 'valueof', '__proto__'),
    (name) => everywhere(JSON.parse(`{"${name}":"x"}`)),
  ),
});
