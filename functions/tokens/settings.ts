import type { Stack } from '../stacks/stack.ts';
import { FieldErrorList } from '../values/field-errors.ts';
import type { FieldErrors } from '../values/refusals.ts';
import { allBranches, namesIn, type ScopeEntry } from '../values/scope.ts';
import type { RateLimits, TokenSettings, TokenState } from './token.ts';
import type { ParsedFields } from './token-fields.ts';

/** What the rules of settings look at beside the settings themselves. */
export interface SettingsContext {
  readonly stack: Stack;
  /** Of the branches and aliases that the scope names, those that exist. */
  readonly branches: readonly string[];
  readonly aliases: readonly string[];
  readonly organization: { readonly limits: RateLimits; readonly supportContact: string };
  readonly now: Date;
}

/** Settings after a change, and the rules that they break. */
export interface SettingsAfter {
  readonly settings: TokenSettings;
  /** The state that goes with a given expiry; undefined where none was given. */
  readonly state: TokenState | undefined;
  readonly errors: FieldErrors;
}

/**
 * Applies fields that were given to settings as they are. Only what is given is judged: what stays may be what today's rules would
 * not allow.
 */
export function settingsAfter(before: TokenSettings, fields: ParsedFields, context: SettingsContext): SettingsAfter {
  const errors = new FieldErrorList();
  const { expires_on: expiry, rate_limit_enabled: enabled, rate_limits: limits, ...plain } = fields;
  if (fields.scope) checkScope(fields.scope, context, errors);
  const { state, ...instants }: Partial<ExpiryAfter> =
    expiry === undefined ? {} : expiryAfter(expiry, context.now, errors);
  const rate =
    enabled === undefined && limits === undefined ? {} : rateAfter(before, { enabled, limits }, { context, errors });
  return { settings: { ...before, ...plain, ...instants, ...rate }, state, errors: errors.all };
}

/** One strong batch read must hold all branches and aliases that a scope names. */
const mostNames = 45;

/** The branches and aliases that are to be looked up for a scope: none where it names too many, which is an error of its own. */
export function namesToRead(scope?: readonly ScopeEntry[]): {
  branches: readonly string[];
  aliases: readonly string[];
} {
  const none = { branches: [], aliases: [] };
  const { branches, aliases } = scope ? namesIn(scope) : none;
  return branches.length + aliases.length > mostNames
    ? none
    : { branches: branches.filter((name) => name !== allBranches), aliases };
}

type ExpiryAfter = { state: TokenState } & Partial<Pick<TokenSettings, 'expires_on' | 'expires_at'>>;

function expiryAfter(
  expiry: Exclude<ParsedFields['expires_on'], undefined>,
  now: Date,
  errors: FieldErrorList,
): ExpiryAfter {
  if (expiry === null) return { state: 'live', expires_on: null, expires_at: null };
  // Stopped and not only expired: that holds whatever another instance's clock says.
  if (expiry === 'now') return { state: 'stopped', expires_on: now.toISOString(), expires_at: now.toISOString() };
  if (Date.parse(expiry.expires_at) <= now.getTime()) {
    errors.add('expires_on', 'must be in the future. To stop a token at once, edit it with "now".');
  }
  return { state: 'live', ...expiry };
}

function checkScope(
  scope: readonly ScopeEntry[],
  { stack, branches, aliases }: SettingsContext,
  errors: FieldErrorList,
): void {
  const named = namesIn(scope);
  if (named.branches.length + named.aliases.length > mostNames) {
    errors.add('scope', `can name at most ${mostNames} branches and aliases.`);
    return;
  }
  for (const name of named.branches.filter((branch) => branch !== allBranches && !branches.includes(branch))) {
    errors.add('scope', `names the branch ${name}, which does not exist.`);
  }
  for (const name of named.aliases.filter((alias) => !aliases.includes(alias))) {
    errors.add('scope', `names the alias ${name}, which does not exist.`);
  }
  if (stack.settings.branches && named.branches.length + named.aliases.length === 0) {
    errors.add('scope.branch_or_alias', 'is a required field');
  }
}

type RateFields = Pick<TokenSettings, 'rate_limit_enabled' | 'rate_limits'>;

function rateAfter(
  before: RateFields,
  given: { enabled: boolean | undefined; limits: RateLimits | null | undefined },
  { context, errors }: { context: SettingsContext; errors: FieldErrorList },
): RateFields {
  const limits = given.limits === undefined ? before.rate_limits : given.limits;
  const enabled = given.enabled ?? limits !== null;
  if (!enabled) return { rate_limit_enabled: false, rate_limits: null };
  const { limits: most, supportContact } = context.organization;
  if (!context.stack.plan.manage_rate_limits) {
    errors.add('rate_limits', `is not part of this stack's plan. Contact ${supportContact}.`);
  } else if (limits === null) {
    errors.add('rate_limits', 'is a required field when rate_limit_enabled is true.');
  } else {
    if (limits.read > most.read)
      errors.add('rate_limits.read', `can be at most ${most.read}, the organization's limit.`);
    if (limits.write > most.write)
      errors.add('rate_limits.write', `can be at most ${most.write}, the organization's limit.`);
  }
  return { rate_limit_enabled: true, rate_limits: limits };
}
