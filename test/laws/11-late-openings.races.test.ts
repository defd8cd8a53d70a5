import { expect, it } from 'vitest';
import { holds, share, timeLimit } from '../simulation/simulated-races.ts';
import { lateOpenings } from './11-late-openings.property.ts';

const half = share(0.5);

it('law 11: a session that was ended does not live again when its row is put late, under every schedule', {
  timeout: timeLimit,
}, async () => {
  const tally = await holds(lateOpenings, half);
  for (const what of [
    'opened',
    'not opened',
    'ended itself',
    'ended by an admin',
    'ended by its value',
    'row of nobody',
  ])
    expect(tally.of(what), what).toBeGreaterThan(half / 50);
  expect(tally.of('late verification')).toBeGreaterThan(half / 2);
});
