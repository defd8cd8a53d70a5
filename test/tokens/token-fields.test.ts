import { describe, expect, it } from 'vitest';
import { readEditedFields, readNewFields } from '../../functions/tokens/token-fields.ts';
import { knownModules } from '../../functions/values/scope.ts';
import { mintTokenValue } from '../../functions/values/token-value.ts';
import { tokenLike } from './token-like.ts';

const required = 'is a required field';
const onMain = { module: 'branch', branches: ['main'], acl: { read: true } };
const scope = [{ module: 'entry', acl: { read: true } }, onMain];
const least = { name: 'ci-deploy', scope };
const read = (fields: Record<string, unknown>) => readNewFields({ ...least, ...fields });

describe('the fields of a new token', () => {
  it('need a name and a scope, and nothing else', () => {
    expect(readNewFields(least)).toEqual({ fields: least, errors: {} });
    expect(readNewFields({}).errors).toEqual({ name: [required], scope: [required] });
  });

  it('that are unknown, or of the reader only, are ignored', () => {
    const { fields, errors } = read({ Scope: [], uid: 'blt', api_key: 'x', type: 'management', token: 5, toString: 1 });
    expect(errors).toEqual({});
    expect(fields).toEqual(least);
  });

  it.for<[string, unknown, string | string[]]>([
    ['name', 5, required],
    ['name', ' ', required],
    ['description', 5, 'must be text.'],
    ['description', 'a'.repeat(1001), 'can be at most 1000 characters long.'],
    ['description', '\ud83d', 'cannot have unpaired surrogates.'],
    ['scope', [], required],
    ['scope', 'all', required],
    ['scope', null, required],
    ['scope', Array.from({ length: 33 }, () => onMain), 'can have at most 32 entries.'],
    [
      'scope',
      Array.from({ length: 3 }, () => ({ ...onMain, branches: Array.from({ length: 45 }, () => 'main') })),
      'can hold at most 100 names of branches and aliases, repeated ones counted.',
    ],
    [
      'scope',
      [
        ...Array.from({ length: 2 }, () => ({ ...onMain, branches: Array.from({ length: 45 }, () => 'main') })),
        { module: 'branch_alias', branch_aliases: Array.from({ length: 11 }, () => 'live') },
      ],
      'can hold at most 100 names of branches and aliases, repeated ones counted.',
    ],
    [
      'description',
      `of ${mintTokenValue('blt0123456789abcdef', () => new Uint8Array(32))}.`,
      'cannot hold the value of a token or session.',
    ],
    [
      'expires_on',
      'tomorrow',
      'must be a date (YYYY-MM-DD) or an ISO 8601 date-time with a zone that exists, or null.',
    ],
    [
      'expires_on',
      '2030-02-30',
      'must be a date (YYYY-MM-DD) or an ISO 8601 date-time with a zone that exists, or null.',
    ],
    ['expires_on', 1893456000, 'must be a date (YYYY-MM-DD), an ISO 8601 date-time with a zone, or null.'],
    ['expires_on', 'now', 'can be "now" only in an edit. Give a date in the future, or null.'],
    ['is_email_notification_enabled', 'yes', 'must be true or false.'],
    ['is_email_notification_enabled', null, 'must be true or false.'],
    ['rate_limit_enabled', 1, 'must be true or false.'],
    ['rate_limits', 10, 'must be an object with read and write, or null.'],
    ['rate_limits', [], 'must be an object with read and write, or null.'],
  ])('%s cannot be %j', ([field, value, message]) => {
    expect(read({ [field]: value }).errors).toEqual({ [field]: [message].flat() });
  });

  it.for<[unknown, string]>([
    [0, 'must be at least 1.'],
    [-1, 'must be at least 1.'],
    [1.5, 'must be a whole number of requests per second.'],
    [Number.POSITIVE_INFINITY, 'must be a whole number of requests per second.'],
    [Number.NaN, 'must be a whole number of requests per second.'],
    ['10', 'must be a whole number of requests per second.'],
    [null, 'must be a whole number of requests per second.'],
    [undefined, 'must be a whole number of requests per second.'],
    [2 ** 53, 'must be a whole number of requests per second.'],
  ])('a limit cannot be %j', ([value, message]) => {
    expect(read({ rate_limits: { read: value, write: 5 } }).errors).toEqual({ 'rate_limits.read': [message] });
    expect(read({ rate_limits: { read: 5, write: value } }).errors).toEqual({ 'rate_limits.write': [message] });
  });

  it('are all told what is wrong with them at once', () => {
    const { errors } = read({ name: '', description: 5, rate_limits: { read: 0, write: 'x' } });
    expect(Object.keys(errors)).toEqual(['name', 'description', 'rate_limits.read', 'rate_limits.write']);
  });

  it.for<[unknown, string]>([
    [undefined, ''],
    [null, ''],
    ['caf\u0065\u0301', 'caf\u00e9'],
    ['\u{1f511}'.repeat(1000), '\u{1f511}'.repeat(1000)],
    ['two\nlines', 'two\nlines'],
    [`looks like cs_0123456789abcdef_${'a'.repeat(49)}`, `looks like cs_0123456789abcdef_${'a'.repeat(49)}`],
  ])('a description %j is kept as %j', ([value, kept]) => {
    expect(read({ description: value }).fields.description).toBe(kept);
  });

  it('an expiry is read with its instant, and null means never', () => {
    expect(read({ expires_on: '2030-12-10' }).fields.expires_on).toEqual({
      expires_on: '2030-12-10',
      expires_at: '2030-12-10T00:00:00.000Z',
    });
    expect(read({ expires_on: null })).toEqual({ fields: { ...least, expires_on: null }, errors: {} });
  });
});

describe('an entry of a scope', () => {
  const parsed = (entry: unknown) => readNewFields({ name: 'a', scope: [entry] });

  it.for(knownModules.filter((module) => !module.startsWith('branch')))('can be of module %s', (module) => {
    expect(parsed({ module, acl: { read: true } }).errors).toEqual({});
  });

  it('can be one of many that name 100 branches and aliases together', () => {
    const scope = [
      ...Array.from({ length: 2 }, () => ({ ...onMain, branches: Array.from({ length: 45 }, () => 'main') })),
      { module: 'branch_alias', branch_aliases: Array.from({ length: 10 }, () => 'live') },
    ];
    expect(readNewFields({ name: 'a', scope }).errors).toEqual({});
  });

  it.for<[string, unknown, unknown]>([
    [
      'an alias needs no acl',
      { module: 'branch_alias', branch_aliases: ['live'] },
      { module: 'branch_alias', acl: { read: true }, branch_aliases: ['live'] },
    ],
    ['read alone stays alone', { module: 'entry', acl: { read: true } }, { module: 'entry', acl: { read: true } }],
    [
      'an acl that says nothing of a branch stays so',
      { module: 'branch', branches: ['main'], acl: {} },
      { module: 'branch', acl: {}, branches: ['main'] },
    ],
    [
      'write implies read',
      { module: 'entry', acl: { write: true } },
      { module: 'entry', acl: { read: true, write: true } },
    ],
    [
      'write outdoes a denied read',
      { module: 'entry', acl: { read: false, write: true } },
      { module: 'entry', acl: { read: true, write: true } },
    ],
    [
      'texts are read as booleans',
      { module: 'entry', acl: { read: 'true', write: 'false' } },
      { module: 'entry', acl: { read: true, write: false } },
    ],
    [
      'a branch needs no acl',
      { module: 'branch', branches: ['main'] },
      { module: 'branch', acl: { read: true }, branches: ['main'] },
    ],
    [
      'all branches are $all',
      { module: 'branch', branches: ['$all'], acl: { read: true } },
      { module: 'branch', acl: { read: true }, branches: ['$all'] },
    ],
    [
      'no alias is kept as no alias',
      { module: 'branch_alias', branch_aliases: [], acl: { read: true } },
      { module: 'branch_alias', acl: { read: true }, branch_aliases: [] },
    ],
    [
      'no branches beside a module are left out',
      { module: 'entry', acl: { read: true }, branches: [] },
      { module: 'entry', acl: { read: true } },
    ],
    [
      'unknown keys are left out',
      { module: 'entry', acl: { read: true, admin: true }, locales: ['en'], _metadata: {} },
      { module: 'entry', acl: { read: true } },
    ],
  ])('%s', ([, entry, kept]) => {
    expect(parsed(entry)).toStrictEqual({ fields: { name: 'a', scope: [kept] }, errors: {} });
  });

  it.for<[string, unknown, Record<string, string[]>]>([
    [
      'an unknown module',
      { module: 'taxonomy', acl: { read: true } },
      { 'scope.0.module': [`must be one of ${knownModules.join(', ')}.`] },
    ],
    ['no module', { acl: { read: true } }, { 'scope.0.module': ['is a required field'] }],
    ['no acl', { module: 'entry' }, { 'scope.0.acl': ['must allow read or write.'] }],
    [
      'an acl that allows nothing',
      { module: 'entry', acl: { read: false } },
      { 'scope.0.acl': ['must allow read or write.'] },
    ],
    [
      'an acl that is a list',
      { module: 'entry', acl: ['read'] },
      { 'scope.0.acl': ['must be an object with read and write.'] },
    ],
    [
      'an access that is a number',
      { module: 'entry', acl: { read: 1 } },
      { 'scope.0.acl.read': ['must be true or false.'] },
    ],
    [
      'an access in capitals',
      { module: 'entry', acl: { read: 'TRUE' } },
      { 'scope.0.acl.read': ['must be true or false.'] },
    ],
    [
      'a branch entry without branches',
      { module: 'branch', acl: { read: true } },
      { 'scope.0.branches': ['belong to an entry of module branch, which names at least one.'] },
    ],
    [
      'branches beside another module',
      { module: 'entry', acl: { read: true }, branches: ['main'] },
      { 'scope.0.branches': ['belong to an entry of module branch, which names at least one.'] },
    ],
    [
      'aliases beside another module',
      { module: 'entry', acl: { read: true }, branch_aliases: ['deploy'] },
      { 'scope.0.branch_aliases': ['belong to an entry of module branch_alias.'] },
    ],
    [
      'an alias entry without aliases',
      { module: 'branch_alias', acl: { read: true } },
      { 'scope.0.branch_aliases': ['belong to an entry of module branch_alias.'] },
    ],
    [
      'a branch that cannot be one',
      { module: 'branch', branches: ['a b'] },
      { 'scope.0.branches.0': ['must be the name of a branch or alias: letters, digits, _ and -, 64 at most.'] },
    ],
    [
      'too many branches',
      { module: 'branch', branches: Array.from({ length: 46 }, (_, index) => `b${index}`) },
      { 'scope.0.branches': ['can hold at most 45 names.'] },
    ],
    [
      'one branch that is no list',
      { module: 'branch', branches: 'main' },
      { 'scope.0.branches': ['must be a list of names.'] },
    ],
    ['a text', 'entry', { 'scope.0': ['must be an object with module and acl.'] }],
    ['null', null, { 'scope.0': ['must be an object with module and acl.'] }],
  ])('cannot be %s', ([, entry, errors]) => {
    expect(parsed(entry).errors).toEqual(errors);
  });
});

describe('the fields of an edit', () => {
  const present = tokenLike({
    name: 'caf\u00e9',
    expires_on: '2020-12-10',
    expires_at: '2020-12-10T00:00:00.000Z',
    rate_limit_enabled: true,
    rate_limits: { read: 500, write: 500 },
  });

  it('that equal what is stored are not looked at again, whatever the rules say by now', () => {
    const [all, branches] = present.scope;
    const sent = {
      ...present,
      name: 'cafe\u0301',
      scope: [{ acl: { write: true, read: true }, module: all?.module }, branches],
      rate_limits: { write: 500, read: 500 },
    };
    expect(readEditedFields(sent, present)).toEqual({ fields: {}, errors: {} });
  });

  it('are only those that are given', () => {
    expect(readEditedFields({ description: 'x' }, present)).toEqual({ fields: { description: 'x' }, errors: {} });
    expect(readEditedFields({}, present)).toEqual({ fields: {}, errors: {} });
  });

  it('can stop the token now', () => {
    expect(readEditedFields({ expires_on: 'now' }, present)).toEqual({ fields: { expires_on: 'now' }, errors: {} });
  });

  it('that changed are judged', () => {
    expect(readEditedFields({ name: '', scope: [] }, present).errors).toEqual({ name: [required], scope: [required] });
  });
});
