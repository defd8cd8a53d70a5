import { describe, expect, it } from 'vitest';
import { holds, runs, timeLimit } from '../simulation/simulated-races.ts';
import { faultKinds } from '../support/weather.ts';
import { shownOnce } from './04-shown-once.property.ts';

describe('law 4: shown once, under every schedule', () => {
  it('a value is in one answer at most, and in nothing that is kept, sent, told or thrown', {
    timeout: timeLimit,
  }, async () => {
    const tally = await holds(shownOnce);
    expect(tally.of('shown once')).toBeGreaterThan(runs / 2);
    // Its answer was lost, or what it was for was refused.
    expect(tally.of('never shown')).toBeGreaterThan(runs / 50);
    expect(tally.of('create replayed')).toBeGreaterThan(runs / 5);
    expect(tally.of('events on the bus')).toBeGreaterThan(runs / 50);
    for (const place of ['name', 'description', 'scope', 'expires_on'])
      for (const what of ['create', 'edit'])
        expect(tally.of(`${what} with a value in its ${place} invalid`), `${what} ${place}`).toBeGreaterThan(
          runs / 500,
        );
    expect(tally.of('edit with a value in its token invalid')).toBeGreaterThan(runs / 100);
    for (const what of ['open done', 'open invalid', 'edit done', 'delete done', 'delete invalid', 'revoke done'])
      expect(tally.of(what), what).toBeGreaterThan(runs / 100);
    for (const kind of faultKinds) expect(tally.of(kind), kind).toBeGreaterThan(runs / 50);
    expect(tally.of('create unavailable')).toBeGreaterThan(runs / 200);
  });
});
