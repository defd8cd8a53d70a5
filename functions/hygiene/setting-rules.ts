import * as z from 'zod/mini';
import { isSameData } from '../values/canonical-json.ts';
import { errorsOf } from '../values/field-errors.ts';
import { openEnum } from '../values/open-enum.ts';
import { type FieldErrors, invalid } from '../values/refusals.ts';
import type { HygieneSettings } from './settings.ts';

/** The settings' name in a body; what is wrong with none of them in particular is said of this. */
const envelope = 'token_hygiene';

const wholeNumber = (least: number, most: number) =>
  z.int(`must be a whole number from ${least} to ${most}.`).check(z.minimum(least), z.maximum(most));
const recipients = ['owner', 'admins'] as const;
const subjects = ['all', 'flagged'] as const;
const isUnique = (values: readonly unknown[]) => new Set(values).size === values.length;

/** The settings that callers may change, each with its rules. */
const schemas = {
  warn_days: z.pipe(
    z
      .array(wholeNumber(1, 365), 'must be a list of whole numbers of days.')
      .check(z.maxLength(10, 'can have at most 10 entries.'), z.refine(isUnique, 'cannot name a number twice.')),
    z.transform((days) => days.sort((a, b) => b - a)),
  ),
  mail_to: z.pipe(
    z
      .array(z.enum(recipients, 'must be "owner" or "admins".'), 'must be a list of "owner" and "admins".')
      .check(z.refine(isUnique, 'cannot name anybody twice.')),
    // In whatever order they are named: it is the same setting.
    z.transform((named) => recipients.filter((one) => named.includes(one))),
  ),
  mail_about: z.enum(subjects, 'must be "all" or "flagged".'),
  send_hour: wholeNumber(0, 23),
  time_zone: z
    .string('must be the name of a time zone, such as Europe/Berlin.')
    .check(z.refine(isTimeZone, 'must be the name of a time zone, such as Europe/Berlin.')),
  cleanup_after_days: z.nullable(wholeNumber(1, 3650)),
  max_cleanup_per_day: wholeNumber(1, 45),
} as const satisfies Record<keyof HygieneSettings, z.ZodMiniType>;

/** The settings as callers give them. */
export const HygieneSettingsSchema = z.object(schemas);

/** The settings as they are shown: a newer version may have stored more than callers may give here. */
export const ShownHygieneSchema = z.extend(HygieneSettingsSchema, {
  mail_to: z.array(openEnum(recipients)),
  mail_about: openEnum(subjects),
});

/**
 * The settings after a change: what is not given stays. An unknown one is refused: who misspells a setting has to hear of it.
 * @param fields the `token_hygiene` object of the body, unchecked; null where the body has none
 * @throws {Refusal} `invalid`
 */
export function changedHygiene(
  before: HygieneSettings,
  fields: Readonly<Record<string, unknown>> | null,
): HygieneSettings {
  if (!fields) throw invalid({ [envelope]: ['is a required field'] });
  const errors = unknownSettings(Object.keys(fields).filter((name) => !Object.hasOwn(schemas, name)));
  // A value of a newer version comes back with the others, from whoever sends all settings.
  const isKept = (name: string, value: unknown) =>
    (name === 'mail_to' || name === 'mail_about') && isSameData(value, before[name]);
  const given = Object.entries(fields).filter(([name, value]) => !isKept(name, value));
  const parsed = z.partial(HygieneSettingsSchema).safeParse(Object.fromEntries(given));
  if (!parsed.success) throw invalid({ ...errors, ...errorsOf(envelope, parsed.error.issues) });
  if (Object.keys(errors).length > 0) throw invalid(errors);
  return Object.assign({ ...before }, parsed.data);
}

const mostNamed = 10;

/** By their names, where those are names: not whatever somebody sends is sent back. */
function unknownSettings(names: readonly string[]): FieldErrors {
  const known = Object.keys(schemas).join(', ');
  if (names.length === 0) return {};
  const named = names.map((name) => (/^\w{1,40}$/.test(name) ? name : '…')).slice(0, mostNamed);
  return { [envelope]: [`has no setting ${named.join(', ')}. Settings are ${known}.`] };
}

/** An IANA name, and no offset: it has to hold for summer and winter. ECMA-402, 6.5 */
function isTimeZone(name: string): boolean {
  return /[A-Za-z]/.test(name) && !isRefusedAsZone(name);
}

/** Whether the runtime knows no such zone: it has no other way to ask. */
function isRefusedAsZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return false;
  } catch {
    return true;
  }
}
