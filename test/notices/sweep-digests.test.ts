import { describe, expect, it } from 'vitest';
import { day, idle, inMs, run, stack, warned } from './sweep-world.ts';

describe('the digests of a run', () => {
  const digests = [{ stack, send_at: inMs(-5), due_at: inMs(-1) }];
  const urgent = (uid: string, api_key = stack) =>
    warned(uid, { api_key, expires_at: inMs(day), next: { action: 'warn#1', at: inMs(0) } });
  const at = inMs(0);

  it('are sent once each, where they are due', async () => {
    const both = [...digests, { stack, send_at: inMs(-4), due_at: inMs(-1) }];
    const { done } = await run({ looks: [{ digests }, { digests: both }, {}] });
    expect(done).toEqual([
      ['take', stack, inMs(-5)],
      ['take', stack, inMs(-4)],
    ]);
    expect((await run({ digests: both })).done).toHaveLength(2);
  });

  it('are not sent yet where they were opened for later', async () => {
    expect((await run({ tokens: [urgent('a')] })).done).toEqual([]);
  });

  it('hold up no other where they fail, and that is seen', async () => {
    const { report, failures, events } = await run({ digests, fails: 'take' });
    expect(report).toEqual({ ...idle, mails: { ...idle.mails, failed: 1 } });
    expect(events).toMatchObject([{ type: 'hygiene.run', data: { mails: { failed: 1 } } }]);
    expect(failures).toEqual([[`the digest of ${stack}`, 'No take.']]);
  });

  it('are sent at once where what is in use has a day left, one of each stack', async () => {
    const tokens = [urgent('a'), urgent('b'), urgent('c', 'blt00000000000000a2')];
    const { done } = await run({ tokens, isUsed: true });
    expect(done.toSorted()).toEqual([
      ['claim together', 'a b'],
      ['take', stack, at],
      ['take', 'blt00000000000000a2', at],
    ]);
  });

  it('are sent once by a run that looks again', async () => {
    const looks = [{ tokens: ['a'] }, { tokens: ['gone'] }];
    expect((await run({ tokens: [urgent('a')], looks, isUsed: true })).done).toEqual([['take', stack, at]]);
  });

  it('are sent once where the index names them, too, and beside others that it names', async () => {
    const named = [{ stack, send_at: at, due_at: at }];
    expect((await run({ tokens: [urgent('a')], digests: named, isUsed: true })).done).toEqual([['take', stack, at]]);
    const { done } = await run({ tokens: [urgent('a')], digests, isUsed: true });
    expect(done).toEqual([
      ['take', stack, at],
      ['take', stack, inMs(-5)],
    ]);
  });

  it('are not sent at once where the notice was claimed before', async () => {
    const { done } = await run({ tokens: [urgent('a')], isUsed: true, claims: ['claimed-before'] });
    expect(done).toEqual([['advance', 'a', 'expire']]);
  });
});
