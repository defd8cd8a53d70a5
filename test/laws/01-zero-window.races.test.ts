import { describe, expect, it } from 'vitest';
import { holds, runs, timeLimit } from '../support/simulated-races.ts';
import { zeroWindow } from './01-zero-window.property.ts';

/** No verification that starts after a deletion was acknowledged answers "active". */
describe('law 1: zero window, under every schedule', () => {
  it(
    'nothing that starts after the acknowledgement, or after a refusal that told of it, is active',
    async () => {
      const tally = await holds(zeroWindow);
      expect(tally.of('verification after the acknowledgement')).toBeGreaterThan(runs / 2);
      expect(tally.of('active')).toBeGreaterThan(runs / 20);
    },
    timeLimit,
  );
});
