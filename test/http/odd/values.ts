import fc from 'fast-check';
import { goodScope, kindOf, type OddRequest, requestsOf } from './kind.ts';

const form = { 'content-type': 'application/x-www-form-urlencoded', api_key: 'MINE' };
const asked = (value: string): readonly OddRequest[] =>
  ['POST /oauth2/introspect', 'POST /oauth2/revoke'].map((route) => ({
    route,
    headers: form,
    body: new URLSearchParams({ token: value.toWellFormed() }).toString(),
    field: /^token$/,
  }));
/** Header values that no stack has: API Gateway hands them on. */
const noStack = fc
  .string({ unit: fc.constantFrom(...' !"#$%&()*,./:;<=>?@AZ[]^az{|}~09'), maxLength: 80 })
  .filter((text) => !/^[\w-]{1,64}$/.test(text.trim()));
const shaped = fc.stringMatching(/^css?_[0-9a-f]{16}_[0-9A-Za-z]{49}$/);

/** Where programs and services are: over HTTP only. */
export const values = kindOf({
  'a value that nobody was given': requestsOf(shaped, asked, 'be done'),
  'what is no value': requestsOf(fc.string({ unit: 'binary', minLength: 1, maxLength: 100 }), asked, 'be done'),
  'a very long value': requestsOf(
    fc.integer({ min: 300, max: 40_000 }).map((length) => 'c'.repeat(length)),
    asked,
    'be done',
  ),
  'a stack that cannot be one': requestsOf(
    noStack,
    (api_key) =>
      asked('x')
        .slice(0, 1)
        .map((request) => ({ ...request, headers: { ...form, api_key } })),
    'be refused',
  ),
  'no form': requestsOf(
    fc.constantFrom('', 'token', 'token=', '%', '{"token":"x"}', '&&=&'),
    (body) => asked('').map((request) => ({ ...request, body, field: /./ })),
    'be refused',
  ),
  'a line separator, or a control character': requestsOf(
    fc.constantFrom('\u2028', '\u2029', '\u0000', '\n', '\u0085', 'a\u2028b'),
    (text) => [
      { route: 'POST /v3/environments', body: JSON.stringify({ environment: { name: `a${text}b` } }), field: /^name$/ },
      {
        route: 'POST /v3/token_sessions',
        body: JSON.stringify({ session: { client: `a${text}b` } }),
        field: /^client$/,
      },
    ],
    'be refused',
  ),
  'the name of an environment': requestsOf(
    fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.constant(goodScope)),
    (name) => [{ route: 'POST /v3/environments', body: JSON.stringify({ environment: { name } }), field: /^name$/ }],
  ),
  'what a session is called': requestsOf(
    fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.constant(goodScope)),
    (client) => [
      { route: 'POST /v3/token_sessions', body: JSON.stringify({ session: { client } }), field: /^client$/ },
    ],
  ),
});
