import type { FieldChange } from '../stacks/audit-entry.ts';
import { fieldChanges } from '../stacks/field-changes.ts';
import { namesOf } from '../values/shape.ts';
import { type TokenSettings, tokenFields } from './token.ts';

const settings = namesOf(tokenFields, 'audited');

/** The settings of a token, without the rest of it. */
export function settingsOf(token: TokenSettings): TokenSettings {
  return Object.fromEntries(settings.map((name) => [name, token[name]])) as unknown as TokenSettings;
}

/** The settings that differ, each with what it was and what it became. */
export function changesBetween(before: TokenSettings, after: TokenSettings): FieldChange[] {
  return fieldChanges(settingsOf(before), settingsOf(after));
}
