import { describe, expect, it } from 'vitest';
import { holds, runs, timeLimit } from '../simulation/simulated-races.ts';
import { expiryIsAComparison } from './06-expiry-is-a-comparison.property.ts';

describe('law 6: expiry is a comparison, under every schedule', () => {
  it('good until the last millisecond of who verifies, and never once stopped', { timeout: timeLimit }, async () => {
    const tally = await holds(expiryIsAComparison);
    for (const what of ['-1 ms from the end', '0 ms from the end', '1 ms from the end'])
      expect(tally.of(what), what).toBeGreaterThan(runs / 10);
    for (const what of ['expired this instant', 'good for another ms'])
      expect(tally.of(what), what).toBeGreaterThan(runs / 50);
    for (const what of ['stopped', 'stopped, by a clock that is behind', 'good again', 'an old session stays dead'])
      expect(tally.of(what), what).toBeGreaterThan(runs / 10);
    for (const what of ['expire now', 'revoke', 'extend', 'never', 'shorten'])
      expect(tally.of(`${what} done`), what).toBeGreaterThan(runs / 10);
  });
});
