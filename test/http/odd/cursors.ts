import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { kindOf, type OddRequest, requestsOf, tokens } from './kind.ts';

const sessions = `GET ${tokens}/{uid}/sessions`;
const list = `GET ${tokens}`;
const log = 'GET /v3/audit-logs';
const ask = (route: string, query: string, field: RegExp): OddRequest => ({ route, query, field });
const inUrl = (text: string) => encodeURIComponent(text.toWellFormed());
const cursor = (text: string): readonly OddRequest[] =>
  [sessions, log].map((route) => ask(route, `cursor=${inUrl(text)}`, /^cursor$/));
const query = (text: string): readonly OddRequest[] => [
  ask(list, `query=${inUrl(text)}`, /^query$/),
  ask(log, `query=${inUrl(text)}`, /^query$/),
];
const refused = (values: fc.Arbitrary<string>, of: (text: string) => readonly OddRequest[]) =>
  requestsOf(values, of, 'be refused');

const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`));
const position = fc.tuple(hex(1), fc.option(hex(16))).map(([shard, after]) => `${shard}${after ? `blt${after}` : ''}`);
/** Sealed as the service does it, but for a token that this is not. */
const ofAnother = fc
  .tuple(position, hex(16))
  .map(([at, token]) => `${at}.${createHash('sha256').update(`blt${token}\0${at}`).digest('hex').slice(0, 16)}`);
const changed = fc
  .tuple(ofAnother, fc.nat(33), hex(1))
  .map(([text, index, sign]) => `${text.slice(0, index)}${sign}${text.slice(index + 1)}`);
/** A position in the audit log, sealed as the service does it, but for a stack that this is not. */
const inAnothersLog = fc.tuple(fc.constantFrom('n', 'o', 'i'), hex(32), hex(16)).map(([part, after, stack]) => {
  const text = `${part}${after}${part === 'i' ? after : ''}`;
  const seal = createHash('sha256').update(JSON.stringify([`blt${stack}`, {}, text]));
  return `${text}.${seal.digest('hex').slice(0, 16)}`;
});
const fieldOf = fc.constantFrom('name', 'uid', 'created_at');
const operators = fc.constantFrom('$ne', '$in', '$gt', '$regex', '$or', '$where', '$exists');
const anything = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.integer(), { maxLength: 3 }),
);
const uid = fc.oneof(hex(32), hex(31), fc.string(), fc.constantFrom('..', '%00', '0', 'logs'));

export const cursors = kindOf({
  'a cursor of another token': refused(ofAnother, cursor),
  "a cursor of another stack's log": refused(inAnothersLog, cursor),
  'a cursor that was changed': refused(changed, cursor),
  'a cursor that was cut': refused(
    fc.tuple(ofAnother, fc.nat(16)).map(([text, length]) => text.slice(0, length)),
    cursor,
  ),
  'a made-up cursor': refused(
    fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.integer().map(String), fc.base64String()),
    cursor,
  ),
  'a cursor of 5,000 characters': refused(fc.constant('f'.repeat(5000)), cursor),
  'a cursor twice': refused(
    fc.tuple(position, position).map((both) => both.join('&cursor=')),
    (text) => [sessions, log].map((route) => ask(route, `cursor=${text}`, /^cursor$/)),
  ),
  'a limit twice': requestsOf(
    fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })),
    ([one, other]) => [sessions, list, log].map((route) => ask(route, `limit=${one}&limit=${other}`, /^limit$/)),
    'be refused',
  ),
  'a query that is no JSON': refused(
    fc.string().filter((text) => !isJson(text)),
    query,
  ),
  'a query that is no object': refused(
    fc
      .oneof(fc.integer(), fc.string(), fc.array(fc.integer()), fc.constant(null))
      .map((value) => JSON.stringify(value)),
    query,
  ),
  'a query of a field that there is not': refused(
    fc
      .string()
      .filter((name) => name !== '' && !/^[a-z_.]+$/.test(name))
      .map((name) => JSON.stringify({ [name]: 1 })),
    query,
  ),
  'a query of what objects have by themselves': refused(
    fc.constantFrom('__proto__', 'constructor', 'toString').map((name) => `{"${name}":{"name":"x"}}`),
    query,
  ),
  'a query of the value': refused(
    fc.constantFrom('token', 'digest', 'epoch', 'version', 'pk').map((name) => JSON.stringify({ [name]: 'x' })),
    query,
  ),
  'a query with an operator': refused(
    fc
      .tuple(fieldOf, operators, anything)
      .map(([name, operator, value]) => JSON.stringify({ [name]: { [operator]: value } })),
    (text) => [ask(list, `query=${inUrl(text)}`, /^query$/)],
  ),
  'an operator for a field': refused(
    fc.tuple(operators, anything).map(([operator, value]) => JSON.stringify({ [operator]: value })),
    query,
  ),
  // The gateway itself turns away what is longer than 10,240 bytes with its headers.
  'a query that is deep': refused(
    fc.integer({ min: 65, max: 1000 }).map((depth) => `{"uid":${'['.repeat(depth)}${']'.repeat(depth)}}`),
    query,
  ),
  'a query': requestsOf(
    fc.tuple(fc.constantFrom('uid', 'created_at'), anything).map(([name, value]) => JSON.stringify({ [name]: value })),
    query,
    'be done',
  ),
  'a query twice': requestsOf(
    fc.constant('{}'),
    () => [list, log].map((route) => ask(route, 'query=%7B%7D&query=%7B%7D', /^query$/)),
    'be refused',
  ),
  'an order by what there is not': refused(
    fc
      .tuple(
        fc.constantFrom('asc', 'desc'),
        fc.string().filter((name) => !/^[a-z_]+$/.test(name)),
      )
      .map(([direction, name]) => `${direction}=${inUrl(name)}`),
    (text) => [ask(list, text, /^(asc|desc)$/)],
  ),
  'what a name begins with': requestsOf(
    fc.string({ unit: 'binary', maxLength: 60 }),
    (text) => [ask(list, `typeahead=${inUrl(text)}&count=true`, /^typeahead$/)],
    'be done',
  ),
  'what is no escape': requestsOf(
    fc.string({ unit: fc.constantFrom(...'%&=+abf019limtskpquery'), maxLength: 40 }),
    (text) => [sessions, list, log].map((route) => ask(route, text, /./)),
  ),
  'an entry': requestsOf(uid, (id) => [{ route: 'GET /v3/audit-logs/{uid}', uid: id, field: /^uid$/ }], 'be refused'),
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
