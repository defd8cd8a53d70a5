import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ClockRefused, openClock } from '../../local/clock.ts';
import { type Home, openHome } from '../../local/home.ts';

let home: Home;
beforeEach(() => {
  home = openHome(mkdtempSync(path.join(tmpdir(), 'tokenward-clock-')));
});
afterEach(() => {
  home.close();
  rmSync(home.directory, { recursive: true });
});
const aheadMs = (clock: { now(): Date }) => clock.now().getTime() - Date.now();

test.each([
  ['P7D', 7 * 86_400_000],
  ['P1W', 7 * 86_400_000],
  ['PT36H', 36 * 3_600_000],
  ['P1DT2H3M4.5S', 93_784_500],
  ['PT0S', 0],
])('moves forward by %s', (duration, ms) => {
  const clock = openClock(home);
  clock.advance(duration);
  expect(aheadMs(clock)).toBeGreaterThan(ms - 1000);
  expect(aheadMs(clock)).toBeLessThan(ms + 1000);
});

test.each(['', 'P', 'PT', '7D', 'P1M', 'P1Y', 'P-1D', '-P1D', 'P1DT', 'P1.5D', 'PT1S1M', 'P99999999D'])(
  'refuses "%s" and stays where it was',
  (duration) => {
    const clock = openClock(home);
    expect(() => clock.advance(duration)).toThrow(ClockRefused);
    expect(Math.abs(aheadMs(clock))).toBeLessThan(1000);
  },
);

test('goes to an instant, in any zone', () => {
  const clock = openClock(home);
  expect(clock.to('2999-01-01T02:00:00+02:00').toISOString()).toMatch(/^2999-01-01T00:00:00\./);
});

test.each(['2999-01-01', '2999-01-01T00:00:00', 'tomorrow', '2999-13-01T00:00:00Z'])(
  'refuses %s as an instant',
  (text) => {
    expect(() => openClock(home).to(text)).toThrow(/ISO 8601 date-time with a zone/);
  },
);

test('refuses to move back and says what time it is', () => {
  const clock = openClock(home);
  clock.advance('P1D');
  expect(() => clock.to(new Date().toISOString())).toThrow(/only moves forward/);
  expect(aheadMs(clock)).toBeGreaterThan(86_000_000);
});

test('is where it was left when it is opened again', () => {
  openClock(home).advance('P30D');
  expect(aheadMs(openClock(home))).toBeGreaterThan(30 * 86_400_000 - 1000);
});

test('shows a move at once to whoever shares its offset', () => {
  const clock = openClock(home);
  const view = new BigInt64Array(clock.offset);
  clock.advance('PT1H');
  expect(Number(Atomics.load(view, 0))).toBeGreaterThanOrEqual(3_600_000);
});
