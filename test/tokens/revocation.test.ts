import { describe, expect, it } from 'vitest';
import { nextTry, receiptOf, revocationByEdit } from '../../functions/tokens/revocation.ts';
import type { Token, TokenState } from '../../functions/tokens/token.ts';
import { tokenLike } from './token-like.ts';

const now = new Date('2026-03-01T08:00:00.000Z');
const second = 1000;
const inMs = (ms: number) => new Date(now.getTime() + ms).toISOString();
const past = inMs(-1);
const token = (expires_at: string | null, state: TokenState = 'live'): Token => tokenLike({ expires_at, state });

describe('an edit raises the epoch', () => {
  it.for<[string, Token, Token]>([
    ['stops a live token', token(inMs(86_400_000)), token(inMs(0), 'stopped')],
    ['stops a token that never expires', token(null), token(inMs(0), 'stopped')],
    ['stops an expired token', token(past), token(inMs(0), 'stopped')],
    ['stops a token at the very instant of its expiry', token(inMs(0)), token(inMs(0), 'stopped')],
    ['stops a stopped token again', token(past, 'stopped'), token(inMs(0), 'stopped')],
  ])('as "expired_now" when it %s', ([, before, after]) => {
    expect(revocationByEdit(before, after, now)).toBe('expired_now');
  });

  it.for<[string, Token, Token]>([
    ['extends an expired token', token(past), token(inMs(86_400_000))],
    ['extends a token that expires at this instant', token(inMs(0)), token(inMs(1))],
    ['extends a token with less than a minute left', token(inMs(60 * second - 1)), token(inMs(86_400_000))],
    ['removes the expiry of an expired token', token(past), token(null)],
    ['removes the expiry of one with less than a minute left', token(inMs(second)), token(null)],
    ['extends a stopped token', token(past, 'stopped'), token(inMs(86_400_000))],
    ['removes the expiry of a stopped token', token(past, 'stopped'), token(null)],
    ['revives a token in a state that it does not know', token(inMs(86_400_000), 'paused'), token(inMs(80_000_000))],
    [
      'extends a token that another clock stopped in the future',
      token(inMs(120 * second), 'stopped'),
      token(inMs(121 * second)),
    ],
  ])('as "extended" when it %s', ([, before, after]) => {
    expect(revocationByEdit(before, after, now)).toBe('extended');
  });
});

describe('sessions go on', () => {
  it.for<[string, Token, Token]>([
    ['extends a token with a minute left', token(inMs(60 * second)), token(inMs(86_400_000))],
    ['removes the expiry of a live token', token(inMs(86_400_000)), token(null)],
    ['sets the first expiry', token(null), token(inMs(86_400_000))],
    ['shortens a token', token(inMs(86_400_000)), token(inMs(second))],
    ['shortens a token with less than a minute left', token(inMs(2 * second)), token(inMs(second))],
    ['leaves the expiry', token(inMs(86_400_000)), token(inMs(86_400_000))],
    ['leaves no expiry', token(null), token(null)],
    ['leaves the expiry of an expired token', token(past), token(past)],
    ['leaves a stopped token stopped', token(past, 'stopped'), token(past, 'stopped')],
    ['leaves a token in a state that it does not know', token(null, 'paused'), token(null, 'paused')],
  ])('when an edit %s', ([, before, after]) => {
    expect(revocationByEdit(before, after, now)).toBeNull();
  });
});

describe('a receipt', () => {
  it('is running from the instant of the change', () => {
    const facts = { operation: 'op', reason: 'deleted', actor: 'blt00000000000000aa', epoch: null } as const;
    const { uid, name, api_key } = token(null);
    expect(receiptOf({ uid, name, api_key }, { ...facts, at: now })).toEqual({
      ...facts,
      token_uid: uid,
      token_name: name,
      api_key,
      refused_from: now.toISOString(),
      state: 'running',
    });
  });

  it('is tried again from 20 seconds on, by a schedule that looks every minute', () => {
    expect(nextTry(now).toISOString()).toBe(inMs(20 * second));
  });
});
