import type { FieldChange } from '../stacks/audit-entry.ts';
import { fieldChanges } from '../stacks/field-changes.ts';
import type { TokenSettings } from './token.ts';

/** The settings of a token, without the rest of it. */
export function settingsOf(token: TokenSettings): TokenSettings {
  const {
    name,
    description,
    scope,
    expires_on,
    expires_at,
    is_email_notification_enabled,
    rate_limit_enabled,
    rate_limits,
  } = token;
  return {
    name,
    description,
    scope,
    expires_on,
    expires_at,
    is_email_notification_enabled,
    rate_limit_enabled,
    rate_limits,
  };
}

/** The settings that differ, each with what it was and what it became. */
export function changesBetween(before: TokenSettings, after: TokenSettings): FieldChange[] {
  return fieldChanges(settingsOf(before), settingsOf(after));
}
