import { describe, expect, it } from 'vitest';
import { settingsOf } from '../../functions/tokens/changes.ts';
import { namesToRead, type SettingsContext, settingsAfter } from '../../functions/tokens/settings.ts';
import type { ParsedFields } from '../../functions/tokens/token-fields.ts';
import { stackLike } from '../stacks/stack-like.ts';
import { tokenLike } from './token-like.ts';

type Entry = NonNullable<ParsedFields['scope']>[number];

const now = new Date('2026-03-01T08:00:00.000Z');
const context: SettingsContext = {
  stack: stackLike(),
  branches: ['main'],
  aliases: ['deploy'],
  organization: { limits: { read: 10, write: 8 }, supportContact: 'support@example.test' },
  now,
};
const present = settingsOf(tokenLike());
const changed = (fields: ParsedFields, other: Partial<SettingsContext> = {}, before = present) =>
  settingsAfter(before, fields, { ...context, ...other });
const { plan } = context.stack;
const withoutLimits = { stack: { ...context.stack, plan: { ...plan, manage_rate_limits: false } } };
const on = (...branches: string[]): Entry => ({ module: 'branch', branches, acl: { read: true } });
const via = (...branch_aliases: string[]): Entry => ({
  module: 'branch_alias',
  branch_aliases,
  acl: { read: true },
});
const names = (count: number) => Array.from({ length: count }, (_, index) => `b${index}`);

describe('settings after a change', () => {
  it('are as before where nothing is given', () => {
    expect(changed({})).toEqual({ settings: present, errors: {} });
  });

  it('take what is given and keep the rest', () => {
    expect(changed({ name: 'new', is_email_notification_enabled: true }).settings).toEqual({
      ...present,
      name: 'new',
      is_email_notification_enabled: true,
    });
  });
});

describe('an expiry', () => {
  const at = (ms: number) => {
    const instant = new Date(now.getTime() + ms).toISOString();
    return { expires_on: instant, expires_at: instant };
  };

  it('in the future makes a token live', () => {
    expect(changed({ expires_on: at(1) })).toEqual({
      settings: { ...present, ...at(1) },
      state: 'live',
      errors: {},
    });
  });

  it.for([0, -1, -86_400_000])('%i ms from now is refused', (ms) => {
    expect(changed({ expires_on: at(ms) }).errors).toEqual({
      expires_on: ['must be in the future. To stop a token at once, edit it with "now".'],
    });
  });

  it('is echoed as it was given', () => {
    const given = { expires_on: '2030-12-10', expires_at: '2030-12-10T00:00:00.000Z' };
    expect(changed({ expires_on: given }).settings).toMatchObject(given);
  });

  it('of null means never, and clears the stop', () => {
    const before = { ...present, ...at(-1) };
    expect(changed({ expires_on: null }, {}, before)).toEqual({
      settings: present,
      state: 'live',
      errors: {},
    });
  });

  it('of "now" stops the token at this instant, and is echoed as the instant', () => {
    expect(changed({ expires_on: 'now' })).toEqual({
      settings: { ...present, ...at(0) },
      state: 'stopped',
      errors: {},
    });
  });
});

describe('a scope', () => {
  const scopeErrors = (scope: Entry[], other: Partial<SettingsContext> = {}) => changed({ scope }, other).errors;
  const entry: Entry = { module: 'entry', acl: { read: true } };

  it.for<[string, Entry[]]>([
    ['a branch that exists', [entry, on('main')]],
    ['an alias that exists', [entry, via('deploy')]],
    ['both', [entry, on('main'), via('deploy')]],
    ['all branches', [entry, on('$all')]],
  ])('can name %s', ([, scope]) => {
    expect(scopeErrors(scope)).toEqual({});
  });

  it('names branches and aliases that exist', () => {
    expect(scopeErrors([entry, on('main', 'gone'), via('lost', 'deploy')])).toEqual({
      scope: ['names the branch gone, which does not exist.', 'names the alias lost, which does not exist.'],
    });
  });

  it.for<[string, Entry[]]>([
    ['none', [entry]],
    ['an empty list of aliases', [entry, via()]],
  ])('names a branch or alias: %s is too few', ([, scope]) => {
    expect(scopeErrors(scope)).toEqual({ 'scope.branch_or_alias': ['is a required field'] });
  });

  it('needs no branch where the stack has none', () => {
    expect(scopeErrors([entry], { stack: { ...context.stack, settings: { branches: false } } })).toEqual({});
  });

  it('names at most 45 branches and aliases, and more are not even looked up', () => {
    const [some, more] = [
      [on(...names(30)), via(...names(15))],
      [on(...names(30)), via(...names(16))],
    ];
    expect(scopeErrors(some, { branches: names(30), aliases: names(15) })).toEqual({});
    expect(namesToRead(some)).toEqual({ branches: names(30), aliases: names(15) });
    expect(scopeErrors(more)).toEqual({ scope: ['can name at most 45 branches and aliases.'] });
    expect(namesToRead(more)).toEqual({ branches: [], aliases: [] });
  });

  it('of all branches is nothing to look up', () => {
    expect(namesToRead([on('$all', 'main')])).toEqual({ branches: ['main'], aliases: [] });
    expect(namesToRead()).toEqual({ branches: [], aliases: [] });
  });

  it('that is not given is not judged again', () => {
    expect(changed({ name: 'new' }, { branches: [], aliases: [] }).errors).toEqual({});
  });
});

describe('rate limits', () => {
  const limits = { read: 10, write: 8 };
  const limited = { ...present, rate_limit_enabled: true, rate_limits: { read: 500, write: 500 } };

  it('switch themselves on, and off with null', () => {
    expect(changed({ rate_limits: limits })).toEqual({
      settings: { ...present, rate_limit_enabled: true, rate_limits: limits },
      errors: {},
    });
    expect(changed({ rate_limits: null }, {}, limited).settings).toMatchObject({
      rate_limit_enabled: false,
      rate_limits: null,
    });
  });

  it('are dropped when they are switched off', () => {
    const off = { rate_limit_enabled: false, rate_limits: null };
    expect(changed({ rate_limit_enabled: false }, {}, limited)).toMatchObject({ settings: off, errors: {} });
    expect(changed({ rate_limit_enabled: false, rate_limits: limits })).toMatchObject({ settings: off, errors: {} });
  });

  it('are needed where they are switched on', () => {
    const message = { rate_limits: ['is a required field when rate_limit_enabled is true.'] };
    expect(changed({ rate_limit_enabled: true }).errors).toEqual(message);
    expect(changed({ rate_limit_enabled: true, rate_limits: null }).errors).toEqual(message);
  });

  it("go up to the organization's", () => {
    expect(changed({ rate_limits: { read: 11, write: 9 } }).errors).toEqual({
      'rate_limits.read': ["can be at most 10, the organization's limit."],
      'rate_limits.write': ["can be at most 8, the organization's limit."],
    });
  });

  it('are part of a plan, and the refusal says whom to ask', () => {
    const message = { rate_limits: ["is not part of this stack's plan. Contact support@example.test."] };
    expect(changed({ rate_limits: limits }, withoutLimits).errors).toEqual(message);
    expect(changed({ rate_limit_enabled: true }, withoutLimits).errors).toEqual(message);
  });

  it('can be switched off, and left alone, on any plan', () => {
    expect(changed({ rate_limit_enabled: false }, withoutLimits, limited).errors).toEqual({});
    expect(changed({ rate_limits: null }, withoutLimits, limited).errors).toEqual({});
    expect(changed({ name: 'new' }, withoutLimits, limited)).toEqual({
      settings: { ...limited, name: 'new' },
      errors: {},
    });
  });
});
