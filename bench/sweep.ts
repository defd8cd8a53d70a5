import type { StoredItem } from '../test/support/operator.ts';
import { RunningSystem } from '../test/support/running-system.ts';
import { presentStack } from './built-handlers.ts';
import { exactly, median, type Row, run } from './measure.ts';
import { measureOneStack } from './sweep-of-one-stack.ts';
import { copyOf, day, dueToken, inDays, put, type Tick, tick } from './tick.ts';

const about =
  'What a tick of the sweep asks of storage, with the same tokens due among fewer and among many that are not: requests, and capacity\n' +
  'units as the engine counts them. The exponent is that of the best power law; it is 0 where the size of the table makes no difference.\n' +
  'A million tokens take half an hour and 4 GB; --large 200000 takes less.\n' +
  'Then what each of 45 tokens costs that are due at once, in one stack and in 45 stacks: its claim, and its claim with the mails.';

const stacks = 5;
/** The most tokens that a plan allows. */
const mostInOneStack = 45;

async function measureSweep(rounds: number, sizes: Readonly<Record<string, number>>): Promise<readonly Row[]> {
  const { due = 0, small = 0, middle = 0, large = 0 } = sizes;
  // Nobody reads the stream: what is written here was not done by anybody.
  const running = await RunningSystem.start({ streams: false });
  try {
    const model = await running.operator.token((await running.createToken({ expires_on: inDays(running, 300) })).uid);
    await tick(running);
    const measured: { size: number; busy: Tick; idle: Tick }[] = [];
    let there = 0;
    for (const size of [small, middle, large]) {
      await put(running, size - there, () => fillerOf(model, running));
      there = size;
      measured.push({ size, ...(await measureAt(running, { size, due, rounds })) });
    }
    return rowsOf(measured, due);
  } finally {
    await running.stop();
  }
}

async function measureAt(
  running: RunningSystem,
  { size, due, rounds }: { size: number; due: number; rounds: number },
): Promise<{ busy: Tick; idle: Tick }> {
  const ticks: { busy: Tick; idle: Tick }[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    await makeDue(running, due);
    const busy = await tick(running, { notices: due });
    // The first is thrown away: whatever else had become due is in it.
    if (round > 0) ticks.push({ busy, idle: await tick(running, { notices: 0 }) });
    process.stderr.write(`\r${size} tokens: ${round} of ${rounds} rounds `);
  }
  process.stderr.write('\n');
  const middleOf = (some: readonly Tick[]): Tick => ({
    requests: median(some.map(({ requests }) => requests)),
    units: median(some.map(({ units }) => units)),
    ms: median(some.map(({ ms }) => ms)),
  });
  return { busy: middleOf(ticks.map(({ busy }) => busy)), idle: middleOf(ticks.map(({ idle }) => idle)) };
}

/** Tokens of some stacks whose warning of a week before was due a minute ago. */
async function makeDue(running: RunningSystem, count: number): Promise<void> {
  const now = running.system.clock.now();
  for (let made = 0; made < stacks; made += 1) {
    const stack = await running.createStack();
    const { uid } = await running.createToken({ expires_on: inDays(running, 300) }, { stack });
    const model = await running.operator.token(uid);
    const some = Math.floor(count / stacks) + (made < count % stacks ? 1 : 0);
    await put(running, some, () => dueToken(model, now));
  }
}

/** Not due for a long time, each at an instant of its own. */
function fillerOf(model: StoredItem, running: RunningSystem): StoredItem {
  const left = (40 + Math.random() * 300) * day;
  const due = running.system.clock.now().getTime() + left;
  const [at, expires_at] = [new Date(due).toISOString(), new Date(due + 30 * day).toISOString()];
  return copyOf(model, { expires_at, action: 'warn#30', due: at });
}

function rowsOf(measured: readonly { size: number; busy: Tick; idle: Tick }[], due: number): readonly Row[] {
  const row = (what: string, of: 'busy' | 'idle', by: keyof Tick, bar?: { atMost: number }): Row => ({
    what,
    estimate: exactly(exponentOf(measured.map((each) => [each.size, each[of][by]]))),
    ...(bar ? { bar } : {}),
    sides: measured.map((each) => `${each.size}: ${each[of][by].toFixed(by === 'ms' ? 0 : 1)}`).join(', '),
  });
  const bar = { atMost: 0.02 };
  return [
    row(`requests with ${due} due, exponent`, 'busy', 'requests', bar),
    row(`capacity units with ${due} due, exponent`, 'busy', 'units', bar),
    row('requests with none due, exponent', 'idle', 'requests', bar),
    row('capacity units with none due, exponent', 'idle', 'units', bar),
    row(`ms with ${due} due, exponent`, 'busy', 'ms'),
  ];
}

/** Of the power law that fits best: the slope of the logarithms. */
function exponentOf(points: readonly (readonly [size: number, value: number])[]): number {
  const logs = points.map(([size, value]) => [Math.log(size), Math.log(value)] as const);
  const mean = (of: (point: readonly [number, number]) => number) =>
    logs.reduce((sum, point) => sum + of(point), 0) / logs.length;
  const [x, y] = [mean(([size]) => size), mean(([, value]) => value)];
  return mean(([size, value]) => (size - x) * (value - y)) / mean(([size]) => (size - x) ** 2);
}

await run({
  about,
  rounds: 3,
  sizes: { due: 50, small: 10_000, middle: 100_000, large: 1_000_000, together: mostInOneStack },
  measure: async (rounds, sizes) => {
    await presentStack({});
    return [
      ...(await measureOneStack(3 * rounds, sizes.together ?? mostInOneStack)),
      ...(await measureSweep(rounds, sizes)),
    ];
  },
});
