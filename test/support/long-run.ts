import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import * as z from 'zod';

const TestSchema = z.object({
  fullName: z.string(),
  status: z.string(),
  failureMessages: z.array(z.string()),
  meta: z.object({ drawn: z.number().optional() }),
});
type Test = z.infer<typeof TestSchema>;
const FileSchema = z.object({ status: z.string(), message: z.string(), assertionResults: z.array(TestSchema) });
/** What vitest's JSON reporter writes, as much of it as is read here. */
const ReportSchema = z.object({ testResults: z.array(FileSchema) });

/** Fewer would not do: rare events are counted, and a round starts a process. */
const fewestRuns = 5000;
/** A failure is repeated from the start of its round, so no round is longer. */
const longestRoundMs = 120_000;

/** A file of tests that draw, and how its rounds went. */
interface Drawing {
  readonly file: string;
  spentMs: number;
  /** What the next round draws for each law (`TOKENWARD_RUNS`). */
  runs: number;
  /** Of the last round. */
  msPerRun: number;
  state: 'idle' | 'under way' | 'failed';
}

/** Runs files of tests by vitest, again and again until a time is over, and adds up what they drew. */
export class LongRun {
  /** Each with what repeats it. */
  readonly failures: string[] = [];
  readonly #projectRoot: string;
  readonly #drawn = new Map<string, { total: number; seeds: number }>();
  readonly #children = new Set<ChildProcess>();
  readonly #directory = mkdtempSync(path.join(tmpdir(), 'tokenward-long-'));

  constructor(projectRoot: string) {
    this.#projectRoot = projectRoot;
  }

  /** Ends what is under way. */
  stop(): void {
    for (const child of this.#children) child.kill();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** Runs files one after the other: some of them measure time. */
  async once(files: readonly string[]): Promise<void> {
    for (const file of files) await this.#round(file, { TOKENWARD_LONG: 'true' });
  }

  /** Gives each file the same time, in rounds with fresh seeds. Each has one round, even if the time is over already. */
  async drawUntil(
    deadline: number,
    { files, lanes }: { readonly files: readonly string[]; readonly lanes: number },
  ): Promise<void> {
    const drawings = files.map((file): Drawing => ({ file, spentMs: 0, runs: fewestRuns, msPerRun: 0, state: 'idle' }));
    const lane = async () => {
      for (let next = leastSpent(drawings, deadline); next; next = leastSpent(drawings, deadline)) {
        const left = (Math.max(0, deadline - performance.now()) * lanes) / drawings.length;
        await this.#draw(next, Math.min(longestRoundMs, left));
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
  }

  /** What each test drew, and what failed. */
  summary(): string[] {
    const drawn = [...this.#drawn].map(
      ([test, { total, seeds }]) => `${String(total).padStart(9)} from ${seeds} seeds  ${test}`,
    );
    const failed = this.failures.length > 0 ? ['', `${this.failures.length} failed:`, ...this.failures] : [];
    return ['', 'Schedules or inputs that each test drew:', ...drawn, ...failed];
  }

  async #draw(drawing: Drawing, wantedMs: number): Promise<void> {
    if (drawing.msPerRun > 0) drawing.runs = Math.max(fewestRuns, Math.floor(wantedMs / drawing.msPerRun));
    drawing.state = 'under way';
    const from = performance.now();
    const isGreen = await this.#round(drawing.file, { TOKENWARD_RUNS: String(drawing.runs) });
    const ms = performance.now() - from;
    drawing.spentMs += ms;
    drawing.msPerRun = ms / drawing.runs;
    drawing.state = isGreen ? 'idle' : 'failed';
  }

  /** @returns whether every test passed */
  async #round(file: string, variables: Readonly<Record<string, string>>): Promise<boolean> {
    const settings = { TOKENWARD_SEED: String(randomInt(2 ** 31)), ...variables };
    const report = path.join(this.#directory, `${randomInt(2 ** 40)}.json`);
    const from = performance.now();
    const output = await this.#vitest([file, '--reporter=json', `--outputFile=${report}`], settings);
    const seconds = ((performance.now() - from) / 1000).toFixed(0);
    const repeat = [
      ...Object.entries(settings).map((pair) => pair.join('=')),
      `npx vitest run --config vitest.long.config.ts ${file}`,
    ].join(' ');
    const failures = this.#read(report, output);
    console.log(`${failures.length > 0 ? 'FAILED' : 'passed'} in ${seconds} s: ${repeat}`);
    for (const failure of failures) this.failures.push(`${repeat}\n${failure}`);
    return failures.length === 0;
  }

  /** Adds up what the tests of a round drew. @returns what failed */
  #read(report: string, output: string): string[] {
    if (!existsSync(report)) return [output];
    const { testResults } = ReportSchema.parse(JSON.parse(readFileSync(report, 'utf8')));
    rmSync(report);
    const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
    for (const test of tests) this.#add(test);
    const failed = tests.filter(({ status }) => status === 'failed');
    if (failed.length > 0 || testResults.every(({ status }) => status === 'passed'))
      return failed.map(({ fullName, failureMessages }) => `${fullName}\n${failureMessages.join('\n')}`);
    return testResults.map(({ message }) => message);
  }

  #add({ fullName, meta: { drawn } }: Test): void {
    if (drawn === undefined) return;
    const { total, seeds } = this.#drawn.get(fullName) ?? { total: 0, seeds: 0 };
    this.#drawn.set(fullName, { total: total + drawn, seeds: seeds + 1 });
  }

  async #vitest(args: readonly string[], settings: Readonly<Record<string, string>>): Promise<string> {
    const program = path.join(this.#projectRoot, 'node_modules/vitest/vitest.mjs');
    const child = spawn(process.execPath, [program, 'run', '--config', 'vitest.long.config.ts', ...args], {
      cwd: this.#projectRoot,
      env: { ...process.env, ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#children.add(child);
    const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    this.#children.delete(child);
    return `${out}\n${errors}`;
  }
}

/** The file that was given least time so far and still has room for a round. */
function leastSpent(drawings: readonly Drawing[], deadline: number): Drawing | undefined {
  const left = deadline - performance.now();
  return drawings
    .filter(({ state, msPerRun }) => state === 'idle' && (msPerRun === 0 || msPerRun * fewestRuns < left))
    .toSorted((one, other) => one.spentMs - other.spentMs)[0];
}
