import * as z from 'zod/mini';
import { storedEnum } from '../values/open-enum.ts';
import type { Stored } from '../values/shape.ts';

/**
 * Every setting of a stack about its tokens' expiry, once: its item (aws/stack-items.ts) and its type follow from this. All of them are
 * shown, edited and audited. What people may send, and so the API's document, is in setting-rules.ts.
 */
export const StoredHygiene = z.object({
  /** Days before expiry at which people are warned, most days first. The expiry itself is always told. */
  warn_days: z.array(z.number()),
  /** Who is mailed of the stack's people. A token's flag adds who made it. */
  mail_to: z.array(storedEnum<'owner' | 'admins'>()),
  /** Of which tokens those are mailed: all, or those with `is_email_notification_enabled`. */
  mail_about: storedEnum<'all' | 'flagged'>(),
  /** The hour at which mails are sent, 0 to 23, in the time zone (IANA name). */
  send_hour: z.number(),
  time_zone: z.string(),
  /** Days after expiry, or null for never. */
  cleanup_after_days: z.nullable(z.number()),
  /** In any 24 hours. */
  max_cleanup_per_day: z.number(),
});

/** What a stack wants done about its tokens' expiry. */
export interface HygieneSettings extends Stored<typeof StoredHygiene> {}

export const defaultHygiene: HygieneSettings = {
  warn_days: [30, 7, 1],
  mail_to: ['owner', 'admins'],
  mail_about: 'all',
  send_hour: 8,
  time_zone: 'UTC',
  cleanup_after_days: 30,
  max_cleanup_per_day: 10,
};
