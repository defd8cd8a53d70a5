import { describe, expect, it } from 'vitest';
import { holds, share, timeLimit } from '../simulation/simulated-races.ts';
import { hygieneOnlyTidies } from './06-expiry-and-hygiene.property.ts';

/** Of the histories that the four laws of hygiene have together. */
const few = share(0.1);

describe('law 6: clean-up and TTL only tidy, under every history', () => {
  it('good until the very instant, and never after, whatever runs beside it', { timeout: timeLimit }, async () => {
    const tally = await holds(hygieneOnlyTidies, few);
    for (const what of ['over this instant', 'good for another ms', 'good for long', 'deleted', 'extend done'])
      expect(tally.of(what), what).toBeGreaterThan(few / 20);
    for (const what of ['tidied', 'unknown', 'extend token-not-found'])
      expect(tally.of(what), what).toBeGreaterThan(few / 500);
  });
});
