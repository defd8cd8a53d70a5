import { describe, expect, it } from 'vitest';
import { isAlive, statusOf, stopOf } from '../../functions/tokens/token.ts';
import { tokenLike } from './token-like.ts';

const now = new Date('2026-03-01T08:00:00.000Z');
const day = 86_400_000;
const inMs = (ms: number) => new Date(now.getTime() + ms).toISOString();

describe('a token is alive', () => {
  it.for([
    ['it never expires', null, true],
    ['it expires in a millisecond', inMs(1), true],
    ['it expires at this instant', inMs(0), false],
    ['it expired a millisecond ago', inMs(-1), false],
  ] as const)('or not, when %s', ([, expires_at, alive]) => {
    expect(isAlive(tokenLike({ expires_at }), now)).toBe(alive);
  });

  it.for(['stopped', 'deleted', 'paused by a newer version'] as const)(
    'never, when it is %s, whatever the clock says',
    (state) => {
      for (const expires_at of [null, inMs(-1), inMs(day)])
        expect(isAlive(tokenLike({ state, expires_at }), now)).toBe(false);
    },
  );
});

describe('a status', () => {
  it.for([
    [null, 'active'],
    [inMs(30 * day + 1), 'active'],
    [inMs(30 * day), 'expiring'],
    [inMs(1), 'expiring'],
    [inMs(0), 'expired'],
    [inMs(-day), 'expired'],
  ] as const)('of an expiry %s is %s', ([expires_at, status]) => {
    expect(statusOf(tokenLike({ expires_at }), 30, now)).toBe(status);
  });

  it('of a stopped token is expired', () => {
    expect(statusOf(tokenLike({ state: 'stopped', expires_at: inMs(day) }), 30, now)).toBe('expired');
  });
});

describe('a state that a newer version wrote', () => {
  it('is shown as it is', () => {
    expect(statusOf(tokenLike({ state: 'paused' }), 30, now)).toBe('paused');
  });
});

describe('how a token was stopped', () => {
  const [person, at] = ['blt00000000000000b1', inMs(-day)];
  const kept = { at, by: person, reason: 'expired_now' } as const;

  it('is what was kept of it', () => {
    expect(stopOf(tokenLike({ state: 'stopped', stopped: kept, updated_at: inMs(0) }))).toEqual(kept);
  });

  it('is nothing where the token lives again, or was never stopped', () => {
    expect(stopOf(tokenLike({ state: 'live', stopped: kept }))).toBeNull();
    expect(stopOf(tokenLike({ state: 'live' }))).toBeNull();
  });

  it.for([
    ['by a person, as its last edit', { updated_by: person, updated_at: at }, kept],
    [
      'by its holder, as its last edit',
      { updated_by: tokenLike().uid, updated_at: inMs(-1) },
      { at: inMs(-1), by: tokenLike().uid, reason: 'revoked_by_holder' },
    ],
    ['before its last edit', { updated_by: person, updated_at: inMs(0) }, { at, by: null, reason: null }],
  ] as const)('is as much as is known, where an earlier version stopped it %s', ([, edit, stop]) => {
    expect(stopOf(tokenLike({ state: 'stopped', expires_at: at, ...edit }))).toEqual(stop);
  });
});
