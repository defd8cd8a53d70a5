import { describe, expect, it } from 'vitest';
import { decide, inOrder } from '../../functions/hygiene/decide.ts';
import type { NextAction } from '../../functions/hygiene/schedule.ts';
import { rearmed, scheduleOf } from '../../functions/hygiene/schedule.ts';
import { defaultHygiene } from '../../functions/hygiene/settings.ts';

import { tokenLike } from '../tokens/token-like.ts';

const now = new Date('2026-03-01T08:00:00.000Z');
const [hour, day] = [3_600_000, 86_400_000];
const inMs = (ms: number) => new Date(now.getTime() + ms).toISOString();
const action = (what: NextAction['action'], ms: number): NextAction => ({ action: what, at: inMs(ms) });
const settings = defaultHygiene;

describe('a decision', () => {
  it('about an action that no schedule has is that there is nothing to do', () => {
    const token = tokenLike({ expires_at: inMs(-40 * day), next: action('warn#3', -day) });
    expect(decide(token, { settings, cleaned: [] }, now)).toEqual({ does: 'nothing', next: token.next });
  });

  it('about an action that has moved into the future tells of nothing before it', () => {
    const token = tokenLike({ expires_at: inMs(2 * day), next: action('expire', -hour) });
    expect(decide(token, { settings, cleaned: [] }, now)).toEqual({ does: 'nothing', next: token.next });
  });

  it('holds a clean-up back until the first of those that count is a day ago, in whatever order they are known', () => {
    const token = tokenLike({ expires_at: inMs(-30 * day), next: action('clean_up', 0) });
    const cleaned = [inMs(-1 * hour), inMs(-20 * hour), inMs(-25 * hour), inMs(-10 * hour)];
    const limited = { ...settings, max_cleanup_per_day: 3 };
    const held = { does: 'hold_back', expires_at: token.expires_at, until: inMs(4 * hour) };
    expect(decide(token, { settings: limited, cleaned }, now)).toEqual(held);
    const [, , ...fewer] = cleaned;
    expect(decide(token, { settings: limited, cleaned: fewer }, now)).toEqual({ does: 'clean_up' });
  });

  it('is made first about what has been due the longest, then by uid', () => {
    const tokens = [
      tokenLike({ uid: 'c', next: action('expire', -1) }),
      tokenLike({ uid: 'b', next: action('expire', -2) }),
      tokenLike({ uid: 'a', next: action('expire', -1) }),
      tokenLike({ uid: 'd', next: null }),
    ].map((token) => ({ token }));
    expect(inOrder(tokens).map(({ token }) => token.uid)).toEqual(['d', 'b', 'a', 'c']);
  });
});

describe('a schedule', () => {
  it('is all that is to be done, and nothing else', () => {
    const token = { state: 'live', expires_at: inMs(0) };
    const { expires_at } = token;
    expect(scheduleOf(token, { warn_days: [1], cleanup_after_days: 2 })).toEqual([
      { action: 'warn#1', at: now.getTime() - day, expires_at },
      { action: 'expire', at: now.getTime(), expires_at },
      { action: 'clean_up', at: now.getTime() + 2 * day, expires_at },
    ]);
    expect(scheduleOf(token, { warn_days: [], cleanup_after_days: null })).toEqual([
      { action: 'expire', at: now.getTime(), expires_at },
    ]);
  });

  it.for([
    { state: 'live', expires_at: null },
    { state: 'deleted', expires_at: inMs(0) },
  ] as const)('of %j is empty', (token) => {
    expect(scheduleOf(token, settings)).toEqual([]);
  });
});

describe('new settings', () => {
  const rearm = (expires: number | null, next: NextAction | null, days: number) =>
    rearmed(
      { state: 'live', expires_at: expires === null ? null : inMs(expires), next },
      { before: settings, after: { ...settings, cleanup_after_days: days }, now },
    );

  it('leave what is due at this very instant due', () => {
    expect(rearm(7 * day, action('warn#7', 0), 30)).toEqual(action('warn#7', 0));
  });

  it('find nothing to do about what never expires', () => {
    expect(rearm(null, null, 30)).toBeNull();
  });

  it('move a clean-up that is overdue, and leave it overdue', () => {
    expect(rearm(-40 * day, action('clean_up', -10 * day), 32)).toEqual(action('clean_up', -8 * day));
    expect(rearm(-40 * day, action('clean_up', 0), 32)).toEqual(action('clean_up', -8 * day));
  });

  it.for([32, 40])('leave a clean-up waiting that was held back, also where it is due after %i days', (days) => {
    expect(rearm(-40 * day, action('clean_up', 5 * hour), days)).toEqual(action('clean_up', 5 * hour));
  });

  it('give a day to think again where the clean-up comes to lie in the past', () => {
    expect(rearm(-20 * day, action('clean_up', 10 * day), 10)).toEqual(action('clean_up', day));
  });

  it.for([10, 20])('give it also where the expiry of 20 days ago was not told of: clean-up after %i days', (days) => {
    expect(rearm(-20 * day, action('expire', -20 * day), days)).toEqual(action('clean_up', day));
  });

  it('leave the expiry to be told of where the clean-up still lies ahead', () => {
    expect(rearm(-20 * day, action('expire', -20 * day), 21)).toEqual(action('expire', -20 * day));
  });
});
