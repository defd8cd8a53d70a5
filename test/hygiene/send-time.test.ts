import { describe, expect, it } from 'vitest';
import { firstMailHour, sendTimeOf } from '../../functions/hygiene/send-time.ts';
import { settingsLike } from './settings-like.ts';

const settingsAt = (send_hour: number, time_zone = 'UTC') => settingsLike({ send_hour, time_zone });

describe('the first mail hour', () => {
  it.for([
    ['at that very instant', '2026-03-01T08:00:00.000Z', '2026-03-01T08:00:00.000Z'],
    ['a millisecond after it', '2026-03-01T08:00:00.001Z', '2026-03-02T08:00:00.000Z'],
    ['a millisecond before it', '2026-03-01T07:59:59.999Z', '2026-03-01T08:00:00.000Z'],
  ])('%s', ([, from, expected]) => {
    expect(firstMailHour(settingsAt(8), new Date(from ?? '')).toISOString()).toBe(expected);
  });
});

describe('a notice is mailed', () => {
  const expires_at = '2026-03-10T12:00:00.000Z';
  const at = (
    threshold: '1' | '7' | 'expired',
    { now, mailHour, isInUse = false }: { now: string; mailHour: number; isInUse?: boolean },
  ) =>
    sendTimeOf(
      { threshold, expires_at, isInUse },
      { settings: settingsAt(mailHour), now: new Date(now) },
    ).toISOString();

  it.for<[string, Parameters<typeof at>, string]>([
    [
      'at the mail hour that is its threshold',
      ['7', { now: '2026-03-03T12:00:00.000Z', mailHour: 12 }],
      '2026-03-03T12:00:00.000Z',
    ],
    [
      'at the first mail hour after its threshold',
      ['7', { now: '2026-03-03T12:00:00.000Z', mailHour: 11 }],
      '2026-03-04T11:00:00.000Z',
    ],
    [
      'at the same mail hour by a run that comes later',
      ['7', { now: '2026-03-04T10:45:00.000Z', mailHour: 11 }],
      '2026-03-04T11:00:00.000Z',
    ],
    [
      'at once by a run that comes after the mail hour',
      ['7', { now: '2026-03-04T11:00:00.001Z', mailHour: 11 }],
      '2026-03-04T11:00:00.001Z',
    ],
    [
      'at the mail hour with half of the threshold left',
      ['1', { now: '2026-03-09T12:00:00.000Z', mailHour: 0 }],
      '2026-03-10T00:00:00.000Z',
    ],
    [
      'at once where less than half would be left',
      ['1', { now: '2026-03-09T12:00:00.000Z', mailHour: 1 }],
      '2026-03-09T12:00:00.000Z',
    ],
    [
      'at once about a token in use with a day left',
      ['1', { now: '2026-03-09T12:00:00.000Z', mailHour: 0, isInUse: true }],
      '2026-03-09T12:00:00.000Z',
    ],
    [
      'at the mail hour about a token in use with more left',
      ['7', { now: '2026-03-03T12:00:00.000Z', mailHour: 0, isInUse: true }],
      '2026-03-04T00:00:00.000Z',
    ],
    ['at the mail hour that is its expiry', ['expired', { now: expires_at, mailHour: 12 }], expires_at],
    [
      'at the next mail hour by a run that comes after the one of the expiry',
      ['expired', { now: '2026-03-10T12:00:00.001Z', mailHour: 12 }],
      '2026-03-11T12:00:00.000Z',
    ],
    [
      'at the mail hour that has expired in use',
      ['expired', { now: expires_at, mailHour: 13, isInUse: true }],
      '2026-03-10T13:00:00.000Z',
    ],
  ])('%s', ([, asked, expected]) => {
    expect(at(...asked)).toBe(expected);
  });
});
