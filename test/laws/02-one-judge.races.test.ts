import { describe, expect, it } from 'vitest';
import { holds, runs, timeLimit } from '../simulation/simulated-races.ts';
import { kindsOfChange } from './02-changes.ts';
import { oneJudge } from './02-one-judge.property.ts';

describe('law 2: one judge, under every schedule', () => {
  it('each door says what the rows of one moment call for, and all the same', { timeout: timeLimit }, async () => {
    const tally = await holds(oneJudge);
    expect(tally.of('only one answer was possible')).toBeGreaterThan(runs);
    expect(tally.of('asked still')).toBeGreaterThan(runs / 10);
    expect(tally.of('asked still, at an end')).toBeGreaterThan(runs / 10);
    for (const word of ['active', 'unknown', 'deleted', 'expired', 'session-over', 'other-stack', 'out-of-scope'])
      expect(tally.of(`verification: ${word}`), word).toBeGreaterThan(runs / 500);
    for (const kind of ['active', 'unauthenticated', 'token-expired', 'token-revoked', 'stack-not-found'])
      for (const door of ['environments', 'current session', 'opening'])
        expect(tally.of(`${door}: ${kind}`), `${door}: ${kind}`).toBeGreaterThan(runs / 2000);
    for (const answer of ['introspection: active', 'introspection: inactive', 'environments: insufficient-scope'])
      expect(tally.of(answer), answer).toBeGreaterThan(runs / 100);
    for (const change of kindsOfChange) expect(tally.of(`${change} done`), change).toBeGreaterThan(runs / 50);
  });
});
