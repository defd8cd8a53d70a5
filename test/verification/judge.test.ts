import { describe, expect, it } from 'vitest';
import { type JudgedCase, judge } from '../../functions/verification/judge.ts';
import { tokenLike } from '../tokens/token-like.ts';

const now = new Date('2026-03-01T08:00:00.000Z');
const inMs = (ms: number) => new Date(now.getTime() + ms).toISOString();

/** What each part of a case can be, with the reason that it alone gives, in the order in which reasons are told. */
const tokens = {
  none: null,
  deleted: tokenLike({ state: 'deleted', epoch: 2 }),
  paused: tokenLike({ state: 'paused by a newer version', expires_at: inMs(1) }),
  stopped: tokenLike({ state: 'stopped', expires_at: inMs(1000) }),
  expired: tokenLike({ expires_at: inMs(0) }),
  live: tokenLike({ expires_at: inMs(1) }),
  lasting: tokenLike(),
};
const sessions = {
  absent: undefined,
  gone: null,
  over: { epoch: 1, expires_at: inMs(0) },
  older: { epoch: 0, expires_at: inMs(1) },
  newer: { epoch: 2, expires_at: inMs(1) },
  open: { epoch: 1, expires_at: inMs(1) },
};
const stacks = { own: 'blt00000000000000a1', other: 'blt00000000000000a2', none: null };
const needs = {
  none: {},
  covered: { need: { module: 'entry', access: 'write', branch: { name: 'main', aliases: [] } } },
  uncovered: { need: { module: 'entry', access: 'write', branch: undefined } },
} as const;

type Parts = {
  token: keyof typeof tokens;
  session: keyof typeof sessions;
  digest: boolean;
  stack: keyof typeof stacks;
  need: keyof typeof needs;
};

const keysOf = <K extends string>(record: Record<K, unknown>) => Object.keys(record) as K[];
const all: Parts[] = keysOf(tokens).flatMap((token) =>
  keysOf(sessions).flatMap((session) =>
    [true, false].flatMap((digest) =>
      keysOf(stacks).flatMap((stack) => keysOf(needs).map((need) => ({ token, session, digest, stack, need }))),
    ),
  ),
);

/** The laws in words, for the whole table. */
function expected({ token, session, digest, stack, need }: Parts): string {
  if (token === 'none' || !digest) return 'unknown';
  if (token === 'deleted') return 'deleted';
  if (token === 'paused') return 'unknown';
  if (session !== 'absent' && session !== 'open') return 'session-over';
  if (token === 'stopped' || token === 'expired') return 'expired';
  if (stack !== 'own') return 'other-stack';
  return need === 'uncovered' ? 'out-of-scope' : 'active';
}

function caseOf({ token, session, digest, stack, need }: Parts): JudgedCase {
  const judged = sessions[session];
  return {
    token: tokens[token],
    ...(judged === undefined ? {} : { session: judged }),
    presented: { digestMatches: digest, stack: stacks[stack], ...needs[need] },
    now,
  };
}

describe('the judge', () => {
  it('decides every case as the laws say', () => {
    for (const parts of all) {
      const verdict = judge(caseOf(parts));
      expect(verdict.active ? 'active' : verdict.reason, JSON.stringify(parts)).toBe(expected(parts));
    }
    expect(all.filter((parts) => expected(parts) === 'active')).toHaveLength(8);
  });

  it('gives the token with a good verdict, and nothing of it with another', () => {
    const good = judge({ token: tokens.lasting, presented: { digestMatches: true, stack: stacks.own }, now });
    expect(good).toEqual({ active: true, token: tokens.lasting });
    const bad = judge({ token: tokens.stopped, presented: { digestMatches: true, stack: stacks.own }, now });
    expect(bad).toEqual({ active: false, reason: 'expired' });
  });
});
