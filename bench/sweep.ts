import { randomBytes } from 'node:crypto';
import { BatchWriteItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { dueAttributes } from '../functions/aws/keys.ts';
import { digestOf, mintTokenValue, mintUid } from '../functions/tokens/token-value.ts';
import type { StoredItem } from '../test/support/operator.ts';
import { RunningSystem } from '../test/support/running-system.ts';
import { presentStack } from './built-handlers.ts';
import { exactly, median, type Row, run } from './measure.ts';

const about =
  'What a tick of the sweep asks of storage, with the same tokens due among fewer and among many that are not: requests, and capacity\n' +
  'units as the engine counts them. The exponent is that of the best power law; it is 0 where the size of the table makes no difference.\n' +
  'A million tokens take half an hour and 4 GB; --large 200000 takes less.';

const minute = 60_000;
const day = 24 * 60 * minute;
const stacks = 5;
const batch = 25;
const batchesAtOnce = 4;
const random = (bytes: number) => randomBytes(bytes);

/** What one tick came to. */
interface Tick {
  readonly requests: number;
  readonly units: number;
  readonly ms: number;
}

async function measureSweep(rounds: number, sizes: Readonly<Record<string, number>>): Promise<readonly Row[]> {
  const { due = 0, small = 0, middle = 0, large = 0 } = sizes;
  await presentStack({});
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

/** A run of the deployed sweep. @throws where it does not claim what it should */
async function tick(running: RunningSystem, expected?: { notices: number }): Promise<Tick> {
  const sweeper = running.operator.roleOf('schedule/sweep');
  const recording = running.system.front.record();
  const from = performance.now();
  const done = await running.system.schedules.run('sweep').finally(() => recording.stop());
  const ms = performance.now() - from;
  const { notices } = (done?.result ?? {}) as { notices?: number };
  if (expected && notices !== expected.notices)
    throw new Error(`The sweep claims ${notices} notices, not ${expected.notices}: ${JSON.stringify(done)}`);
  const mine = recording.requests.filter(({ caller }) => caller === sweeper);
  return { requests: mine.length, units: mine.reduce((sum, { consumed = 0 }) => sum + consumed, 0), ms };
}

/** Tokens of some stacks whose warning of a week before was due a minute ago. */
async function makeDue(running: RunningSystem, count: number): Promise<void> {
  const at = running.system.clock.now().getTime() - minute;
  const [due, expires_at] = [new Date(at).toISOString(), new Date(at + 7 * day).toISOString()];
  for (let made = 0; made < stacks; made += 1) {
    const stack = await running.createStack();
    const { uid } = await running.createToken({ expires_on: inDays(running, 300) }, { stack });
    const model = await running.operator.token(uid);
    const some = Math.floor(count / stacks) + (made < count % stacks ? 1 : 0);
    await put(running, some, () => copyOf(model, { expires_at, action: 'warn#7', due }));
  }
}

/** Not due for a long time, each at an instant of its own. */
function fillerOf(model: StoredItem, running: RunningSystem): StoredItem {
  const left = (40 + Math.random() * 300) * day;
  const due = running.system.clock.now().getTime() + left;
  const [at, expires_at] = [new Date(due).toISOString(), new Date(due + 30 * day).toISOString()];
  return copyOf(model, { expires_at, action: 'warn#30', due: at });
}

function copyOf(
  model: StoredItem,
  { expires_at, action, due }: { expires_at: string; action: string; due: string },
): StoredItem {
  const uid = mintUid(random);
  const value = mintTokenValue(uid, random);
  const expiry = { expires_on: expires_at, expires_at, next_action: action, ...dueAttributes(due, uid, uid) };
  const own = { uid, name: `copy ${uid}`, digest: digestOf(value), hint: value.slice(-4) };
  return { ...model, pk: `TOKEN#${uid}`, ...own, ...expiry };
}

async function put(running: RunningSystem, count: number, make: () => StoredItem): Promise<void> {
  const { client, tables } = running.operator;
  const isWorthTelling = count > 1000;
  let left = count;
  const lane = async () => {
    while (left > 0) {
      const some = Math.min(batch, left);
      left -= some;
      const puts = Array.from({ length: some }, () => ({ PutRequest: { Item: marshall(make()) } }));
      const { UnprocessedItems = {} } = await client.send(
        new BatchWriteItemCommand({ RequestItems: { [tables.tokens]: puts } }),
      );
      if (Object.keys(UnprocessedItems).length > 0) throw new Error('The engine does not take all.');
      if (isWorthTelling && left % 10_000 < batch) process.stderr.write(`\r${count - left} of ${count} tokens put `);
    }
  };
  await Promise.all(Array.from({ length: batchesAtOnce }, lane));
  if (isWorthTelling) process.stderr.write('\n');
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

const inDays = (running: RunningSystem, days: number) =>
  new Date(running.system.clock.now().getTime() + days * day).toISOString();

await run({
  about,
  rounds: 3,
  sizes: { due: 50, small: 10_000, middle: 100_000, large: 1_000_000 },
  measure: measureSweep,
});
