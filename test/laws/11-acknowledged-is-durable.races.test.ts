import { describe, expect, it } from 'vitest';
import { holds, share, timeLimit } from '../simulation/simulated-races.ts';
import { acknowledgedIsDurable, nothingIsLost } from './11-acknowledged-is-durable.property.ts';

/** Half of its interleavings with callers in each other's way, half with faults of storage. */
const half = share(0.5);

describe('law 11: acknowledged is durable, and a retry doubles nothing, under every schedule', () => {
  it("callers in each other's way lose and double nothing", { timeout: timeLimit }, async () => {
    const tally = await holds(nothingIsLost, half);
    for (const what of [
      'create done',
      'rename done',
      'describe done',
      'delete done',
      'create invalid',
      'delete invalid',
    ])
      expect(tally.of(what), what).toBeGreaterThan(half / 50);
    expect(tally.of('create unavailable')).toBe(0);
  });

  it('faults of storage lose and double nothing', { timeout: timeLimit }, async () => {
    const tally = await holds(acknowledgedIsDurable, half);
    for (const kind of ['lose-answer', 'reset', 'late', 'throttle', 'conflict', 'unprocessed', 'internal-error'])
      expect(tally.of(kind), kind).toBeGreaterThan(half / 50);
    for (const what of [
      'create done',
      'rename done',
      'describe done',
      'delete done',
      'create unavailable',
      'create replayed',
    ])
      expect(tally.of(what), what).toBeGreaterThan(half / 500);
  });
});
