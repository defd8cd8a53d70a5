import { describe, expect, it } from 'vitest';
import { day, idle, inMs, over, run, stack, warned } from './sweep-world.ts';

const other = 'blt00000000000000a2';
const together = (done: readonly unknown[]) =>
  done.flatMap((one) => (Array.isArray(one) && one[0] === 'claim together' ? [one[1]] : []));

describe('notices of one stack that are due together', () => {
  it('are claimed together, what has been due the longest first', async () => {
    const late = warned('b', { next: { action: 'warn#7', at: inMs(-1) } });
    const { report, claimed, done } = await run({ tokens: [warned('a'), late, warned('c', { api_key: other })] });
    expect(report).toEqual({ ...idle, notices: 3 });
    expect(together(done)).toEqual(['b a']);
    expect(claimed.map(({ token }) => token.uid).sort()).toEqual(['a', 'b', 'c']);
  });

  it('are claimed apart where they go into different digests', async () => {
    const soon = (uid: string) => warned(uid, { expires_at: inMs(day), next: { action: 'warn#1', at: inMs(0) } });
    const { report, done } = await run({
      tokens: [warned('a'), warned('b'), soon('c'), soon('d')],
      settings: { send_hour: 7 },
    });
    expect(report.notices).toBe(4);
    expect(together(done)).toEqual(['a b', 'c d']);
  });

  it('leave the other tokens to be handled one by one', async () => {
    const { report, done, cleanUps } = await run({ tokens: [over('x'), warned('a'), warned('b'), over('y')] });
    expect(report).toEqual({ ...idle, notices: 2, cleaned_up: 2 });
    expect([together(done), cleanUps.length]).toEqual([['a b'], 2]);
  });

  it('are claimed 33 at a time, and one that is left by itself', async () => {
    const uids = Array.from({ length: 67 }, (_, at) => String(at).padStart(2, '0'));
    const { report, claimed, done } = await run({ tokens: uids.map((uid) => warned(uid)) });
    expect([report.notices, claimed.length]).toEqual([67, 67]);
    expect(together(done).map((each) => String(each).split(' ').length)).toEqual([33, 33]);
  });

  it('are claimed one by one where one of them cannot be claimed', async () => {
    const { report, done } = await run({ tokens: [warned('a'), warned('b')], claims: ['changed', 'claimed'] });
    expect(report).toEqual({ ...idle, notices: 1, not_due: 1 });
    expect(together(done)).toEqual([]);
  });

  it('are claimed one by one where storage fails, and that is seen', async () => {
    const { report, failures } = await run({ tokens: [warned('a'), warned('b')], fails: 'claimAll' });
    expect(report).toEqual({ ...idle, notices: 2 });
    expect(failures).toEqual([[`the notices of ${stack} together`, 'No claimAll.']]);
  });

  it('are not claimed without time for it', async () => {
    const { report, claimed } = await run({ tokens: [warned('a'), warned('b')], time: 0 });
    expect([report.notices, report.complete, claimed]).toEqual([0, false, []]);
  });
});
