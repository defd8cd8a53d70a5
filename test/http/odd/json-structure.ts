import fc from 'fast-check';
import { freeName, goodScope, kindOf, type OddRequest, requestsOf, tokens } from './kind.ts';

const field = /^(token|stack|token_hygiene|name|scope|description|send_hour)(\.|$)/;
const routes = [
  `POST ${tokens}`,
  `PUT ${tokens}/{uid}`,
  'POST /v3/stacks',
  'PUT /v3/stacks',
  'PUT /v3/stacks/token_hygiene',
  'POST /v3/stacks/token_hygiene/preview',
];
const bodies = (body: string | Buffer): readonly OddRequest[] => routes.map((route) => ({ route, body, field }));
/** The preview of a run needs none: without settings it is of those that hold. */
const envelopes = (body: string) => bodies(body).filter(({ route }) => !route.endsWith('/preview'));
const edits = (token: string): readonly OddRequest[] => [
  { route: `PUT ${tokens}/{uid}`, body: `{"token":${token}}`, field },
];
const refused = (values: fc.Arbitrary<string | Buffer>) => requestsOf(values, bodies, 'be refused');
const depths = fc.integer({ min: 65, max: 20_000 });
const text = JSON.stringify({ token: { name: freeName(), scope: goodScope } });
/** Made once: they are large. */
const manyKeys = (count: number) => `{"token":{${Array.from({ length: count }, (_, at) => `"${at}":1`).join()}}}`;
const [tooMany, many] = [manyKeys(100_000), manyKeys(6000)];
const ofObjects = fc.constantFrom(
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '__defineGetter__',
);
const notUtf8 = fc.constantFrom(
  [0xff],
  [0xfe, 0xff],
  [0xc0, 0xaf],
  [0xed, 0xa0, 0x80],
  [0xf5, 0x80, 0x80, 0x80],
  [0xe2, 0x82],
  [0x80],
);

export const jsonStructure = kindOf({
  'duplicate keys': requestsOf(
    fc.array(fc.constantFrom('"a"', '"b"', 'null', '5'), { minLength: 1, maxLength: 5 }),
    (values) => edits(`{${values.map((value) => `"description":${value}`).join()}}`),
  ),
  'the same key twice, the last of them good': requestsOf(
    fc.string(),
    (name) => edits(`{"description":5,"description":${JSON.stringify(name.toWellFormed())}}`),
    'be done',
  ),
  'the same envelope twice': requestsOf(
    fc.constant(
      `{"token":{"name":""},"token":{"name":5},"stack":1,"stack":{"name":""},"token_hygiene":{},"token_hygiene":{"send_hour":24}}`,
    ),
    bodies,
  ).map((request) => ({ ...request, must: 'be refused' as const })),
  __proto__: requestsOf(
    ofObjects,
    (name) => edits(`{"${name}":{"name":"","expires_on":"soon"},"description":"x"}`),
    'be done',
  ),
  '__proto__ for an envelope': requestsOf(
    ofObjects,
    (name) => envelopes(`{"${name}":{"token":{"name":"x"},"stack":{"name":"x"},"token_hygiene":{}}}`),
    'be refused',
  ),
  'arrays in arrays': refused(depths.map((depth) => `{"token":${'['.repeat(depth)}${']'.repeat(depth)}}`)),
  'objects in objects': refused(
    fc.integer({ min: 65, max: 8000 }).map((depth) => `${'{"token":'.repeat(depth)}1${'}'.repeat(depth)}`),
  ),
  'deep and never closed': refused(depths.map((depth) => '[{'.repeat(depth / 2))),
  'brackets in a text': requestsOf(
    fc.integer({ min: 65, max: 400 }),
    (depth) => edits(`{"description":"\\"${'[{'.repeat(depth)}"}`),
    'be done',
  ),
  '100,000 keys': refused(fc.constant(tooMany)),
  'keys up to the limit of a body': requestsOf(fc.constant(many), bodies),
  'invalid UTF-8': refused(
    fc
      .tuple(fc.nat(text.length), notUtf8)
      .map(([at, bytes]) =>
        Buffer.concat([Buffer.from(text.slice(0, at)), Buffer.from(bytes), Buffer.from(text.slice(at))]),
      ),
  ),
  'a byte order mark': refused(fc.constant(Buffer.from(`\ufeff${text}`))),
  bytes: refused(
    fc
      .uint8Array({ minLength: 1, maxLength: 60 })
      .filter(([first]) => first !== 0x7b)
      .map((bytes) => Buffer.from(bytes)),
  ),
  'cut off': refused(fc.integer({ min: 1, max: text.length - 1 }).map((length) => text.slice(0, length))),
  'something behind it': refused(fc.constantFrom('x', '}', ',', ' 1', '\u0000', text).map((more) => `${text}${more}`)),
  'nearly JSON': refused(
    fc.constantFrom(
      "{'token':{}}",
      '{token:{}}',
      '{"token":{},}',
      '{"token":undefined}',
      '// x\n{}',
      '{"token":{"name":"\n"}}',
      '{"token":"\\x41"}',
      '{"token":NaN}',
    ),
  ),
  'another root': refused(
    fc.oneof(
      fc.constantFrom('null', 'true', '""', '[]', '[{"token":{}}]'),
      fc.integer().map(String),
      fc.string().map((value) => JSON.stringify(value)),
    ),
  ),
  'an envelope that is none': requestsOf(
    fc.constantFrom(
      '{}',
      '{"token":null,"stack":null,"token_hygiene":null}',
      '{"token":[],"stack":[],"token_hygiene":[]}',
      '{"token":5,"stack":"","token_hygiene":true}',
      '{"TOKEN":{},"Stack":{},"token hygiene":{}}',
    ),
    envelopes,
    'be refused',
  ),
  nothing: requestsOf(fc.constantFrom('', ' ', '\n\n'), envelopes, 'be refused'),
  'any JSON': requestsOf(fc.json({ maxDepth: 4 }), (value) =>
    bodies(`{"token":${value},"stack":${value},"token_hygiene":${value}}`),
  ).map((request) => ({ ...request, field: /./ })),
});
