import * as z from 'zod/mini';
import { holdsValue } from './token-value.ts';

export const required = 'is a required field';
/** The message for a required field: `required` where it is absent, and `problem` where it has another type. */
export const requiredOr = (problem: string) => ({
  error: ({ input }: { readonly input?: unknown }): string => (input === undefined ? required : problem),
});
/** A value is shown once, and kept nowhere: also not where its holder writes it. */
export const valueInText = 'cannot hold the value of a token or session.';

/** What no text in one line may have: controls, line and paragraph separators (U+2028, U+2029), lone surrogates. */
export const notInOneLine = /[\p{Cc}\p{Zl}\p{Zp}\p{Surrogate}]/u;
/** Code points that would make a name look like another: bidi overrides, isolates and marks. */
const changesDirection = /[\u202A-\u202E\u2066-\u2069\u200E\u200F\u061C]/u;
/** What a reader cannot see: white space, zero-width and other default-ignorable code points. */
const invisible = /^[\s\p{Z}\p{Default_Ignorable_Code_Point}\u2800]*$/u;

/** Text in NFC of at most `max` code points. */
export const text = (max: number, message = required) =>
  z.string(message).check(
    z.overwrite((value) => value.normalize('NFC')),
    z.refine((value) => [...value].length <= max, `can be at most ${max} characters long.`),
    z.refine((value) => !holdsValue(value), valueInText),
  );

const nameWithout = (forbidden: RegExp) =>
  text(50).check(
    z.refine((name) => !invisible.test(name), required),
    z.refine(
      (name) => !forbidden.test(name) && !changesDirection.test(name),
      'cannot have control characters, text-direction overrides or unpaired surrogates.',
    ),
  );

/** A token's name: 1 to 50 code points after NFC, visible, in one line, kept as given. */
export const NameSchema = nameWithout(notInOneLine);

/** A name as it may be stored: line and paragraph separators were taken once. Only to find a token by the name that it has. */
export const StoredNameSchema = nameWithout(/[\p{Cc}\p{Surrogate}]/u);

/** Names of branches and aliases: what can be a key and a word of an OAuth scope. */
export const BranchNameSchema = z
  .string(requiredOr('must be text.'))
  .check(
    z.regex(
      /^(\$all|[A-Za-z0-9][A-Za-z0-9_-]{0,63})$/,
      'must be the name of a branch or alias: letters, digits, _ and -, 64 at most.',
    ),
  );
