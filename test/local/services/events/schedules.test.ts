import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Schedules, startSchedules } from '../../../../local/services/events/schedules.ts';

const sent = vi.fn();
let schedules: Schedules | undefined;
let offset: BigInt64Array;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'], now: Date.parse('2026-03-01T07:50:00Z') });
  sent.mockClear();
});
afterEach(() => {
  schedules?.close();
  schedules = undefined;
  vi.useRealTimers();
});

function start(
  schedule: string,
  { isEnabled = true, invoke = async () => ({ payload: { warned: 3 } }) as never } = {},
): void {
  const clock = { now: () => new Date(Date.now() + Number(offset[0])), offset: new SharedArrayBuffer(8) };
  offset = new BigInt64Array(clock.offset);
  const lambda = {
    logicalId: 'Fn1',
    name: 'Fn1',
    type: 'AWS::Lambda::Function',
    properties: {},
    metadata: { 'tokenward:function': 'schedule/sweep' },
  };
  const arn = 'arn:aws:events:us-east-1:000000000000:rule/Sweep';
  const rules = [
    { arn, bus: 'default', isEnabled, schedule, matches: () => false, targets: [{ lambda, input: undefined }] },
  ];
  schedules = startSchedules({ rules, clock, functions: { invoke }, invocations: { send: sent } });
}
const times = () => sent.mock.calls.map(([, event]) => event.time);
const move = (ms: number) => Atomics.add(offset, 0, BigInt(ms));
const HOUR = 3_600_000;

describe('by the clock', () => {
  it.each([
    ['rate(15 minutes)', ['2026-03-01T08:05:00Z', '2026-03-01T08:20:00Z']],
    ['rate(1 hour)', []],
    ['cron(0 8 * * ? *)', ['2026-03-01T08:00:00Z']],
    ['cron(0/15 * * * ? *)', ['2026-03-01T08:00:00Z', '2026-03-01T08:15:00Z', '2026-03-01T08:30:00Z']],
    ['cron(0/15 * ? * SUN *)', ['2026-03-01T08:00:00Z', '2026-03-01T08:15:00Z', '2026-03-01T08:30:00Z']],
    ['cron(0 8 ? * MON *)', []],
  ])('%s runs when it is due', (expression, expected) => {
    start(expression);
    vi.advanceTimersByTime(40 * 60_000 + 1000);
    expect(times()).toEqual(expected);
    expect(schedules?.names).toEqual(['sweep']);
  });

  it('the event is that of a schedule', () => {
    start('cron(0 8 * * ? *)');
    vi.advanceTimersByTime(HOUR);
    expect(sent).toHaveBeenCalledExactlyOnceWith('Fn1', {
      version: '0',
      id: expect.any(String),
      'detail-type': 'Scheduled Event',
      source: 'aws.events',
      account: '000000000000',
      time: '2026-03-01T08:00:00Z',
      region: 'us-east-1',
      resources: ['arn:aws:events:us-east-1:000000000000:rule/Sweep'],
      detail: {},
    });
  });

  it('a clock that is moved runs no missed ticks, and the next one comes when it shows it', () => {
    start('cron(0 8 * * ? *)');
    move(7 * 24 * HOUR + HOUR / 2);
    vi.advanceTimersByTime(2000);
    expect(times()).toEqual([]);
    move(23 * HOUR);
    vi.advanceTimersByTime(HOUR);
    expect(times()).toEqual(['2026-03-09T08:00:00Z']);
  });

  it('a rule that is disabled does not run', () => {
    start('rate(1 minute)', { isEnabled: false });
    vi.advanceTimersByTime(HOUR);
    expect(sent).not.toHaveBeenCalled();
  });
});

describe('by hand', () => {
  it('they still run when their clock was stopped, and no other way', async () => {
    start('rate(1 minute)');
    schedules?.close();
    vi.advanceTimersByTime(HOUR);
    expect(sent).not.toHaveBeenCalled();
    expect(await schedules?.run('sweep')).toMatchObject({ result: { warned: 3 } });
  });

  it('it answers when it has finished, with the time of the clock and what the function returned', async () => {
    start('rate(1 day)');
    move(HOUR);
    expect(await schedules?.run('sweep')).toEqual({
      name: 'sweep',
      time: '2026-03-01T08:50:00.000Z',
      result: { warned: 3 },
    });
  });

  it('a function that fails is told of', async () => {
    const error = { errorType: 'Error', errorMessage: 'no' };
    start('rate(1 day)', { invoke: async () => ({ error }) as never });
    expect(await schedules?.run('sweep')).toEqual({ name: 'sweep', time: expect.any(String), error });
  });
});

it.each([
  'rate(0 minutes)',
  'rate(5 weeks)',
  'cron(0 8 * * *)',
  'cron(0 25 * * ? *)',
  'cron(0 8 * * * *)',
  'every day',
])('%s is refused at start', (expression) => {
  expect(() => start(expression)).toThrow();
});
