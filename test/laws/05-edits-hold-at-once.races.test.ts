import { describe, expect, it } from 'vitest';
import { holds, runs, timeLimit } from '../simulation/simulated-races.ts';
import { editsHoldAtOnce } from './05-edits-hold-at-once.property.ts';

describe('law 5: edits hold at once, under every schedule', () => {
  it('no verification uses settings older than an acknowledged edit', { timeout: timeLimit }, async () => {
    const tally = await holds(editsHoldAtOnce);
    expect(tally.of('decided by an acknowledged edit')).toBeGreaterThan(runs / 2);
    expect(tally.of('active')).toBeGreaterThan(runs / 10);
    expect(tally.of('refused')).toBeGreaterThan(runs / 10);
  });
});
