import { describe, expect, it } from 'vitest';
import { endOf, isOpen, lifetimeMs } from '../../functions/sessions/session.ts';

const at = new Date('2026-03-01T08:00:00.000Z');
const inMs = (ms: number) => new Date(at.getTime() + ms).toISOString();

describe('a session', () => {
  it.for([
    ['within its lifetime', 1, 1, true],
    ['at its end', 0, 1, false],
    ['of an older epoch', 1, 2, false],
  ] as const)('is open or not: %s', ([, ms, epoch, open]) => {
    expect(isOpen({ epoch: 1, expires_at: inMs(ms) }, { epoch }, at)).toBe(open);
  });

  it('lives for 12 hours', () => {
    expect(lifetimeMs).toBe(43_200_000);
  });

  it.for([
    ['its own lifetime', null, 2],
    ['its own lifetime, where the token lives longer', 3, 2],
    ["its token's expiry, where that is sooner", 1, 1],
  ] as const)('can act until %s', ([, token, end]) => {
    expect(endOf({ expires_at: inMs(2) }, { expires_at: token === null ? null : inMs(token) })).toBe(inMs(end));
  });
});
