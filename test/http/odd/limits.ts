import fc from 'fast-check';
import { freeName, goodScope, kindOf, type OddRequest, requestsOf, tokens } from './kind.ts';

const json = (text: string, route: string, field: RegExp): OddRequest => ({ route, body: text, field });
/** The numbers of the API that stand in bodies, as raw JSON: what a JSON writer would never write is read all the same. */
const inBody = (raw: string): readonly OddRequest[] => [
  json(`{"token":{"rate_limits":{"read":${raw},"write":1}}}`, `PUT ${tokens}/{uid}`, /^rate_limits/),
  json(`{"token":{"rate_limits":{"read":1,"write":${raw}}}}`, `PUT ${tokens}/{uid}`, /^rate_limits/),
  json(
    `{"token":{"name":"${freeName()}","scope":${JSON.stringify(goodScope)},"rate_limits":{"read":${raw},"write":${raw}}}}`,
    `POST ${tokens}`,
    /^rate_limits/,
  ),
  json(`{"token_hygiene":{"max_cleanup_per_day":${raw}}}`, 'PUT /v3/stacks/token_hygiene', /^max_cleanup_per_day/),
  json(`{"token_hygiene":{"cleanup_after_days":${raw}}}`, 'PUT /v3/stacks/token_hygiene', /^cleanup_after_days/),
  json(`{"token_hygiene":{"warn_days":[30,${raw}]}}`, 'POST /v3/stacks/token_hygiene/preview', /^warn_days/),
];
const ofPage = (text: string): readonly OddRequest[] => [
  { route: `GET ${tokens}`, query: `limit=${encodeURIComponent(text)}`, field: /^limit$/ },
  { route: `GET ${tokens}`, query: `skip=${encodeURIComponent(text)}&include_count=true`, field: /^skip$/ },
  { route: `GET ${tokens}/{uid}/sessions`, query: `limit=${encodeURIComponent(text)}`, field: /^limit$/ },
  { route: 'GET /v3/audit-logs', query: `limit=${encodeURIComponent(text)}`, field: /^limit$/ },
  { route: 'GET /v3/audit-logs', query: `skip=${encodeURIComponent(text)}&limit=1`, field: /^skip$/ },
  ...['GET /v3/stacks/users', 'GET /v3/stacks/branches', 'GET /v3/stacks/branch_aliases'].flatMap((route) => [
    { route, query: `limit=${encodeURIComponent(text)}`, field: /^limit$/ },
    { route, query: `skip=${encodeURIComponent(text)}`, field: /^skip$/ },
  ]),
  { route: 'GET /v3/stacks', headers: {}, query: `limit=${encodeURIComponent(text)}`, field: /^limit$/ },
];
const everywhere = (text: string) => [...inBody(text), ...ofPage(text)];
const refused = (values: fc.Arbitrary<string>) => requestsOf(values, everywhere, 'be refused');
const whole = fc.integer({ min: 1, max: 10 }).map(String);

export const limits = kindOf({
  '0': requestsOf(
    fc.constant('0'),
    (text) => [...inBody(text), ...ofPage(text).filter(({ field }) => field.source === '^limit$')],
    'be refused',
  ),
  '-1': refused(fc.constant('-1')),
  '1.5': refused(fc.constant('1.5')),
  '1e309': refused(fc.constant('1e309')),
  '"10"': refused(fc.constant('"10"')),
  '2^53': refused(fc.constantFrom('9007199254740992', '9007199254740993', '-9007199254740992')),
  'less than nothing': refused(fc.integer({ max: -1 }).map(String)),
  'a part of a whole': refused(
    fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .filter((number) => !Number.isInteger(number))
      .map(String),
  ),
  'more than anybody may': refused(fc.bigInt({ min: 1_000_000n, max: 10n ** 40n }).map(String)),
  'a number as text': refused(whole.map((text) => `"${text}"`)),
  'no number': refused(fc.constantFrom('true', '[]', '{}', '[1]', '""', '{"valueOf":1}')),
  nothing: requestsOf(fc.constant('null'), everywhere),
  'whole in another form': requestsOf(fc.constantFrom('1.0', '1e0', '10E-1', '0.1e1'), everywhere),
  'numbers that are no JSON': requestsOf(
    fc.constantFrom('+1', '01', '0x10', 'NaN', 'Infinity', '1_0', '١٠', '1 0', '.5', '1e'),
    ofPage,
  ).chain((request) => fc.constant(request)),
  'numbers that JSON does not know': requestsOf(
    fc.constantFrom('+1', '0x10', 'NaN', 'Infinity', '1_0', '١٠', '.5', '1e', '--1'),
    everywhere,
    'be refused',
  ),
  'a good limit': requestsOf(whole, everywhere, 'be done'),
  'limits that are no object': requestsOf(
    fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.array(fc.integer())),
    (value) => [json(JSON.stringify({ token: { rate_limits: value } }), `PUT ${tokens}/{uid}`, /^rate_limits$/)],
    'be refused',
  ),
  'one of two limits': requestsOf(
    fc.constantFrom('read', 'write'),
    (name) => [json(JSON.stringify({ token: { rate_limits: { [name]: 1 } } }), `PUT ${tokens}/{uid}`, /^rate_limits/)],
    'be refused',
  ),
});
