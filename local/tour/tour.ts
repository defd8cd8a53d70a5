/** `npm run tour`: a fresh system, the story of one token told through the official SDK, and nothing left behind. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { writeLocalJson } from '../local-json.ts';
import { messageOf } from '../option-mistake.ts';
import { seed } from '../people/seeds.ts';
import { type System, startSystem } from '../system.ts';
import { synthesizeIfChanged } from '../template/synthesize.ts';
import { Guide, runSteps } from './tour-guide.ts';
import { steps } from './tour-steps.ts';

const HELP = `npm run tour [-- --help]

Starts a fresh system in a temporary directory, takes two tokens through their lives with the official SDK, and stops everything.
It ends with 0, or with 1 and the step that failed.

  DEBUG   full errors`;

const say = (line: string) => {
  if (!isInterrupted) console.log(line);
};
let home: string | undefined;
let starting: Promise<System> | undefined;
let isInterrupted = false;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
process.on('uncaughtException', (error) => {
  fail(error);
  void stop().then(() => process.exit(1));
});
try {
  const { values } = parseArgs({ options: { help: { type: 'boolean' } } });
  if (values.help) say(HELP);
  else if (!(await run())) process.exitCode = 1;
} catch (error) {
  fail(error);
} finally {
  await stop();
}

function interrupt(): void {
  if (isInterrupted) return;
  console.error('Interrupted.');
  isInterrupted = true;
  void stop().then(() => process.exit(1));
}

/** After an interruption the story breaks off under its own feet: that is what was asked for. */
function fail(error: unknown): void {
  process.exitCode = 1;
  if (isInterrupted) return;
  console.error(process.env.DEBUG ? error : `npm run tour: ${messageOf(error, 'npm run tour -- --help')}`);
}

async function run(): Promise<boolean> {
  const begunAt = performance.now();
  home = await mkdtemp(path.join(tmpdir(), 'tokenward-tour-'));
  const assembly = await synthesizeIfChanged(path.resolve(import.meta.dirname, '../..'), say);
  starting = startSystem({ home, assembly, log: (line) => isInterrupted || console.error(line) });
  const system = await starting;
  // The tour runs the sweep itself. One that came by the clock would take the work away from it.
  system.schedules.close();
  const { stack } = await seed(system);
  const guide = new Guide(await writeLocalJson(system, stack));
  say(`A fresh system answers at ${system.endpoint} after ${seconds(begunAt)}. The stack is "${stack.name}".\n`);
  const startedAt = performance.now();
  const hasPassed = await runSteps(steps, guide, say);
  if (hasPassed) say(`\nAll ${steps.length} steps went as expected, in ${seconds(startedAt)}.`);
  return hasPassed;
}

/** Also when the start is still under way. */
async function stop(): Promise<void> {
  const system = await starting?.catch(() => undefined);
  await system?.close();
  if (home) await rm(home, { recursive: true, force: true });
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}
