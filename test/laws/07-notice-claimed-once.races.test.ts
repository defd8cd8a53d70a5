import { describe, expect, it } from 'vitest';
import { holds, share, timeLimit } from '../simulation/simulated-races.ts';
import {
  closedBeforeItIsRead,
  noticeClaimedOnce,
  noticeClaimedOnceThoughLate,
} from './07-notice-claimed-once.property.ts';

/** Of the histories that the four laws of hygiene have together; fewer where only the order of steps differs. */
const [many, fewer] = [share(0.25), share(0.025)];

describe('law 7: a notice is claimed once, under every history', { timeout: timeLimit }, () => {
  it('claimed before anybody is told, each person told once, and nothing lost', async () => {
    const tally = await holds(noticeClaimedOnce, many);
    for (const what of ['claimed warn#n', 'claimed expire', 'claimed clean_up', 'several were missed', 'reached: sent'])
      expect(tally.of(what), what).toBeGreaterThan(many / 10);
    for (const what of ['died', 'settings changed when something was due', 'disarmed before it was told'])
      expect(tally.of(what), what).toBeGreaterThan(many / 20);
    for (const what of ['again sent', 'advanced without a notice', 'too old', 'stopped, for its time was up'])
      expect(tally.of(what), what).toBeGreaterThan(many / 100);
    for (const what of ['failed', 'undeliverable', 'unknown, and it arrived', 'unknown, and it did not', 'some failed'])
      expect(tally.of(what), what).toBeGreaterThan(many / 200);
    expect(tally.of('reached: undeliverable')).toBeGreaterThan(many / 200);
  });

  it('two runs at once tell once, though the event of one is hours old', async () => {
    const tally = await holds(noticeClaimedOnceThoughLate, fewer);
    expect(tally.of('sent')).toBeGreaterThan(fewer);
  });

  it('a digest is closed before it is read, by a run whose clock is ahead', async () => {
    const tally = await holds(closedBeforeItIsRead, fewer);
    expect(tally.of('reached: sent')).toBeGreaterThan(fewer);
  });
});
