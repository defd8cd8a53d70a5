import { describe, expect, it } from 'vitest';
import { holds, share, timeLimit } from '../simulation/simulated-races.ts';
import { diesAtAnyMoment, twiceLateOutOfOrder } from './12-twice-late-out-of-order.property.ts';

/** Half of its interleavings with late records, half with instances that die. */
const half = share(0.5);

describe('law 12: twice, late, out of order, under every schedule', { timeout: timeLimit }, () => {
  it('every session is ended, told of and counted, whatever order its records come in', async () => {
    const tally = await holds(twiceLateOutOfOrder, half);
    for (const what of ['completed', 'continued', 'none', 'published', 'deleted', 'ended'])
      expect(tally.of(what), what).toBeGreaterThan(half / 50);
    expect(tally.of('stuck')).toBe(0);
  });

  it('an instance that dies at any moment, and a bus that fails, change nothing in the end', async () => {
    const tally = await holds(diesAtAnyMoment, half);
    for (const what of ['died', 'stuck', 'brought back', 'completed', 'published'])
      expect(tally.of(what), what).toBeGreaterThan(half / 50);
  });
});
