import { Cron } from 'croner';
import type { Clock } from '../../clock.ts';
import { titleOf } from '../../template/resource-properties.ts';
import type { AsyncInvocations } from '../lambda/async-invocations.ts';
import type { FunctionError } from '../lambda/function-pool.ts';
import type { Functions } from '../lambda/functions.ts';
import { busEvent } from './event-bus.ts';
import type { Rule, Target } from './rules.ts';

/** What one run by hand came to. */
export interface ScheduleRun {
  readonly name: string;
  /** what the function was told, by the local clock */
  readonly time: string;
  /** what it returned, unless it failed */
  readonly result?: unknown;
  readonly error?: FunctionError;
}
export interface Schedules {
  /** The names of their functions without the folder: `sweep`. */
  readonly names: readonly string[];
  /** Runs one now, once; undefined for a name that there is not. */
  run(name: string): Promise<ScheduleRun | undefined>;
  /** Stops the clock: from now on they run by hand only. */
  close(): void;
}
export interface SchedulesOptions {
  readonly rules: readonly Rule[];
  readonly clock: Pick<Clock, 'now' | 'offset'>;
  readonly functions: Pick<Functions, 'invoke'>;
  readonly invocations: Pick<AsyncInvocations, 'send'>;
}

type Next = (after: Date) => Date | null;
interface Schedule extends Target {
  readonly name: string;
  readonly arn: string;
  readonly isEnabled: boolean;
  readonly next: Next;
  due: Date | null;
}

const TICK_MS = 1000;
const UNITS_MS = new Map([
  ['minute', 60_000],
  ['hour', 3_600_000],
  ['day', 86_400_000],
]);

/** Starts the rules with a ScheduleExpression. Throws for an expression that AWS would not take. */
export function startSchedules({ rules, clock, functions, invocations }: SchedulesOptions): Schedules {
  const schedules = rules.flatMap(schedulesOf);
  const offset = new BigInt64Array(clock.offset);
  let planned: bigint | undefined;
  const tick = () => {
    const now = clock.now();
    // A clock that was moved passes over instants in no time, and those are no missed ticks.
    const isMoved = planned !== Atomics.load(offset, 0);
    planned = Atomics.load(offset, 0);
    for (const schedule of schedules) {
      const isDue = schedule.due !== null && schedule.due <= now;
      if (!isMoved && !isDue) continue;
      if (!isMoved && schedule.due && schedule.isEnabled)
        invocations.send(schedule.lambda.logicalId, eventOf(schedule, schedule.due));
      schedule.due = schedule.next(now);
    }
  };
  tick();
  const timer = setInterval(tick, TICK_MS).unref();
  return {
    names: schedules.map(({ name }) => name),
    run: async (name) => {
      const schedule = schedules.find((one) => one.name === name);
      if (!schedule) return undefined;
      const time = clock.now();
      const result = await functions.invoke(schedule.lambda.logicalId, eventOf(schedule, time));
      return { name, time: time.toISOString(), ...('error' in result ? result : { result: result.payload }) };
    },
    close: () => clearInterval(timer),
  };
}

function schedulesOf({ schedule, targets, arn, isEnabled }: Rule): Schedule[] {
  if (schedule === undefined) return [];
  const next = nextOf(schedule);
  return targets.map((target) => ({
    ...target,
    name: titleOf(target.lambda).replace(/^.*\//, ''),
    arn,
    isEnabled,
    next,
    due: null,
  }));
}

function eventOf({ input, arn }: Schedule, time: Date): object {
  return (
    input ?? busEvent({ source: 'aws.events', 'detail-type': 'Scheduled Event', resources: [arn], detail: {} }, time)
  );
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html */
function nextOf(expression: string): Next {
  const [, value, unit = ''] = /^rate\((\d+) (\w+?)s?\)$/.exec(expression) ?? [];
  const period = Number(value) * (UNITS_MS.get(unit) ?? 0);
  if (period > 0) return (after) => new Date(after.getTime() + period);
  const [, fields = ''] = /^cron\((.+)\)$/.exec(expression) ?? [];
  const [, , dayOfMonth, , dayOfWeek, year, ...others] = fields.split(' ');
  if (year === undefined || others.length > 0 || (dayOfMonth === '?') === (dayOfWeek === '?'))
    throw new Error(`${expression} is no schedule expression: rate(15 minutes), cron(0 8 * * ? *)`);
  const cron = new Cron(`0 ${fields}`, {
    alternativeWeekdays: true,
    sloppyRanges: true,
    mode: '7-part',
    timezone: 'UTC',
  });
  return (after) => cron.nextRun(after);
}
