/** `npm run test:long`: as many schedules and generated inputs as a number of minutes has room for, each round from a seed of its own. */
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { LongRun } from './support/long-run.ts';

const HELP = `npm run test:long [-- --minutes N]

Runs what takes too long for npm test: kill -9 under load, every bug that a law has to see, every call of a round that fails.
Spends the rest of the time on the laws and on generated input, in rounds with fresh seeds. It ends with how much each test drew.

  --minutes N   60 unless given; each property has one round at least
  --help`;

const projectRoot = path.resolve(import.meta.dirname, '..');
const once = ['test/**/*.long.ts', 'test/laws/12-twice-late-out-of-order.test.ts'];
const drawing = ['test/laws/*.races.test.ts', 'test/http/generated-*.test.ts'];
const filesOf = (patterns: readonly string[]) => globSync([...patterns], { cwd: projectRoot }).sort();

const { help, minutes = '60' } = parseArgs({
  options: { minutes: { type: 'string' }, help: { type: 'boolean' } },
}).values;
if (help) console.log(HELP);
else {
  const deadline = performance.now() + 60_000 * wholeNumber(minutes);
  const run = new LongRun(projectRoot);
  process.once('exit', () => run.stop());
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  await run.once(filesOf(once));
  await run.drawUntil(deadline, { files: filesOf(drawing), lanes: availableParallelism() });
  for (const line of run.summary()) console.log(line);
  process.exitCode = run.failures.length > 0 ? 1 : 0;
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new Error('--minutes must be a whole number, for example 20.');
  return Number(text);
}
