import { describe, expect, it } from 'vitest';
import { holds, runs, timeLimit } from '../simulation/simulated-races.ts';
import { faultKinds } from '../support/weather.ts';
import { kindsOfChange } from './02-changes.ts';
import { failClosed } from './13-fail-closed.property.ts';

describe('law 13: fail closed, under every schedule', () => {
  it('nothing is active that was not read, and who gets no answer is told so', { timeout: timeLimit }, async () => {
    const tally = await holds(failClosed);
    for (const kind of faultKinds) expect(tally.of(kind), kind).toBeGreaterThan(runs / 10);
    expect(tally.of('unavailable')).toBeGreaterThan(runs / 5);
    for (const what of ['active', 'inactive', 'unauthenticated', 'token-expired', 'expired'])
      expect(tally.of(what), what).toBeGreaterThan(runs / 50);
    expect(tally.of('503 with Retry-After')).toBeGreaterThan(runs / 5);
    expect(tally.of('409 with Retry-After')).toBeGreaterThan(runs / 100);
    expect(tally.of('afterwards active')).toBeGreaterThan(runs / 5);
    for (const change of ['create', ...kindsOfChange]) {
      expect(tally.of(`${change} done`), change).toBeGreaterThan(runs / 500);
      expect(tally.of(`${change} unavailable`), change).toBeGreaterThan(runs / 500);
    }
    for (const change of kindsOfChange)
      expect(tally.of(`afterwards ${change} done`), change).toBeGreaterThan(runs / 50);
  });
});
