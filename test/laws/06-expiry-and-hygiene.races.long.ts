import { describe, expect, it } from 'vitest';
import { holdsUnder } from '../support/hygiene-races.ts';
import { runs, timeLimit } from '../support/simulated-races.ts';
import { hygieneOnlyTidies } from './06-expiry-and-hygiene.property.ts';

describe('law 6: clean-up and TTL only tidy, under every history', () => {
  it('good until the very instant, and never after, whatever runs beside it', { timeout: timeLimit }, async () => {
    const tally = await holdsUnder(runs, hygieneOnlyTidies);
    for (const what of ['over this instant', 'good for another ms', 'good for long', 'deleted', 'extend done'])
      expect(tally.of(what), what).toBeGreaterThan(runs / 20);
    for (const what of ['tidied', 'unknown', 'extend token-not-found'])
      expect(tally.of(what), what).toBeGreaterThan(runs / 500);
  });
});
