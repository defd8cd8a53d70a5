import * as z from 'zod/mini';
import { isSameData } from '../values/canonical-json.ts';
import { FieldErrorList } from '../values/field-errors.ts';
import { BranchNameSchema, NameSchema, required, requiredOr, text } from '../values/names.ts';
import type { FieldErrors } from '../values/refusals.ts';
import { knownModules } from '../values/scope.ts';
import type { NameOf } from '../values/shape.ts';
import { parseExpiry } from './expiry.ts';
import type { TokenSettings, tokenFields } from './token.ts';

const DescriptionSchema = z.pipe(
  z.transform((value) => value ?? ''),
  text(1000, 'must be text.').check(z.refine((value) => value.isWellFormed(), 'cannot have unpaired surrogates.')),
);

const access = z.optional(
  z.union(
    [
      z.boolean(),
      z.pipe(
        z.enum(['true', 'false']),
        z.transform((value) => value === 'true'),
      ),
    ],
    'must be true or false.',
  ),
);

const branchNames = z.optional(
  z.array(BranchNameSchema, 'must be a list of names.').check(z.maxLength(45, 'can hold at most 45 names.')),
);

const ScopeEntrySchema = z.pipe(
  z
    .object(
      {
        module: z.enum(knownModules, requiredOr(`must be one of ${knownModules.join(', ')}.`)),
        acl: z.optional(z.object({ read: access, write: access }, 'must be an object with read and write.')),
        branches: branchNames,
        branch_aliases: branchNames,
      },
      'must be an object with module and acl.',
    )
    .check(
      z.refine(({ module, acl }) => module.startsWith('branch') || acl?.read || acl?.write, {
        error: 'must allow read or write.',
        path: ['acl'],
      }),
      z.refine(({ module, branches }) => (module === 'branch' ? !!branches?.length : !branches?.length), {
        error: 'belong to an entry of module branch, which names at least one.',
        path: ['branches'],
      }),
      z.refine(
        ({ module, branch_aliases: aliases }) => (module === 'branch_alias' ? aliases !== undefined : !aliases?.length),
        {
          error: 'belong to an entry of module branch_alias.',
          path: ['branch_aliases'],
        },
      ),
    ),
  z.transform(({ module, acl = { read: true }, branches, branch_aliases }) => ({
    module,
    acl: acl.write
      ? { read: true, write: true }
      : {
          ...(acl.read === undefined ? {} : { read: acl.read }),
          ...(acl.write === undefined ? {} : { write: acl.write }),
        },
    ...(branches?.length ? { branches } : {}),
    ...(branch_aliases ? { branch_aliases } : {}),
  })),
);

const ScopeSchema = z.array(ScopeEntrySchema, required).check(
  z.minLength(1, required),
  z.maxLength(32, 'can have at most 32 entries.'),
  z.refine(
    (scope) => namesOf(scope) <= 100,
    'can hold at most 100 names of branches and aliases, repeated ones counted.',
  ),
);

/** Kept small, because every edit keeps it twice in the audit log. */
function namesOf(scope: readonly { branches?: readonly string[]; branch_aliases?: readonly string[] }[]): number {
  return scope.reduce(
    (sum, { branches = [], branch_aliases = [] }) => sum + branches.length + branch_aliases.length,
    0,
  );
}

const ExpirySchema = z.nullable(
  z.pipe(
    z
      .string('must be a date (YYYY-MM-DD), an ISO 8601 date-time with a zone, or null.')
      .check(
        z.refine(
          (value) => value === 'now' || parseExpiry(value) !== null,
          'must be a date (YYYY-MM-DD) or an ISO 8601 date-time with a zone that exists, or null.',
        ),
      ),
    z.transform((value) => (value === 'now' ? value : parseExpiry(value))),
  ),
);

const limit = z.int('must be a whole number of requests per second.').check(z.minimum(1, 'must be at least 1.'));
const RateLimitsSchema = z.nullable(
  z.object({ read: limit, write: limit }, 'must be an object with read and write, or null.'),
);

const flag = z.boolean('must be true or false.');

/** The fields of a token that callers may set, each with its rules, in the order in which errors are listed. */
export const fieldSchemas = {
  name: NameSchema,
  description: DescriptionSchema,
  scope: ScopeSchema,
  expires_on: ExpirySchema,
  is_email_notification_enabled: flag,
  rate_limit_enabled: flag,
  rate_limits: RateLimitsSchema,
} as const satisfies Record<NameOf<typeof tokenFields, 'edited'>, z.ZodMiniType>;

type FieldName = keyof typeof fieldSchemas;
type ParsedField<F extends FieldName> = z.output<(typeof fieldSchemas)[F]>;

/** Fields that were given and follow the rules which can be told from the field alone. */
export type ParsedFields = { readonly [F in FieldName]?: ParsedField<F> };

export interface FieldsRead {
  readonly fields: ParsedFields;
  readonly errors: FieldErrors;
}

/** Reads the fields of a new token; `name` and `scope` are required. Unknown fields are ignored. */
export function readNewFields(input: Readonly<Record<string, unknown>>): FieldsRead {
  const given = Object.fromEntries(Object.entries({ name: undefined, scope: undefined, ...input }));
  const { fields, errors } = readFields(given);
  return fields.expires_on === 'now'
    ? {
        fields,
        errors: { ...errors, expires_on: ['can be "now" only in an edit. Give a date in the future, or null.'] },
      }
    : { fields, errors };
}

/**
 * Reads the fields of an edit. What equals the present value changes nothing and is not validated again: SDKs send back what they
 * were given, a past expiry among it.
 */
export function readEditedFields(input: Readonly<Record<string, unknown>>, present: TokenSettings): FieldsRead {
  const changed = Object.entries(input).filter(([name, value]) => isField(name) && !isSameData(value, present[name]));
  return readFields(Object.fromEntries(changed));
}

function readFields(input: Readonly<Record<string, unknown>>): FieldsRead {
  const fields: Record<string, unknown> = {};
  const errors = new FieldErrorList();
  for (const name of Object.keys(fieldSchemas).filter((field) => Object.hasOwn(input, field))) {
    const result = fieldSchemas[name as FieldName].safeParse(input[name]);
    if (result.success) fields[name] = result.data;
    else errors.addIssues(name, result.error.issues);
  }
  return { fields: fields as ParsedFields, errors: errors.all };
}

function isField(name: string): name is FieldName {
  return Object.hasOwn(fieldSchemas, name);
}
