import { describe, expect, it } from 'vitest';
import { holdsUnder } from '../support/hygiene-races.ts';
import { runs, timeLimit } from '../support/simulated-races.ts';
import { cleanUpTwice, sweepTwice } from './12-sweep-twice.property.ts';

/** Half of them with mails, half with clean-ups. */
const half = Math.ceil(runs / 2);

describe('law 12: the sweep twice, late, at once, or after it died', { timeout: timeLimit }, () => {
  it('notices, rows and mails are those of one run', async () => {
    const tally = await holdsUnder(half, sweepTwice);
    expect(tally.of('the same')).toBeGreaterThan(half / 2);
    for (const what of ['died', 'notice n', 'notice expired', 'sent', 'expire done'])
      expect(tally.of(what), what).toBeGreaterThan(half / 10);
    expect(tally.of('again sent')).toBeGreaterThan(half / 200);
  });

  it('clean-ups are those of one run, and so is what waits for room', async () => {
    const tally = await holdsUnder(half, cleanUpTwice);
    expect(tally.of('the same')).toBeGreaterThan(half / 2);
    for (const what of ['died', 'notice held_back']) expect(tally.of(what), what).toBeGreaterThan(half / 10);
  });
});
