import { dayMs } from '../values/duration.ts';
import type { OpenEnum } from '../values/open-enum.ts';
import type { HygieneSettings } from './settings.ts';

/** What is to be done next about a token that expires, and when. */
export interface NextAction {
  /** `warn#7` warns a week before, `expire` tells of the expiry, `clean_up` deletes. */
  readonly action: OpenEnum<`warn#${number}` | 'expire' | 'clean_up'>;
  /** ISO 8601 instant, UTC. */
  readonly at: string;
}

/** What of a token its schedule depends on. */
interface Expiring {
  readonly state: string;
  /** ISO 8601 instant, UTC; null for never. */
  readonly expires_at: string | null;
}

/** A token with what is to be done next about it. */
export interface Scheduled extends Expiring {
  readonly uid: string;
  readonly next: NextAction | null;
}

type Armed = HygieneSettings | Pick<HygieneSettings, 'warn_days' | 'cleanup_after_days'>;

/** Something to be done about a token, and when: milliseconds since the epoch. */
export interface ScheduledAction {
  readonly action: NextAction['action'];
  readonly at: number;
  /** The token's expiry. ISO 8601 instant, UTC. */
  readonly expires_at: string;
}

/** All that is to be done about a token, the earliest first. Nothing for one that never expires, or that is deleted. */
export function scheduleOf(token: Expiring, settings: Armed): readonly ScheduledAction[] {
  const { expires_at } = token;
  if (expires_at === null || token.state === 'deleted') return [];
  const expiry = Date.parse(expires_at);
  const warnings = [...settings.warn_days]
    .sort((a, b) => b - a)
    .map((days) => ({ action: `warn#${days}` as const, at: expiry - days * dayMs, expires_at }));
  const { cleanup_after_days: days } = settings;
  return [
    ...warnings,
    { action: 'expire', at: expiry, expires_at },
    ...(days === null ? [] : [{ action: 'clean_up' as const, at: expiry + days * dayMs, expires_at }]),
  ];
}

/**
 * What is to be done next about a token, strictly after an instant, or null: for a token that never expires, that is deleted, or about
 * which everything has been done. What is already past when an expiry is set is skipped.
 */
export function nextAction(token: Expiring, settings: Armed, after: Date): NextAction | null {
  const next = scheduleOf(token, settings).find(({ at }) => at > after.getTime());
  return next ? { action: next.action, at: new Date(next.at).toISOString() } : null;
}

/**
 * What is to be done next once a stack's settings have changed. What should have been done already and was not (the system was down,
 * it failed, it was held back) is not lost by it; what has been told, or was past before, does not come again.
 */
export function rearmed(
  token: Expiring & Pick<Scheduled, 'next'>,
  { before, after, now }: { before: HygieneSettings; after: HygieneSettings; now: Date },
): NextAction | null {
  const pending = scheduleOf(token, before).find(({ action }) => action === token.next?.action);
  const since = pending && pending.at <= now.getTime() ? new Date(pending.at - 1) : now;
  const next = isSuddenlyOver(token, { before, after, now })
    ? laterCleanUp(token, after, now)
    : (nextAction(token, after, since) ?? laterCleanUp(token, after, now));
  const waits = token.next?.action === 'clean_up' && Date.parse(token.next.at) > now.getTime();
  // What waits for clean-up goes on waiting: it was held back, or its day to think again is not over.
  return waits && next?.action === 'clean_up' && Date.parse(next.at) <= now.getTime() ? token.next : next;
}

/** Whether it is the change of settings that makes the clean-up lie in the past. What was missed before it would only be told by deleting. */
function isSuddenlyOver(
  token: Expiring,
  { before, after, now }: { before: HygieneSettings; after: HygieneSettings; now: Date },
): boolean {
  const isOver = (settings: Armed) =>
    scheduleOf(token, settings).some(({ action, at }) => action === 'clean_up' && at <= now.getTime());
  return isOver(after) && !isOver(before);
}

/** A token whose clean-up comes to lie in the past is not deleted by surprise, and not forgotten: a day is left to think again. */
function laterCleanUp(token: Expiring, settings: Armed, now: Date): NextAction | null {
  const last = scheduleOf(token, settings).at(-1);
  return last?.action === 'clean_up' ? { action: 'clean_up', at: new Date(now.getTime() + dayMs).toISOString() } : null;
}
