import { describe, expect, it } from 'vitest';
import { daysAhead } from '../../console/src/calendar/what-happens.ts';
import { tokenView } from '../../functions/http/tokens/token-view.ts';
import { HygieneSettingsSchema } from '../../functions/hygiene/setting-rules.ts';
import { stackLike } from '../stacks/stack-like.ts';
import { tokenLike } from '../tokens/token-like.ts';

const now = new Date('2026-06-20T12:00:00.000Z');
const expires_at = '2026-07-01T10:00:00.000Z';
const lastUse = { at: now.toISOString(), client: 'ci', remote_addr: '192.0.2.9', hours: new Map() };

/** What the calendar shows of a token that expires on the first of July. */
function shown(settings: Readonly<Record<string, unknown>>, { isInUse = false } = {}): string[] {
  const stack = stackLike();
  const given = HygieneSettingsSchema.parse({ ...stack.hygiene, cleanup_after_days: 30, ...settings });
  const token = tokenView({ token: tokenLike({ expires_at }), lastUse: isInUse ? lastUse : null }, stack, now);
  const days = daysAhead([token], { settings: given, now });
  return days.flatMap(({ date, happenings }) =>
    happenings.map(({ kind, at, daysBefore }) => [date, kind, daysBefore, at.toISOString().slice(11, 16)].join(' ')),
  );
}

const expiry = ['2026-07-01 expiry  10:00', '2026-07-31 cleanup  10:00'];

describe('the next 90 days', () => {
  it('show each warning on the day and at the hour at which it is mailed', () => {
    expect(shown({ warn_days: [30, 7, 1] })).toEqual([
      '2026-06-25 notice 7 08:00',
      '2026-06-30 notice 1 10:00',
      ...expiry,
    ]);
    expect(shown({ warn_days: [7, 1], send_hour: 18, time_zone: 'Asia/Tokyo' })).toEqual([
      '2026-06-25 notice 7 09:00',
      '2026-06-30 notice 1 10:00',
      ...expiry,
    ]);
    expect(shown({ warn_days: [1], send_hour: 20 })).toEqual(['2026-06-30 notice 1 20:00', ...expiry]);
  });

  it('show that a warning of one day about a token in use is mailed at once', () => {
    expect(shown({ warn_days: [1], send_hour: 20 }, { isInUse: true })).toEqual([
      '2026-06-30 notice 1 10:00',
      ...expiry,
    ]);
  });
});
