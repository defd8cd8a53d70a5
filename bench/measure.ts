import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';

/** A number with its 95 % bootstrap interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export type Bar = { readonly atMost: number } | { readonly atLeast: number };

/** One line of the table. Without a bar it is there to be known. */
export interface Row {
  readonly what: string;
  readonly estimate: Estimate;
  readonly bar?: Bar;
  /** The two sides in absolute numbers, with their unit. */
  readonly sides?: string;
}

export interface Benchmark {
  /** What `--help` says, and what stands above the table. */
  readonly about: string;
  /** Unless `--rounds` says otherwise. */
  readonly rounds: number;
  /** Whole numbers that it takes besides, by the option's name: what each is unless given. */
  readonly sizes?: Readonly<Record<string, number>>;
  measure(rounds: number, sizes: Readonly<Record<string, number>>): Promise<readonly Row[]>;
}

/** Runs a benchmark as a program: options, measuring, table. It fails only when it could not measure. */
export async function run({ about, rounds, sizes = {}, measure }: Benchmark): Promise<void> {
  const numbers = Object.entries({ rounds, ...sizes });
  const options = Object.fromEntries(numbers.map(([name]) => [name, { type: 'string' } as const]));
  const parsed = parseArgs({ options: { ...options, help: { type: 'boolean' } } });
  const values: Readonly<Record<string, unknown>> = parsed.values;
  const help = numbers.map(([name, usual]) => `  --${name} N   ${usual} unless given`);
  if (values.help) return console.log([about, '', ...help, '  --help'].join('\n'));
  const given = Object.fromEntries(numbers.map(([name, usual]) => [name, wholeNumber(name, values[name] ?? usual)]));
  const wanted = given.rounds ?? rounds;
  const load = loadavg();
  // The next block throws, so that the benchmark stops what it started: an engine outlives the process that is killed.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interruption.abort());
  const rows = await measure(wanted, given);
  console.log(`\n${about}\n${surroundings(wanted, load)}\n`);
  for (const line of table(rows)) console.log(line);
  // Whatever still holds a socket or a timer is not waited for.
  process.exit(0);
}

function wholeNumber(name: string, value: unknown): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${name} takes a whole number, 1 at least.`);
  return number;
}

const interruption = new AbortController();

/**
 * Measures variants round by round, in random order inside each round, so that what drifts on the machine meets all of them alike.
 * The first round of each is thrown away.
 */
export async function interleave<N extends string, S>(
  variants: Readonly<Record<N, () => Promise<S>>>,
  rounds: number,
): Promise<Readonly<Record<N, readonly S[]>>> {
  const names = Object.keys(variants) as N[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as S[]])) as Record<N, S[]>;
  for (let round = 0; round <= rounds; round += 1) {
    if (process.stderr.isTTY) process.stderr.write(`\r${round} of ${rounds} rounds `);
    for (const name of shuffled(names)) {
      interruption.signal.throwIfAborted();
      const sample = await variants[name]();
      if (round > 0) samples[name].push(sample);
    }
  }
  return samples;
}

/** What a block of calls took for each call: ms of wall-clock time at the median and on average, and ms of this process's CPU. */
export interface BlockSample {
  readonly median: number;
  readonly wall: number;
  readonly cpu: number;
}

/** Calls something again and again, by that many callers at a time. */
export async function block(call: () => Promise<unknown>, { calls, callers = 1 }: BlockSize): Promise<BlockSample> {
  const took: number[] = [];
  let left = calls;
  const caller = async () => {
    while (left-- > 0) {
      const from = performance.now();
      await call();
      took.push(performance.now() - from);
    }
  };
  const [start, cpuBefore] = [performance.now(), process.cpuUsage()];
  await Promise.all(Array.from({ length: callers }, caller));
  const { user, system } = process.cpuUsage(cpuBefore);
  return { median: median(took), wall: (performance.now() - start) / calls, cpu: (user + system) / 1000 / calls };
}

export interface BlockSize {
  readonly calls: number;
  /** One after the other unless given. */
  readonly callers?: number;
}

const resamples = 4000;

/** The row that compares two variants by one of their measures, in ms. */
export function compare<N extends string, S>(
  samples: Readonly<Record<N, readonly S[]>>,
  { of, over, by, what = `${of} / ${over}`, ...bar }: Comparison<N, S>,
): Row {
  const [these, those] = [samples[of].map(by), samples[over].map(by)];
  const shown = (ms: number) => (ms < 10 ? `${(ms * 1000).toFixed(0)} us` : `${ms.toFixed(1)} ms`);
  return { what, estimate: ratio(these, those), ...bar, sides: `${shown(median(these))} / ${shown(median(those))}` };
}

export interface Comparison<N extends string, S> {
  readonly of: N;
  readonly over: N;
  readonly by: (sample: S) => number;
  readonly what?: string;
  readonly bar?: Bar;
}

/** The ratio of two medians. A round is resampled whole: what disturbs one of its sides disturbs the other too. */
export function ratio(of: readonly number[], over: readonly number[]): Estimate {
  const drawn = Array.from({ length: resamples }, () => {
    const rounds = of.map(() => Math.floor(Math.random() * of.length));
    return median(rounds.map((round) => of[round] ?? 0)) / median(rounds.map((round) => over[round] ?? 0));
  }).sort((one, other) => one - other);
  const quantile = (part: number) => drawn[Math.floor(part * (resamples - 1))] ?? Number.NaN;
  return { value: median(of) / median(over), low: quantile(0.025), high: quantile(0.975) };
}

/** What was counted and not measured. */
export const exactly = (value: number): Estimate => ({ value, low: value, high: value });

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((one, other) => one - other);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}

function shuffled<T>(things: readonly T[]): T[] {
  return things
    .map((thing) => ({ thing, at: Math.random() }))
    .sort((one, other) => one.at - other.at)
    .map(({ thing }) => thing);
}

/** Met when the whole interval is within the bar, not when only the value is: then more rounds may tell. */
function verdict({ value, low, high }: Estimate, bar: Bar): string {
  const [limit, within] = 'atMost' in bar ? [bar.atMost, high <= bar.atMost] : [bar.atLeast, low >= bar.atLeast];
  if (within) return 'met';
  return ('atMost' in bar ? value <= limit : value >= limit) ? 'not met (interval)' : 'not met';
}

function table(rows: readonly Row[]): string[] {
  const cells = rows.map(({ what, estimate, bar, sides = '' }) => [
    what,
    estimate.value.toFixed(2),
    `[${estimate.low.toFixed(2)}, ${estimate.high.toFixed(2)}]`,
    bar ? ('atMost' in bar ? `<= ${bar.atMost}` : `>= ${bar.atLeast}`) : '',
    bar ? verdict(estimate, bar) : '',
    sides,
  ]);
  const all = [['', 'ratio', '95 %', 'bar', '', 'medians'], ...cells];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? [];
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** What the numbers depend on. package.json pins exact versions. */
function surroundings(rounds: number, load: readonly number[]): string {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const pinned: Record<string, string> = {
    ...manifest.devDependencies,
    ...manifest.dependencies,
    ...manifest.optionalDependencies,
  };
  const named = ['@aws-sdk/client-dynamodb', '@middy/core', 'zod', 'jose', 'esbuild', '@dynoxide/linux-x64'];
  const packages = named.map((name) => `${name} ${pinned[name]}`).join(', ');
  return [
    `node ${process.versions.node}, ${packages}`,
    `${availableParallelism()} x ${cpus()[0]?.model}, load before ${load[0]?.toFixed(1)}; ${rounds} rounds`,
  ].join('\n');
}
