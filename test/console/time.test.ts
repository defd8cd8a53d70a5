import { expect, it } from 'vitest';
import { ago, distance } from '../../console/src/design/time.ts';

const at = '2026-03-01T08:00:00.000Z';
const after = (ms: number) => new Date(Date.parse(at) + ms);

it('what has happened was just now, also where our clock is some seconds behind', () => {
  expect([ago(at, after(-14_000)), ago(at, after(0)), ago(at, after(59_000))]).toEqual(Array(3).fill('just now'));
});

it('what has happened is so long ago, and what is to come is as far ahead', () => {
  expect(ago(at, after(2 * 3_600_000))).toBe('2 hours ago');
  expect([distance(at, after(-14_000)), distance(at, after(-2 * 3_600_000))]).toEqual([
    'within a minute',
    'in 2 hours',
  ]);
});
