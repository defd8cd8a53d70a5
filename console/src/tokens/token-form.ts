import type { Token, TokenFields } from '../api/tokens.ts';
import { accessesIn, everyBranch, placesIn } from './scope-words.ts';

/** What a module may be used for. */
export interface Access {
  readonly module: string;
  readonly read: boolean;
  readonly write: boolean;
}

/** The settings of a token as the form has them. */
export interface TokenForm {
  readonly name: string;
  readonly description: string;
  readonly accesses: readonly Access[];
  readonly allBranches: boolean;
  /** What is chosen while it is not all of them. */
  readonly branches: readonly string[];
  readonly aliases: readonly string[];
  /** As it is kept: a date, an instant, or null for never. */
  readonly expiresOn: string | null;
  readonly isNotified: boolean;
  readonly limits: { readonly read: number; readonly write: number } | null;
}

export const newToken: TokenForm = {
  name: '',
  description: '',
  accesses: [{ module: '$all', read: false, write: false }],
  allBranches: true,
  branches: [],
  aliases: [],
  expiresOn: null,
  isNotified: false,
  limits: null,
};

export function formOf(token: Token): TokenForm {
  const { branches, aliases } = placesIn(token.scope);
  return {
    name: token.name,
    description: token.description,
    accesses: accessesIn(token.scope).map(({ module, acl }) => ({
      module,
      read: acl.read === true,
      write: acl.write === true,
    })),
    allBranches: branches.includes(everyBranch),
    branches: branches.filter((branch) => branch !== everyBranch),
    aliases,
    expiresOn: token.expires_on,
    isNotified: token.is_email_notification_enabled,
    limits: token.rate_limits,
  };
}

/** What each part of the form is on the wire. */
const wire: { readonly [Part in keyof TokenForm]: (form: TokenForm) => TokenFields } = {
  name: ({ name }) => ({ name }),
  description: ({ description }) => ({ description }),
  accesses: (form) => ({ scope: scopeOf(form) }),
  allBranches: (form) => ({ scope: scopeOf(form) }),
  branches: (form) => ({ scope: scopeOf(form) }),
  aliases: (form) => ({ scope: scopeOf(form) }),
  expiresOn: ({ expiresOn }) => ({ expires_on: expiresOn }),
  isNotified: ({ isNotified }) => ({ is_email_notification_enabled: isNotified }),
  limits: ({ limits }) => ({ rate_limit_enabled: limits !== null, rate_limits: limits }),
};

export type Part = keyof TokenForm;
const parts = Object.keys(wire) as readonly Part[];

const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

export function changedParts(before: TokenForm, after: TokenForm): readonly Part[] {
  return parts.filter((part) => !isSame(before[part], after[part]));
}

/** The fields that a form sends: all of a new token's, of another only what was changed. */
export function fieldsOf(after: TokenForm, before?: TokenForm): TokenFields {
  const sent = before ? changedParts(before, after) : parts;
  return Object.assign({}, ...sent.map((part) => wire[part](after)));
}

/** What was typed, over what somebody else has saved meanwhile. */
export function rebased(form: TokenForm, from: TokenForm, to: TokenForm): TokenForm {
  const mine = changedParts(from, form).map((part) => [part, form[part]]);
  return { ...to, ...Object.fromEntries(mine) };
}

function scopeOf({ accesses, allBranches, branches, aliases }: TokenForm): Token['scope'] {
  const named = allBranches ? [everyBranch] : [...branches];
  return [
    ...accesses.map(({ module, read, write }) => ({ module, acl: { read, ...(write ? { write } : {}) } })),
    ...(named.length > 0 ? [{ module: 'branch', branches: named, acl: { read: true } }] : []),
    ...(aliases.length > 0 && !allBranches
      ? [{ module: 'branch_alias', branch_aliases: [...aliases], acl: { read: true } }]
      : []),
  ];
}

/** What cannot be sent as it is, by field; the rest is for the API to judge. */
export function mistakesIn(form: TokenForm): Readonly<Record<string, readonly string[]>> {
  return {
    ...(form.name === '' ? { name: ['Please enter a name'] } : {}),
    ...(form.accesses.some(({ read, write }) => read || write)
      ? {}
      : { permissions: ['Choose Read, or Read and Write.'] }),
    ...(form.allBranches || form.branches.length + form.aliases.length > 0
      ? {}
      : { 'scope.branch_or_alias': ['Choose at least one branch or alias.'] }),
  };
}

/** The instant that an expiry means: a date is 00:00:00 UTC of it. */
export function instantOf(expiresOn: string | null): string | null {
  return expiresOn === null ? null : new Date(expiresOn).toISOString();
}
