import fc from 'fast-check';
import { knownModules } from '../../../functions/values/scope.ts';
import { goodScope, kindOf, requestsOf, withField } from './kind.ts';

const [, onMain] = goodScope;
const module = fc.constantFrom(...knownModules.filter((name) => name !== 'branch' && name !== 'branch_alias'));
const flag = fc.constantFrom(true, false, 'true', 'false');
const names = (length: number) => Array.from({ length }, (_, at) => `branch-${at}`);
const ofObjects = fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf');
/** Small, so that 64 levels and 64 KiB are not what is judged. */
const anything = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.string(), { maxLength: 3 }),
  fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 }),
);

const given = (value: unknown) => withField('scope', value);
const refused = (values: fc.Arbitrary<unknown>) => requestsOf(values, given, 'be refused');
const beside = (entries: fc.Arbitrary<unknown>) => refused(entries.map((entry) => [entry, onMain]));

export const scopes = kindOf({
  'a good scope': requestsOf(
    fc
      .array(fc.tuple(module, flag), { minLength: 1, maxLength: 8 })
      .map((some) => [...some.map(([name, write]) => ({ module: name, acl: { read: true, write } })), onMain]),
    given,
    'be done',
  ),
  'write without read': requestsOf(
    module.map((name) => [{ module: name, acl: { write: true } }, onMain]),
    given,
    'be done',
  ),
  'no list': refused(
    fc.oneof(fc.constant(null), fc.string(), fc.integer(), fc.boolean(), fc.dictionary(fc.string(), fc.string())),
  ),
  'no entries': refused(fc.constant([])),
  'an entry that is none': beside(fc.oneof(fc.integer(), fc.string(), fc.constant(null), fc.array(fc.string()))),
  'an unknown module': beside(
    fc
      .string()
      .filter((name) => !knownModules.some((known) => known === name))
      .map((name) => ({ module: name, acl: { read: true } })),
  ),
  'a module that objects have by themselves': beside(ofObjects.map((name) => ({ module: name, acl: { read: true } }))),
  'a module that is no text': beside(
    fc.oneof(fc.integer(), fc.array(module), fc.constant({})).map((name) => ({ module: name, acl: { read: true } })),
  ),
  'no rights': beside(module.map((name) => ({ module: name, acl: { read: false, write: 'false' } }))),
  'rights that are none': beside(
    fc
      .tuple(module, fc.oneof(fc.string(), fc.integer(), fc.array(fc.boolean())))
      .map(([name, acl]) => ({ module: name, acl })),
  ),
  'a right that is neither': beside(
    fc
      .tuple(module, fc.constantFrom('yes', 1, 0, null, 'TRUE', [], {}))
      .map(([name, read]) => ({ module: name, acl: { read } })),
  ),
  'rights that objects have by themselves': beside(
    fc.tuple(module, ofObjects).map(([name, right]) => ({ module: name, acl: JSON.parse(`{"${right}":true}`) })),
  ),
  'no branch': refused(module.map((name) => [{ module: name, acl: { read: true } }])),
  'a branch that does not exist': refused(
    fc
      .stringMatching(/^[a-z][a-z0-9-]{0,20}$/)
      .filter((name) => name !== 'main')
      .map((name) => [{ ...onMain, branches: [name] }]),
  ),
  'an alias that does not exist': refused(
    fc
      .stringMatching(/^[a-z][a-z0-9-]{0,20}$/)
      .map((name) => [{ module: 'branch_alias', branch_aliases: [name], acl: { read: true } }]),
  ),
  'a branch that cannot be one': refused(
    fc
      .string({ unit: 'binary', minLength: 1 })
      .filter((name) => !/^(\$all|[A-Za-z0-9][\w-]{0,63})$/.test(name))
      .map((name) => [{ ...onMain, branches: [name] }]),
  ),
  'branches where they do not belong': beside(
    module.map((name) => ({ module: name, acl: { read: true }, branches: ['main'] })),
  ),
  'more names than can be read': refused(
    fc.integer({ min: 46, max: 100 }).map((count) => [{ ...onMain, branches: names(count) }]),
  ),
  'more entries than there can be': refused(
    fc.integer({ min: 33, max: 80 }).map((count) => Array.from({ length: count }, () => onMain)),
  ),
  'the same over and over': requestsOf(
    fc
      .integer({ min: 1, max: 45 })
      .map((count) => [{ ...goodScope[0] }, { ...onMain, branches: Array.from({ length: count }, () => 'main') }]),
    given,
  ),
  'anything in any place': requestsOf(
    fc.array(
      fc.record(
        { module: anything, acl: anything, branches: anything, branch_aliases: anything },
        { requiredKeys: [] },
      ),
      { maxLength: 4 },
    ),
    given,
  ),
});
