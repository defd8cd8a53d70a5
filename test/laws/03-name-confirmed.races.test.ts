import { describe, expect, it } from 'vitest';
import { holds, runs, timeLimit } from '../simulation/simulated-races.ts';
import { nameConfirmed } from './03-name-confirmed.property.ts';

describe('law 3: name-confirmed, under every schedule', () => {
  it('a token dies only under the name that it has at that moment', { timeout: timeLimit }, async () => {
    const tally = await holds(nameConfirmed);
    expect(tally.of('deleted under the first name')).toBeGreaterThan(runs / 20);
    expect(tally.of('deleted under another name')).toBeGreaterThan(runs / 50);
    expect(tally.of('refused')).toBeGreaterThan(runs / 20);
  });
});
