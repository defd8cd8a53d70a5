import type { NextAction, Token } from '../tokens/token.ts';

/** What a stack wants done about its tokens' expiry. */
export interface HygieneSettings {
  /** Days before expiry at which people are warned, most days first. The expiry itself is always told. */
  readonly warn_days: readonly number[];
  /** Days after expiry, or null for never. */
  readonly cleanup_after_days: number | null;
}

export const defaultHygiene: HygieneSettings = { warn_days: [30, 7, 1], cleanup_after_days: 30 };

const day = 86_400_000;

/**
 * What is to be done next about a token, strictly after `now`, or null: for a token that never expires, that is deleted, or about
 * which everything has been done. What is already past when an expiry is set is skipped.
 */
export function nextAction(
  token: Pick<Token, 'state' | 'expires_at'>,
  settings: HygieneSettings,
  now: Date,
): NextAction | null {
  if (token.expires_at === null || token.state === 'deleted') return null;
  const expiry = Date.parse(token.expires_at);
  const actions: { action: NextAction['action']; at: number }[] = [
    ...[...settings.warn_days]
      .sort((a, b) => b - a)
      .map((days) => ({ action: `warn#${days}` as const, at: expiry - days * day })),
    { action: 'expire', at: expiry },
    ...(settings.cleanup_after_days === null
      ? []
      : [{ action: 'clean_up' as const, at: expiry + settings.cleanup_after_days * day }]),
  ];
  const next = actions.find(({ at }) => at > now.getTime());
  return next ? { action: next.action, at: new Date(next.at).toISOString() } : null;
}
