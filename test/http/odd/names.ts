import fc from 'fast-check';
import { goodScope, inUrl, kindOf, type OddRequest, requestsOf, tokens } from './kind.ts';

const codePoints = (from: number, to: number, sizes: { minLength?: number; maxLength?: number } = {}) =>
  fc
    .array(fc.integer({ min: from, max: to }), { minLength: 1, maxLength: 50, ...sizes })
    .map((codes) => String.fromCodePoint(...codes));
const around = (signs: fc.Arbitrary<string>) =>
  fc
    .tuple(fc.nat(20), signs, fc.nat(20))
    .map(([before, sign, after]) => `${'a'.repeat(before)}${sign}${'b'.repeat(after)}`);
const planes = Array.from(
  { length: 17 },
  (_, plane) => [`plane ${plane}`, codePoints(plane * 0x10000, plane * 0x10000 + 0xffff)] as const,
);
const oneOf = (...codes: readonly number[]) => fc.constantFrom(...codes.map((code) => String.fromCharCode(code)));
/** Letters that have a form of one code point and one of two. */
const accented = fc.array(fc.constantFrom('\u00e9', '\u00fc', '\u1e69', '\uac00', '\u0958'), {
  minLength: 1,
  maxLength: 12,
});

const kept = (name: unknown) => (typeof name === 'string' ? { name: name.normalize('NFC') } : {});

/** A token, a stack that is called so, and the two ways to confirm a name. */
const named = (name: unknown): readonly OddRequest[] => [
  {
    route: `POST ${tokens}`,
    body: JSON.stringify({ token: { name, scope: goodScope } }),
    keeps: kept(name),
    field: /^name$/,
  },
  { route: `PUT ${tokens}/{uid}`, body: JSON.stringify({ token: { name } }), keeps: kept(name), field: /^name$/ },
  { route: 'PUT /v3/stacks', body: JSON.stringify({ stack: { name } }), field: /^name$/ },
];
const confirmed = (name: string): readonly OddRequest[] => [
  { route: `DELETE ${tokens}/{uid}`, query: `confirm_name=${inUrl(name)}`, confirms: name, field: /^confirm_name$/ },
  {
    route: `DELETE ${tokens}/{uid}`,
    headers: { api_key: 'MINE', 'x-confirm-name': inUrl(name) },
    confirms: name,
    field: /^(confirm_name|x-confirm-name)$/,
  },
];
const either = (name: string) => [...named(name), ...confirmed(name)];
const refused = (values: fc.Arbitrary<string>) => requestsOf(values, either, 'be refused');

export const names = kindOf({
  ...Object.fromEntries(planes.map(([plane, values]) => [plane, requestsOf(values, either)])),
  'an unpaired high surrogate': refused(
    around(fc.integer({ min: 0xd800, max: 0xdbff }).map((code) => String.fromCharCode(code))),
  ),
  'an unpaired low surrogate': refused(
    around(fc.integer({ min: 0xdc00, max: 0xdfff }).map((code) => String.fromCharCode(code))),
  ),
  'surrogates the wrong way round': refused(around(fc.constant('\udc00\ud800'))),
  'a bidi override': refused(
    around(oneOf(0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069, 0x200e, 0x200f, 0x61c)),
  ),
  'a control character': refused(
    around(fc.oneof(codePoints(0, 0x1f, { maxLength: 1 }), codePoints(0x7f, 0x9f, { maxLength: 1 }))),
  ),
  'a line separator': refused(around(oneOf(0x2028, 0x2029))),
  'zero-width characters and nothing else': refused(
    fc.array(oneOf(0x200b, 0x200c, 0x200d, 0x2060, 0xfeff, 0xad), { maxLength: 20 }).map((signs) => signs.join('')),
  ),
  'white space and nothing else': refused(
    fc.array(oneOf(0x20, 0xa0, 0x2003, 0x3000, 0x2028, 0x2800), { maxLength: 20 }).map((signs) => signs.join('')),
  ),
  'a zero-width character in a name': requestsOf(
    around(oneOf(0x200b, 0x200c, 0x200d, 0xfeff)).filter((name) => name.length > 1),
    named,
  ),
  'a name in NFC': requestsOf(
    accented.map((signs) => signs.join('').normalize('NFC')),
    either,
  ),
  'a name in NFD': requestsOf(
    accented.map((signs) => signs.join('').normalize('NFD')),
    either,
  ),
  'more marks than letters': requestsOf(
    fc.array(oneOf(0x301, 0x323, 0x20dd, 0x65e), { minLength: 1, maxLength: 60 }).map((marks) => `a${marks.join('')}`),
    either,
  ),
  'a name that is too long': refused(fc.integer({ min: 51, max: 5000 }).map((length) => 'x'.repeat(length))),
  'a name that is no text': requestsOf(
    fc.oneof(
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(fc.string()),
      fc.dictionary(fc.string(), fc.string()),
    ),
    named,
    'be refused',
  ),
  'words that mean something to programs': requestsOf(
    fc.constantFrom('__proto__', 'constructor', 'null', 'undefined', '$all', 'TOKEN#x', '../..', '%00', "' OR 1=1 --"),
    either,
  ),
});
