import { describe, expect, it } from 'vitest';
import { holds, share, timeLimit } from '../simulation/simulated-races.ts';
import { cleanUpTwice, sweepTwice } from './12-sweep-twice.property.ts';

/** Of the histories that the four laws of hygiene have together: some with mails, some with clean-ups. */
const half = share(0.16);

describe('law 12: the sweep twice, late, at once, or after it died', { timeout: timeLimit }, () => {
  it('notices, rows and mails are those of one run', async () => {
    const tally = await holds(sweepTwice, half);
    expect(tally.of('the same')).toBeGreaterThan(half / 2);
    for (const what of ['died', 'notice n', 'sent', 'expire done'])
      expect(tally.of(what), what).toBeGreaterThan(half / 10);
    // Of the thresholds that a history may meet it is one of several.
    expect(tally.of('notice expired')).toBeGreaterThan(half / 40);
    expect(tally.of('again sent')).toBeGreaterThan(half / 200);
  });

  it('clean-ups are those of one run, and so is what waits for room', async () => {
    const tally = await holds(cleanUpTwice, half);
    expect(tally.of('the same')).toBeGreaterThan(half / 2);
    for (const what of ['died', 'notice held_back']) expect(tally.of(what), what).toBeGreaterThan(half / 10);
  });
});
