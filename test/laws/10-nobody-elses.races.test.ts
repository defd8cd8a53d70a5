import { describe, expect, it } from 'vitest';
import { holds, runs, timeLimit } from '../simulation/simulated-races.ts';
import { nobodyElses } from './10-nobody-elses.property.ts';

describe("law 10: nobody else's, under every schedule", () => {
  it('nothing of an admin is done once they are none, and nothing of an outsider ever', {
    timeout: timeLimit,
  }, async () => {
    const tally = await holds(nobodyElses);
    expect(tally.of('changed before the removal')).toBeGreaterThan(runs / 20);
    expect(tally.of('refused')).toBeGreaterThan(runs / 10);
  });
});
