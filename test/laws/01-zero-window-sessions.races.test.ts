import { describe, expect, it } from 'vitest';
import { holds, runs, timeLimit } from '../simulation/simulated-races.ts';
import {
  endAllAgainstOpen,
  extendAgainstExpire,
  openAgainstDelete,
  verifyAgainstDelete,
} from './01-zero-window-sessions.property.ts';

describe('law 1: zero window for sessions, under every schedule', { timeout: timeLimit }, () => {
  it('no session is active once its end was acknowledged', async () => {
    const tally = await holds(verifyAgainstDelete);
    expect(tally.of('late verification')).toBeGreaterThan(runs / 2);
    for (const what of ['active', 'ended itself', 'ended by an admin', 'ended', 'deleted'])
      expect(tally.of(what), what).toBeGreaterThan(runs / 50);
  });

  it('what is opened while its token dies is never good, and leaves no row', async () => {
    const tally = await holds(openAgainstDelete);
    for (const what of ['opened', 'not opened', 'late opening', 'late verification'])
      expect(tally.of(what), what).toBeGreaterThan(runs / 20);
  });

  it('what was opened before "end all" is over, and what is opened after it is good', async () => {
    const tally = await holds(endAllAgainstOpen);
    for (const what of ['opened', 'not opened', 'active', 'late verification'])
      expect(tally.of(what), what).toBeGreaterThan(runs / 10);
  });

  it('a session that was over once never lives again, however the expiry is moved', async () => {
    const tally = await holds(extendAgainstExpire);
    for (const what of ['active', 'refused', 'edited', 'ended', 'late verification'])
      expect(tally.of(what), what).toBeGreaterThan(runs / 20);
  });
});
