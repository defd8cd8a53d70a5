import { describe, expect, it } from 'vitest';
import { holds, runs, timeLimit } from '../simulation/simulated-races.ts';
import { deleteAgainstDelete, editAgainstDelete, revokeAgainstEdit } from './09-one-way-to-die.property.ts';

describe('law 9: one way to die, under every schedule', { timeout: timeLimit }, () => {
  it('edits and a deletion: each end has one receipt in its transaction', async () => {
    const tally = await holds(editAgainstDelete);
    for (const what of ['receipt deleted', 'receipt stopped', 'receipt ended', 'edited', 'edit token-not-found'])
      expect(tally.of(what), what).toBeGreaterThan(runs / 50);
  });

  it('of two deletions one is acknowledged, and the other finds no token', async () => {
    const tally = await holds(deleteAgainstDelete);
    expect(tally.of('deleted')).toBe(runs);
    expect(tally.of('receipt deleted')).toBe(runs);
    expect(tally.of('deletion token-not-found')).toBeGreaterThanOrEqual(runs);
  });

  it('a value that is revoked while its token is edited is over, and so are its sessions', async () => {
    const tally = await holds(revokeAgainstEdit);
    for (const what of ['receipt stopped', 'receipt extended', 'edited', 'ended', 'late verification'])
      expect(tally.of(what), what).toBeGreaterThan(runs / 50);
  });
});
