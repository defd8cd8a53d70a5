import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextAction } from '../../functions/hygiene/schedule.ts';
import { defaultHygiene } from '../../functions/hygiene/settings.ts';
import { settingsLike } from './settings-like.ts';

const day = 86_400_000;
const expiry = Date.parse('2026-06-30T12:00:00.000Z');
const earlier = (ms: number) => new Date(expiry - ms);
const token = (state: 'live' | 'stopped' | 'deleted' = 'live') => ({
  state,
  expires_at: new Date(expiry).toISOString(),
});
const next = (now: Date, settings = defaultHygiene) => nextAction(token(), settings, now);

describe('the next action about a token', () => {
  it.for<[string, number, string | null, number]>([
    ['long before', 100 * day, 'warn#30', 30 * day],
    ['just before the first threshold', 30 * day + 1, 'warn#30', 30 * day],
    ['at the first threshold', 30 * day, 'warn#7', 7 * day],
    ['after the first threshold', 30 * day - 1, 'warn#7', 7 * day],
    ['at the second threshold', 7 * day, 'warn#1', day],
    ['just before the last threshold', day + 1, 'warn#1', day],
    ['at the last threshold', day, 'expire', 0],
    ['a millisecond before the expiry', 1, 'expire', 0],
    ['at the expiry', 0, 'clean_up', -30 * day],
    ['just before the clean-up', -30 * day + 1, 'clean_up', -30 * day],
  ])('%s is the one that follows', ([, left, action, at]) => {
    expect(next(earlier(left))).toEqual({ action, at: earlier(at).toISOString() });
  });

  it('is none once the clean-up is past', () => {
    expect(next(earlier(-30 * day))).toBeNull();
    expect(next(earlier(-1000 * day))).toBeNull();
  });

  it('is none for a token that never expires, and for a deleted one', () => {
    expect(nextAction({ state: 'live', expires_at: null }, defaultHygiene, earlier(day))).toBeNull();
    expect(nextAction(token('deleted'), defaultHygiene, earlier(day))).toBeNull();
  });

  it('of a stopped token is as of an expired one', () => {
    expect(nextAction(token('stopped'), defaultHygiene, earlier(0))?.action).toBe('clean_up');
  });

  it('is never a clean-up where a stack wants none', () => {
    const settings = settingsLike({ cleanup_after_days: null });
    expect(next(earlier(1), settings)?.action).toBe('expire');
    expect(next(earlier(0), settings)).toBeNull();
  });

  it('skips what is already past when an expiry is set', () => {
    expect(next(earlier(3 * day))).toEqual({ action: 'warn#1', at: earlier(day).toISOString() });
  });

  it('follows the days whatever their order, and without any days goes straight to the expiry', () => {
    const settings = (warn_days: number[]) => settingsLike({ warn_days });
    expect(next(earlier(10 * day), settings([1, 30, 7]))?.action).toBe('warn#7');
    expect(next(earlier(100 * day), settings([]))?.action).toBe('expire');
  });

  it('is always later than now, and nothing lies between', () => {
    const lefts = fc.integer({ min: -60 * day, max: 60 * day });
    const days = fc.uniqueArray(fc.integer({ min: 1, max: 90 }), { maxLength: 5 });
    fc.assert(
      fc.property(lefts, days, (left, warn_days) => {
        const now = earlier(left).getTime();
        const found = next(new Date(now), settingsLike({ warn_days }));
        const instants = [...warn_days.map((each) => expiry - each * day), expiry, expiry + 30 * day];
        const later = instants.filter((instant) => instant > now).sort((one, other) => one - other);
        expect(found ? Date.parse(found.at) : undefined).toBe(later[0]);
      }),
    );
  });
});
