import type { NextAction } from '../../functions/hygiene/schedule.ts';
/** What ought to be done about a token, and when: as DESIGN's flows "Warn" and "Clean up" say, and not as the product finds it. */
import type { HygieneSettings } from '../../functions/hygiene/settings.ts';
import type { Token } from '../../functions/tokens/token.ts';

const day = 86_400_000;
/** Nobody wants to be told what is older. */
export const oldestMs = 7 * day;

export interface Due {
  readonly action: NextAction['action'];
  readonly at: number;
}

/** The earliest first. */
export function dueOf(
  { state, expires_at }: Token,
  { warn_days, cleanup_after_days }: HygieneSettings,
): readonly Due[] {
  if (expires_at === null || state === 'deleted') return [];
  const expiry = Date.parse(expires_at);
  const warnings = warn_days.map((days): Due => ({ action: `warn#${days}`, at: expiry - days * day }));
  const cleanUp: Due[] =
    cleanup_after_days === null ? [] : [{ action: 'clean_up', at: expiry + cleanup_after_days * day }];
  return [...warnings, { action: 'expire' as const, at: expiry }, ...cleanUp].sort((a, b) => a.at - b.at);
}

/** What of it is due at an instant and has not been done: from what is armed on. */
export function overdue(token: Token, settings: HygieneSettings, now: number): readonly Due[] {
  if (!token.next || Date.parse(token.next.at) > now) return [];
  const all = dueOf(token, settings);
  const armed = all.findIndex(({ action }) => action === token.next?.action);
  return armed < 0 ? [] : all.slice(armed).filter(({ at }) => at <= now);
}

/** What comes first after an instant. */
export function firstAfter(token: Token, settings: HygieneSettings, after: number): NextAction | null {
  const found = dueOf(token, settings).find(({ at }) => at > after);
  return found ? { action: found.action, at: new Date(found.at).toISOString() } : null;
}

/**
 * What is to be done next when the settings have changed. What is past then is skipped, but what should have been done and was not is
 * still to be done, and all that comes after it. A clean-up that comes to lie in the past waits for a day, also where something before it
 * was missed; and what waits for clean-up, for that or for the limit, waits on.
 */
export function rearmed(
  token: Token,
  { before, after, now }: { before: HygieneSettings; after: HygieneSettings; now: number },
): NextAction | null {
  const pending = dueOf(token, before).find(({ action }) => action === token.next?.action);
  const next = firstAfter(token, after, pending && pending.at <= now ? pending.at - 1 : now);
  const waits = token.next?.action === 'clean_up' && Date.parse(token.next.at) > now;
  const isOver = (settings: HygieneSettings) =>
    dueOf(token, settings).some(({ action, at }) => action === 'clean_up' && at <= now);
  const aDayOn: NextAction = { action: 'clean_up', at: new Date(now + day).toISOString() };
  if (isOver(after) && !isOver(before)) return aDayOn;
  if (next) return waits && next.action === 'clean_up' && Date.parse(next.at) <= now ? token.next : next;
  const isCleanUpWanted = dueOf(token, after).at(-1)?.action === 'clean_up';
  return isCleanUpWanted ? aDayOn : null;
}

export const thresholdOf = (action: NextAction['action']): string =>
  action === 'expire' ? 'expired' : action === 'clean_up' ? 'held_back' : action.slice('warn#'.length);
