import { describe, expect, it } from 'vitest';
import { holdsUnder } from '../support/hygiene-races.ts';
import { runs, timeLimit } from '../support/simulated-races.ts';
import {
  changedMeanwhile,
  cleanUpIsConditional,
  cleanUpIsConditionalThoughLate,
} from './08-clean-up-is-conditional.property.ts';

/** Where little but the order of steps differs. */
const fewer = Math.ceil(runs / 10);

describe('law 8: clean-up is conditional, under every history', { timeout: timeLimit }, () => {
  it('only what expired long ago, only as it was seen, and never more than the limit', async () => {
    const tally = await holdsUnder(runs, cleanUpIsConditional);
    for (const what of ['cleaned up', 'cleaned up, the last that day', 'cleaned up at that very instant'])
      expect(tally.of(what), what).toBeGreaterThan(runs / 10);
    for (const what of ['claimed clean_up', 'died', 'expire done', 'settings done'])
      expect(tally.of(what), what).toBeGreaterThan(runs / 10);
    for (const what of ['expire token-not-found', 'describe done', 'delete done', 'stopped, for its time was up'])
      expect(tally.of(what), what).toBeGreaterThan(runs / 50);

    it('settings that change when a run is under way hold from then on', async () => {
      const tally = await holdsUnder(fewer, changedMeanwhile);
      for (const what of ['cleaned up', 'settings done']) expect(tally.of(what), what).toBeGreaterThan(fewer / 2);
    });
  });

  it('never more than the limit in any 24 hours, though an event is hours old', async () => {
    const tally = await holdsUnder(fewer, cleanUpIsConditionalThoughLate);
    expect(tally.of('cleaned up, the last that day')).toBeGreaterThan(fewer);

    it('settings that change when a run is under way hold from then on', async () => {
      const tally = await holdsUnder(fewer, changedMeanwhile);
      for (const what of ['cleaned up', 'settings done']) expect(tally.of(what), what).toBeGreaterThan(fewer / 2);
    });
  });

  it('settings that change when a run is under way hold from then on', async () => {
    const tally = await holdsUnder(fewer, changedMeanwhile);
    for (const what of ['cleaned up', 'settings done']) expect(tally.of(what), what).toBeGreaterThan(fewer / 2);
  });
});
