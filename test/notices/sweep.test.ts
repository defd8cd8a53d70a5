import { describe, expect, it } from 'vitest';
import { eventOf } from '../../functions/events/catalogue.ts';
import type { ClaimOutcome } from '../../functions/notices/notice-repository.ts';
import { day, idle, inMs, mailHour, minute, over, run, stack, warned } from './sweep-world.ts';

describe('a run', () => {
  it('with nothing to do does nothing and tells nobody', async () => {
    const { report, done, events, failures } = await run({});
    expect([report, done, events, failures]).toEqual([idle, [], [], []]);
  });

  it('is for the earlier of the event and the clock', async () => {
    expect((await run({ event: new Date(inMs(-5)) })).report.now).toBe(inMs(-5));
    expect((await run({ event: new Date(inMs(5)) })).report.now).toBe(inMs(0));
  });

  it('that did something tells the bus what', async () => {
    const { events, report } = await run({ tokens: [warned('a')] });
    const { now: at, ...counts } = report;
    expect(events).toMatchObject([{ type: 'hygiene.run', time: at, data: { ...counts, notices: 1 } }]);
  });

  it('that only found what was not due tells nobody', async () => {
    const { events, report } = await run({ looks: [{ tokens: ['gone'] }] });
    expect([report, events]).toEqual([{ ...idle, not_due: 1 }, []]);
  });

  it('that cannot tell the bus ends well, and says so', async () => {
    const { report, failures } = await run({ tokens: [warned('a')], fails: 'publish' });
    expect(report).toMatchObject({ notices: 1, complete: true });
    expect(failures).toEqual([['the report', 'No publish.']]);
  });

  it('goes on while the index has more, and does nothing twice', async () => {
    const looks = [{ tokens: ['a'] }, { tokens: ['a', 'b'] }, { tokens: ['c'] }];
    const { report, claimed } = await run({ tokens: ['a', 'b', 'c', 'd'].map((uid) => warned(uid)), looks });
    expect(claimed.map(({ token }) => token.uid)).toEqual(['a', 'b', 'c']);
    expect(report).toMatchObject({ notices: 3, complete: true });
  });

  it('ends where the index has not caught up, and leaves the rest to the next', async () => {
    const looks = [{ tokens: ['a'] }, { tokens: ['a'] }, { tokens: ['b'] }];
    const { report, claimed, events } = await run({ tokens: [warned('a'), warned('b')], looks });
    expect(claimed).toHaveLength(1);
    expect(report.complete).toBe(false);
    expect(events).toHaveLength(1);
  });

  it('does not take what is there for all there was, of whatever kind it is', async () => {
    const digests = [{ stack, send_at: inMs(0), due_at: inMs(0) }];
    const looks = [{ tokens: ['a'], digests }, { tokens: ['b'] }];
    expect((await run({ tokens: [warned('a'), warned('b')], looks })).report).toMatchObject({
      notices: 2,
      complete: true,
    });
  });

  it('ends after 1,000 looks at the index, and says that there is more', async () => {
    const looks = Array.from({ length: 1002 }, (_, at) => ({ tokens: [`t${at}`] }));
    expect((await run({ looks })).report).toEqual({ ...idle, not_due: 1000, complete: false });
  });

  it('is told under an id that is its own', async () => {
    const { events, report } = await run({ tokens: [warned('a')] });
    const { now: time, ...data } = report;
    expect(events.map(({ id }) => id)).toEqual([eventOf('hygiene.run', { identity: ['run-1'], time, data }).id]);
  });

  it('that has no time does nothing more, and tells that it is not complete', async () => {
    const digests = [{ stack, send_at: inMs(0), due_at: inMs(0) }];
    const none = await run({ tokens: [warned('a')], digests, time: 0 });
    expect([none.report, none.done, none.claimed]).toEqual([{ ...idle, complete: false }, [], []]);
    expect(none.events).toHaveLength(1);
    const tokens = [warned('a'), warned('b', { api_key: 'blt00000000000000a2' })];
    const some = await run({ tokens, time: 1 });
    expect([some.report.notices, some.report.complete]).toEqual([1, false]);
  });
});

describe('a notice that is due', () => {
  it('is claimed with all that is told of it, and what is next', async () => {
    const [token] = [warned('a', { version: 3, epoch: 2 })];
    const { claimed } = await run({ tokens: [token] });
    expect(claimed).toEqual([
      {
        token,
        next: { action: 'warn#1', at: inMs(6 * day) },
        digest: { stack, send_at: mailHour },
        notice: {
          token_uid: 'a',
          api_key: stack,
          name: token.name,
          token_version: 3,
          epoch: 2,
          expires_at: inMs(7 * day),
          threshold: '7',
          claimed_at: inMs(0),
          last_used_at: null,
        },
      },
    ]);
  });

  it.for<[readonly ClaimOutcome[], boolean, Partial<typeof idle>]>([
    [['claimed'], true, { notices: 1 }],
    [['claimed-before'], true, { not_due: 1 }],
    [['claimed-before'], false, { not_due: 1 }],
    [['changed'], true, { not_due: 1 }],
    [['digest-closed', 'claimed'], true, { notices: 1 }],
    [['digest-closed', 'digest-closed', 'claimed'], true, { notices: 1 }],
  ])('after %j (%j) is counted', async ([claims, isAsSeen, counts]) => {
    const { report, done } = await run({ tokens: [warned('a')], claims, isAsSeen });
    expect(report).toEqual({ ...idle, ...counts });
    expect(done).toEqual(claims[0] === 'claimed-before' ? [['advance', 'a', 'warn#1']] : []);
  });

  it('goes into the next digest where one is closed', async () => {
    const { claimed } = await run({ tokens: [warned('a')], claims: ['digest-closed', 'digest-closed', 'claimed'] });
    const later = (ms: number) => new Date(Date.parse(mailHour) + ms).toISOString();
    expect(claimed.map(({ digest }) => digest.send_at)).toEqual([mailHour, later(1), later(2)]);
  });

  it('is pushed forward where every digest is closed', async () => {
    const { report, failures, done } = await run({
      tokens: [warned('a')],
      claims: ['digest-closed', 'digest-closed', 'digest-closed'],
    });
    expect(report).toEqual({ ...idle, failed: ['a'] });
    expect(failures).toEqual([['the token a', `Every digest of ${stack} was closed.`]]);
    expect(done).toEqual([['postpone', 'a', 15 * minute]]);
  });

  it('that is too old is skipped', async () => {
    const token = warned('a', { expires_at: inMs(-8 * day), next: { action: 'expire', at: inMs(-8 * day) } });
    const { report, done } = await run({ tokens: [token] });
    expect([report.skipped, done]).toEqual([1, [['advance', 'a', 'clean_up']]]);
    expect((await run({ tokens: [token], isAsSeen: false })).report).toEqual({ ...idle, not_due: 1 });
  });
});

describe('a token that the index names', () => {
  it('and that is not due by its own item is left alone', async () => {
    const { report, done } = await run({ tokens: [warned('a', { next: { action: 'warn#7', at: inMs(1) } })] });
    expect([report, done]).toEqual([{ ...idle, not_due: 1 }, []]);
    expect((await run({ tokens: [warned('a', { next: null })] })).report).toEqual({ ...idle, not_due: 1 });
  });

  it('and that is due for what nobody knows is pushed forward', async () => {
    const { failures } = await run({ tokens: [warned('a', { next: { action: 'warn#3', at: inMs(0) } })] });
    expect(failures).toEqual([['the token a', 'warn#3 is due and in no schedule of the token.']]);
  });

  it.for([
    [undefined, 15 * minute],
    [0, 15 * minute],
    [1, 30 * minute],
    [3, 120 * minute],
    [6, 960 * minute],
    [7, day],
    [100, day],
  ] as const)('and whose handling failed %j times before is tried again later', async ([failures, ms]) => {
    const token = warned('a', failures === undefined ? {} : { sweep_failures: failures });
    const { done, report } = await run({ tokens: [token], claims: [new Error('Storage is away.')] });
    expect([done, report.failed]).toEqual([[['postpone', 'a', ms]], ['a']]);
  });

  it('and that cannot be pushed forward holds up no other, and is seen', async () => {
    const { report, failures } = await run({
      tokens: [warned('a'), warned('b')],
      claims: [new Error('Storage is away.')],
      fails: 'postpone',
    });
    expect(report).toEqual({ ...idle, failed: ['a'], notices: 1 });
    expect(failures).toEqual([
      ['the token a', 'Storage is away.'],
      ['pushing the token a forward', 'No postpone.'],
    ]);
  });

  it('and that cannot be read is tried again in a day', async () => {
    const { report, done, failures } = await run({ looks: [{ tokens: ['a', 'gone'] }], unreadable: ['a'] });
    expect(report).toEqual({ ...idle, failed: ['a'], not_due: 1 });
    expect(done).toEqual([['postpone', 'a', day]]);
    expect(failures).toEqual([['the token a', 'bad']]);
  });

  it('and whose stack is not there is pushed forward', async () => {
    const { failures, report } = await run({ tokens: [warned('a')], isStackThere: false });
    expect(report.failed).toEqual(['a']);
    expect(failures).toEqual([['the token a', `The stack ${stack} has tokens and no item of its own.`]]);
  });

  it('is one of a hundred that the bus is told of where more have failed', async () => {
    const tokens = Array.from({ length: 101 }, (_, at) => warned(`t${at}`));
    const { events, report } = await run({ tokens, isStackThere: false });
    expect(report.failed).toHaveLength(101);
    expect(events).toMatchObject([{ data: { failed: report.failed.slice(0, 100) } }]);
  });
});

describe('a clean-up that is due', () => {
  it('is made as the token was seen, and counted', async () => {
    const { report, cleanUps } = await run({ tokens: [over('a')], cleaned: [inMs(-2 * day), inMs(-1)] });
    expect(report).toEqual({ ...idle, cleaned_up: 1 });
    expect(cleanUps).toMatchObject([
      {
        seen: over('a'),
        cleanedBefore: [inMs(-2 * day), inMs(-1)],
        cleanedAfter: [inMs(-1), inMs(0)],
        receipt: { token_uid: 'a', reason: 'cleaned_up', actor: 'tokenward', epoch: null },
        audit: {
          created_by: 'tokenward',
          request_id: 'run-1',
          remote_addr: '',
          reason: 'cleaned_up',
          event_type: 'delete',
        },
      },
    ]);
  });

  it('is on condition of the one before, and of the limit', async () => {
    const tokens = ['a', 'b', 'c'].map((uid) => over(uid));
    const { report, cleanUps, claimed } = await run({ tokens, settings: { max_cleanup_per_day: 2 } });
    expect(cleanUps.map(({ cleanedBefore }) => cleanedBefore)).toEqual([[], [inMs(0)]]);
    expect(report).toEqual({ ...idle, cleaned_up: 2, held_back: 1 });
    expect(claimed).toMatchObject([
      { token: { uid: 'c' }, next: { action: 'clean_up', at: inMs(day) }, notice: { threshold: 'held_back' } },
    ]);
  });

  it('is not made where the token is not as it was seen', async () => {
    const { report, cleanUps } = await run({ tokens: [over('a'), over('b')], isAsSeen: false });
    expect(report).toEqual({ ...idle, not_due: 2 });
    expect(cleanUps.map(({ cleanedBefore }) => cleanedBefore)).toEqual([[], []]);
  });

  it.for<[ClaimOutcome, boolean, Partial<typeof idle>]>([
    ['claimed', true, { held_back: 1 }],
    ['claimed-before', true, { held_back: 1 }],
    ['claimed-before', false, { not_due: 1 }],
    ['changed', true, { not_due: 1 }],
  ])('and has to wait is counted after %s (%j)', async ([claim, isAsSeen, counts]) => {
    const given = { tokens: [over('a')], cleaned: [inMs(-1)], settings: { max_cleanup_per_day: 1 } };
    expect((await run({ ...given, claims: [claim], isAsSeen })).report).toEqual({ ...idle, ...counts });
  });
});
