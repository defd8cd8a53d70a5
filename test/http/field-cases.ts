import { expect } from 'vitest';

/** One value that breaks one rule of API.md, section 2, with the field and the messages that it is refused with. */
export interface FieldCase {
  readonly field: string;
  /** In words. */
  readonly given: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly messages: readonly unknown[];
  /** Where the rule holds in one of both only. */
  readonly only?: 'create' | 'edit';
  readonly on?: 'a stack without rate limits';
}

const required = ['is a required field'];
const date = expect.stringMatching(/^must be a date \(YYYY-MM-DD\)/);
const future = expect.stringMatching(/^must be in the future/);
const wholeNumber = 'must be a whole number of requests per second.';
const atLeast = 'must be at least 1.';
const readable = { read: true };
const onMain = { module: 'branch', branches: ['main'], acl: readable };
const names = (count: number) => Array.from({ length: count }, (_, at) => `branch-${at}`);

type Given = readonly [given: string, value: unknown, messages: readonly unknown[], field?: string];

const scopes: readonly Given[] = [
  ['null', null, required],
  ['a text', 'all', required],
  ['empty', [], required],
  ['without branches and aliases', [{ module: 'entry', acl: readable }], required, 'scope.branch_or_alias'],
  ['an entry that is none', [5], ['must be an object with module and acl.'], 'scope.0'],
  [
    'an unknown module',
    [{ module: 'users', acl: readable }, onMain],
    [expect.stringMatching(/^must be one of \$all, /)],
    'scope.0.module',
  ],
  ['without rights', [{ module: 'entry' }, onMain], ['must allow read or write.'], 'scope.0.acl'],
  [
    'rights that are no object',
    [{ module: 'entry', acl: 'read' }, onMain],
    ['must be an object with read and write.'],
    'scope.0.acl',
  ],
  [
    'a right that is neither',
    [{ module: 'entry', acl: { read: 'yes' } }, onMain],
    ['must be true or false.'],
    'scope.0.acl.read',
  ],
  [
    'a branch that is none',
    [{ module: 'branch', branches: ['a b'] }],
    [expect.stringMatching(/^must be the name of a branch/)],
    'scope.0.branches.0',
  ],
  [
    'branches that are no list',
    [{ module: 'branch', branches: 'main' }],
    ['must be a list of names.'],
    'scope.0.branches',
  ],
  [
    'branches where they do not belong',
    [{ module: 'entry', acl: readable, branches: ['main'] }],
    [expect.stringMatching(/^belong to an entry of module branch/)],
    'scope.0.branches',
  ],
  [
    'aliases where they do not belong',
    [{ module: 'entry', acl: readable, branch_aliases: ['deploy'] }],
    ['belong to an entry of module branch_alias.'],
    'scope.0.branch_aliases',
  ],
  [
    'a branch that does not exist',
    [{ ...onMain, branches: ['none'] }],
    ['names the branch none, which does not exist.'],
  ],
  [
    'an alias that does not exist',
    [{ module: 'branch_alias', branch_aliases: ['none'], acl: readable }],
    ['names the alias none, which does not exist.'],
  ],
  [
    'more branches than can be read',
    [{ ...onMain, branches: names(46) }],
    ['can hold at most 45 names.'],
    'scope.0.branches',
  ],
  [
    'more names than can be read',
    [
      { ...onMain, branches: names(45) },
      { module: 'branch_alias', branch_aliases: ['deploy'] },
    ],
    ['can name at most 45 branches and aliases.'],
  ],
  ['more than 32 entries', Array.from({ length: 33 }, () => onMain), ['can have at most 32 entries.']],
];

const byField: Readonly<Record<string, readonly Given[]>> = {
  name: [
    ['null', null, required],
    ['a number', 5, required],
    ['empty', '', required],
    ['blank', ' \u00a0\u3000', required],
    ['invisible', '\u200b\u2060\u00ad', required],
    ['too long', 'x'.repeat(51), ['can be at most 50 characters long.']],
    ['too long in astral characters', '🔑'.repeat(51), ['can be at most 50 characters long.']],
    ...['\u0007', '\u2028', '\u2029', '\u202e', '\u2066', '\u200f', '\ud800', '\udc00'].map(
      (sign): Given => [
        `with U+${sign.charCodeAt(0).toString(16)}`,
        `a${sign}b`,
        ['cannot have control characters, text-direction overrides or unpaired surrogates.'],
      ],
    ),
  ],
  description: [
    ['a number', 5, ['must be text.']],
    ['too long', 'x'.repeat(1001), ['can be at most 1000 characters long.']],
    ['half a character', '\ud83d', ['cannot have unpaired surrogates.']],
  ],
  scope: scopes,
  expires_on: [
    ['a word', 'soon', [date]],
    ['a number', 1_900_000_000, [date]],
    ['a day that does not exist', '2031-02-30', [date]],
    ['a month that does not exist', '2031-13-01', [date]],
    ['an hour that does not exist', '2031-01-01T24:00:00Z', [date]],
    ['a time without a zone', '2031-01-01T00:00:00', [date]],
    ['a year of five digits', '+12031-01-01', [date]],
    ['in the past', '2020-01-01', [future]],
    ['in the past by its zone', '1999-12-31T23:59:59+14:00', [future]],
  ],
  is_email_notification_enabled: [
    ['a text', 'true', ['must be true or false.']],
    ['null', null, ['must be true or false.']],
  ],
  rate_limit_enabled: [
    ['a number', 1, ['must be true or false.']],
    ['without limits', true, ['is a required field when rate_limit_enabled is true.'], 'rate_limits'],
  ],
  rate_limits: [
    ['a number', 5, ['must be an object with read and write, or null.']],
    ['nothing', { read: 0, write: 1 }, [atLeast], 'rate_limits.read'],
    ['less than nothing', { read: 1, write: -1 }, [atLeast], 'rate_limits.write'],
    ['a half', { read: 1.5, write: 1 }, [wholeNumber], 'rate_limits.read'],
    ['a text', { read: '1', write: 1 }, [wholeNumber], 'rate_limits.read'],
    ['beyond whole numbers', { read: 1, write: 2 ** 53 }, [wholeNumber], 'rate_limits.write'],
    [
      "beyond the organization's",
      { read: 11, write: 1 },
      ["can be at most 10, the organization's limit."],
      'rate_limits.read',
    ],
    ['of one kind only', { read: 1 }, [wholeNumber], 'rate_limits.write'],
  ],
};

const always: readonly FieldCase[] = Object.entries(byField).flatMap(([name, given]) =>
  given.map(([words, value, messages, field = name]) => ({ field, given: words, fields: { [name]: value }, messages })),
);

export const fieldCases: readonly FieldCase[] = [
  ...always,
  { field: 'name', given: 'absent', fields: { name: undefined }, messages: required, only: 'create' },
  { field: 'scope', given: 'absent', fields: { scope: undefined }, messages: required, only: 'create' },
  {
    field: 'expires_on',
    given: 'now',
    fields: { expires_on: 'now' },
    messages: [expect.stringMatching(/^can be "now" only in an edit/)],
    only: 'create',
  },
  {
    field: 'token',
    given: 'another value',
    fields: { token: 'cs_another' },
    messages: ['cannot be changed. Generate a new management token instead.'],
    only: 'edit',
  },
  {
    field: 'rate_limits',
    given: 'where the plan has none',
    fields: { rate_limits: { read: 1, write: 1 } },
    messages: ["is not part of this stack's plan. Contact support@tokenward.example."],
    on: 'a stack without rate limits',
  },
];
