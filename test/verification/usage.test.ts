import { beforeEach, describe, expect, it } from 'vitest';
import { hourOf, minutesUsed } from '../../functions/values/last-use.ts';
import { type Use, UseLog, type UseLogSurroundings } from '../../functions/verification/usage.ts';
import { tokenLike } from '../tokens/token-like.ts';

const start = Date.parse('2026-03-01T08:00:00.000Z');
const [minute, hour] = [60_000, 3_600_000];
const useAt = (ms: number, uid = 'blt0123456789abcdef'): Use => ({
  token: tokenLike({ uid }),
  at: new Date(start + ms),
  client: 'deployer/1.2',
  remote_addr: '192.0.2.1',
});

describe('minutes of use', () => {
  const now = new Date(start + 59 * minute);
  const present = hourOf(now);
  const used = { at: now.toISOString(), client: '', remote_addr: '' };
  const hours = new Map([
    [present, 1],
    [present - 23, 10],
    [present - 24, 100],
    [present - 167, 1000],
    [present - 168, 10_000],
  ]);

  it.for([
    [1, 1],
    [24, 11],
    [25, 111],
    [168, 1111],
  ] as const)('of the last %i hours are %i', ([last, minutes]) => {
    expect(minutesUsed({ ...used, hours }, last, now)).toBe(minutes);
  });

  it('of what was never used are none', () => {
    expect(minutesUsed({ ...used, hours: new Map() }, 24, now)).toBe(0);
  });

  it('are counted by whole hours', () => {
    expect(hourOf(new Date(start + hour - 1))).toBe(start / hour);
    expect(hourOf(new Date(start + hour))).toBe(start / hour + 1);
  });
});

describe('a log of uses', () => {
  let written: unknown[];
  let failures: unknown[];
  let waited: number;
  let fails: boolean;
  let log: UseLog;
  const surroundings: UseLogSurroundings = {
    patience: async (work) => {
      waited += 1;
      await work;
    },
    onFailure: (error) => failures.push(error),
  };
  const note = (what: string, { token, at }: Use, ...more: number[]) => {
    if (fails) throw new Error('Storage is away.');
    written.push([what, token.uid.slice(-1), (at.getTime() - start) / minute, ...more]);
  };

  beforeEach(() => {
    [written, failures, waited, fails] = [[], [], 0, false];
    let dead = 0;
    log = new UseLog(
      {
        recordUse: async (use) => note('used', use),
        recordRefusal: async (call) => note('refused', call),
        recordDeadCalls: async (use, calls) => {
          note('dead', use, calls);
          dead += calls;
          return dead;
        },
        tellOfDeadCalls: async (use, calls) => note('told', use, calls),
      },
      surroundings,
    );
  });

  it('writes once a minute for each token', async () => {
    for (const [at, uid] of [
      [0, 'a'],
      [minute - 1, 'a'],
      [0, 'b'],
      [minute, 'a'],
      [minute + 1, 'b'],
    ] as const)
      await log.used(useAt(at, uid));
    expect(written.map((one) => JSON.stringify(one))).toEqual([
      '["used","a",0]',
      '["used","b",0]',
      '["used","a",1]',
      `["used","b",${1 + 1 / minute}]`,
    ]);
    expect(waited).toBe(4);
  });

  it('writes refusals once a minute for each token, too', async () => {
    for (const at of [0, 1, minute - 1, minute, minute + 1]) await log.refused(useAt(at, 'a'));
    expect(written).toEqual([
      ['refused', 'a', 0],
      ['refused', 'a', 1],
    ]);
  });

  it('writes the first use and the first refusal of a minute at once, whichever comes first', async () => {
    await log.used(useAt(0, 'a'));
    await log.refused(useAt(1, 'a'));
    await log.refused(useAt(0, 'b'));
    await log.used(useAt(1, 'b'));
    expect(written.map((one) => JSON.stringify(one).slice(2, 11))).toEqual([
      'used","a"',
      'refused",',
      'refused",',
      'used","b"',
    ]);
  });

  it('writes once a minute, and once more, of a token that is used and refused all the time', async () => {
    const minutes = 10;
    for (let at = 0; at < minutes * minute; at += 1000) {
      await log.used(useAt(at, 'a'));
      await log.refused(useAt(at, 'a'));
    }
    const kinds = written.map((one) => JSON.stringify(one).slice(2, 6));
    expect(kinds).toHaveLength(minutes + 1);
    // Neither hides the other.
    expect(kinds.filter((kind) => kind === 'used').length).toBeGreaterThanOrEqual(minutes / 2);
    expect(kinds.filter((kind) => kind === 'refu').length).toBeGreaterThanOrEqual(minutes / 2);
  });

  it('writes calls with a dead value once a minute, all of them, and tells of them once an hour', async () => {
    for (const ms of [0, 1, 2, minute, 2 * minute, 2 * minute + 1, hour]) await log.usedDead(useAt(ms, 'a'));
    expect(written).toEqual([
      ['dead', 'a', 0, 1],
      ['told', 'a', 0, 1],
      ['dead', 'a', 1, 3],
      ['dead', 'a', 2, 1],
      ['dead', 'a', 60, 2],
      ['told', 'a', 60, 7],
    ]);
  });

  it('tells of uses and of calls with a dead value, one beside the other', async () => {
    await log.used(useAt(0, 'a'));
    await log.usedDead(useAt(0, 'a'));
    await log.usedDead(useAt(0, 'b'));
    expect(written.map((one) => JSON.stringify(one).slice(2, 10))).toEqual([
      'used","a',
      'dead","a',
      'told","a',
      'dead","b',
      'told","b',
    ]);
  });

  it('that cannot write fails nobody, and says so', async () => {
    fails = true;
    await log.used(useAt(0));
    await log.usedDead(useAt(0));
    expect(failures).toEqual([new Error('Storage is away.'), new Error('Storage is away.')]);
    expect(waited).toBe(2);
  });

  it('remembers 10,000 tokens and forgets them all when there are more', async () => {
    for (let number = 0; number < 10_000; number += 1) await log.used(useAt(0, `t${number}`));
    await log.used(useAt(1, 't0'));
    expect(written).toHaveLength(10_000);
    await log.used(useAt(1, 'one more'));
    await log.used(useAt(1, 't0'));
    expect(written).toHaveLength(10_002);
  });
});
