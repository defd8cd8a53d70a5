import { describe, expect, it } from 'vitest';
import { holds, share, timeLimit } from '../simulation/simulated-races.ts';
import { type History, told, toldInTime } from './07-told-in-time.property.ts';

const some = share(0.2);
const day = 86_400_000;

/** As all settings are at first, with a run every quarter of an hour, none of them late. */
const usual: History = {
  time_zone: 'UTC',
  send_hour: 8,
  warn_days: [30, 7, 1],
  expires_at: '2026-07-01T00:00:00.000Z',
  lifetimeMs: 91 * day,
  isInUse: false,
  minutesLate: [0],
  isToldItsTime: true,
  outages: [],
};
const token = 'Token “nightly” of Web';
const atMidnight = ['2026-06-01T00:00', '2026-06-24T00:00', '2026-06-30T00:00', '2026-07-01T00:00'];
const atEight = ['2026-06-01T08:00', '2026-06-24T08:00', '2026-06-30T08:00', '2026-07-01T08:00'];

describe('law 7: people are told in time', { timeout: timeLimit }, () => {
  it('once per threshold, before the expiry, in words that are true, and once that it has expired', async () => {
    const tally = await holds(toldInTime, some);
    for (const what of ['idle', 'in use', 'Expires', 'Expired']) expect(tally.of(what), what).toBeGreaterThan(some / 4);
  });

  it.for<[string, Partial<History>, readonly string[]]>([
    ['Singapore, where 8 is 00:00 UTC', { time_zone: 'Asia/Singapore' }, atMidnight],
    ['Tokyo, where 9 is 00:00 UTC', { time_zone: 'Asia/Tokyo', send_hour: 9 }, atMidnight],
    [
      'Los Angeles, where 16 is 00:00 UTC in winter',
      { time_zone: 'America/Los_Angeles', send_hour: 16, expires_at: '2027-02-01T00:00:00.000Z' },
      ['2027-01-02T00:00', '2027-01-25T00:00', '2027-01-31T00:00', '2027-02-01T00:00'],
    ],
    ['UTC at 0', { send_hour: 0 }, atMidnight],
    ['all defaults, and an expiry at 08:00 UTC', { expires_at: '2026-07-01T08:00:00.000Z' }, atEight],
  ])('at a mail hour that is the threshold: %s', async ([, history, [month, week, day_, expiry]]) => {
    expect(await told({ ...usual, ...history })).toEqual([
      [`${month}:00.000Z`, `Expires: ${token} expires within 30 days`],
      [`${week}:00.000Z`, `Expires: ${token} expires within 7 days`],
      [`${day_}:00.000Z`, `Expires: ${token} expires within a day`],
      [`${expiry}:00.000Z`, `Expired: ${token} has expired`],
    ]);
  });

  it('before the expiry with a single threshold of a day, whatever the mail hour', async () => {
    for (let send_hour = 0; send_hour < 24; send_hour += 1) {
      const mailed = await told({ ...usual, warn_days: [1], send_hour });
      // At 1 to 11 o'clock half of the day or more is left; later it is mailed at once.
      const hour = send_hour <= 12 ? send_hour : 0;
      expect(mailed[0]).toEqual([
        `2026-06-30T${String(hour).padStart(2, '0')}:00:00.000Z`,
        `Expires: ${token} expires within a day`,
      ]);
      expect(mailed.slice(1).map(([, says]) => says)).toEqual([`Expired: ${token} has expired`]);
    }
  });

  it('by runs that are late: by the clock, and no minute before', async () => {
    const late = { ...usual, time_zone: 'Asia/Singapore', minutesLate: [14] };
    for (const isToldItsTime of [true, false])
      expect((await told({ ...late, isToldItsTime })).map(([at]) => at)).toEqual([
        ...atMidnight.slice(0, 3).map((at) => `${at.slice(0, -2)}14:00.000Z`),
        // The run that knows its time only by the clock has passed the mail hour.
        isToldItsTime ? '2026-07-01T00:14:00.000Z' : '2026-07-02T00:14:00.000Z',
      ]);
  });

  it('of the expiry alone where the runs between the mail hour of a warning and the expiry were missed', async () => {
    // Claimed at 00:00, to be mailed at 08:00. The next run comes when it has expired.
    const outages = [{ threshold: 0, off: 3_600_000, ms: day }];
    expect(await told({ ...usual, warn_days: [1], outages })).toEqual([
      ['2026-07-01T08:00:00.000Z', `Expired: ${token} has expired`],
    ]);
  });
});
