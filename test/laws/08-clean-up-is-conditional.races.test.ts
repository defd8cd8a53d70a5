import { describe, expect, it } from 'vitest';
import { holds, share, timeLimit } from '../simulation/simulated-races.ts';
import {
  changedMeanwhile,
  cleanUpIsConditional,
  cleanUpIsConditionalThoughLate,
} from './08-clean-up-is-conditional.property.ts';

/** Of the histories that the four laws of hygiene have together; fewer where little but the order of steps differs. */
const [many, fewer] = [share(0.25), share(0.025)];

describe('law 8: clean-up is conditional, under every history', { timeout: timeLimit }, () => {
  it('only what expired long ago, only as it was seen, and never more than the limit', async () => {
    const tally = await holds(cleanUpIsConditional, many);
    for (const what of ['cleaned up', 'cleaned up, the last that day', 'cleaned up at that very instant'])
      expect(tally.of(what), what).toBeGreaterThan(many / 10);
    for (const what of ['claimed clean_up', 'died', 'expire done', 'settings done'])
      expect(tally.of(what), what).toBeGreaterThan(many / 10);
    for (const what of ['expire token-not-found', 'describe done', 'delete done', 'stopped, for its time was up'])
      expect(tally.of(what), what).toBeGreaterThan(many / 50);
  });

  it('never more than the limit in any 24 hours, though an event is hours old', async () => {
    const tally = await holds(cleanUpIsConditionalThoughLate, fewer);
    expect(tally.of('cleaned up, the last that day')).toBeGreaterThan(fewer);
  });

  it('settings that change when a run is under way hold from then on', async () => {
    const tally = await holds(changedMeanwhile, fewer);
    for (const what of ['cleaned up', 'settings done']) expect(tally.of(what), what).toBeGreaterThan(fewer / 2);
  });
});
