import { describe, expect, it } from 'vitest';
import { holds, runs, timeLimit } from '../simulation/simulated-races.ts';
import { zeroWindow } from './01-zero-window.property.ts';

describe('law 1: zero window, under every schedule', () => {
  it('nothing that starts after the acknowledgement is active', { timeout: timeLimit }, async () => {
    const tally = await holds(zeroWindow);
    expect(tally.of('late verification')).toBeGreaterThan(runs);
    expect(tally.of('active')).toBeGreaterThan(runs / 20);
  });
});
