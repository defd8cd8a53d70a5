/** The local system as a program of its own, under load: its memory, its disk, and how far its receipts fall behind. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { StartedProgram } from '../test/support/started-program.ts';
import { LoadOnTokens } from './load-on-tokens.ts';
import { watchMemory } from './process-memory.ts';

const USUAL = { verifications: 60_000, callers: 16, deletions: 2000, rate: 10, sessions: 0, rest: 10 };
const HELP = `npm run bench:load [-- options]

Starts the local system on a home of its own, verifies a token many times, then creates and deletes tokens at a steady rate.
Shows the memory of the whole process tree (Linux only), the home's size on disk, and how far receipts were behind.

  --verifications N   ${USUAL.verifications} unless given
  --callers N         how many verify at a time; ${USUAL.callers} unless given
  --deletions N       ${USUAL.deletions} unless given; each with a creation
  --rate N            deletions a second; ${USUAL.rate} unless given
  --sessions N        of each token that is deleted; ${USUAL.sessions} unless given
  --rest N            seconds of rest before memory is read for the last time; ${USUAL.rest} unless given
  --help`;

/** The bar: of the whole process tree, after the load. */
const MOST_MB = 700;
const MB = 1024 * 1024;

const text = { type: 'string' } as const;
const options = { verifications: text, callers: text, deletions: text, rate: text, sessions: text, rest: text };
const { help, ...given } = parseArgs({ options: { ...options, help: { type: 'boolean' } } }).values;
if (help) console.log(HELP);
else
  await run({ ...USUAL, ...Object.fromEntries(Object.entries(given).map(([name, value]) => [name, Number(value)])) });

async function run({ verifications, callers, deletions, rate, sessions, rest }: typeof USUAL): Promise<void> {
  const home = mkdtempSync(path.join(tmpdir(), 'tokenward-load-'));
  const started = performance.now();
  const program = await StartedProgram.start(home);
  show('start', `${secondsSince(started)} s`);
  const memory = watchMemory(JSON.parse(readFileSync(path.join(home, 'owner.json'), 'utf8')).pid);
  const showMemory = (when: string) => show(`memory ${when}`, `${mb(memory.now())}, at most ${mb(memory.takeMost())}`);
  try {
    const load = await LoadOnTokens.prepare(program);
    showMemory('at rest');
    const first = performance.now();
    const statuses = await load.verify(verifications, callers);
    show('verifications', `${JSON.stringify(statuses)} in ${secondsSince(first)} s`);
    showMemory('after the verifications');
    const second = performance.now();
    const took = await load.deleteTokens({ count: deletions, rate, sessions });
    show('creations and deletions', `${deletions} in ${secondsSince(second)} s; a pair took ${quantiles(took)} ms`);
    showMemory('after the deletions');
    const delays = await load.receipts();
    show('receipts, completed after', `${quantiles(delays.map(({ completed }) => completed))} ms`);
    show('receipts, of that waiting', `${quantiles(delays.map(({ waited }) => waited))} ms`);
    show('home on disk', `${mb(sizeOf(home))}, of it logs ${mb(sizeOf(path.join(home, 'logs')))}`);
    await sleep(1000 * rest);
    showMemory(`${rest} s later`);
    show(`bar: at most ${MOST_MB} MB`, memory.now() <= MOST_MB * MB ? 'met' : 'not met');
  } finally {
    memory.stop();
    await program.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

function sizeOf(directory: string): number {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.reduce((sum, file) => sum + statSync(path.join(file.parentPath, file.name)).size, 0);
}

function quantiles(numbers: readonly number[]): string {
  const sorted = numbers.toSorted((one, other) => one - other);
  const at = (part: number) => (sorted[Math.floor(part * (sorted.length - 1))] ?? 0).toFixed(0);
  return `p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)}`;
}

function mb(bytes: number): string {
  return `${(bytes / MB).toFixed(0)} MB`;
}

function secondsSince(from: number): string {
  return ((performance.now() - from) / 1000).toFixed(1);
}

function show(what: string, value: string): void {
  console.log(`${what.padEnd(32)} ${value}`);
}
