/** `npm run tour`: a fresh system, the story of one token told through the official SDK, and nothing left behind. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { writeLocalJson } from './local-json.ts';
import { seed } from './seeds.ts';
import { synthesizeIfChanged } from './synthesize.ts';
import { type System, startSystem } from './system.ts';
import { Guide, tell } from './tour-guide.ts';
import { steps } from './tour-steps.ts';

const say = (line: string) => console.log(line);
const home = await mkdtemp(path.join(tmpdir(), 'tokenward-tour-'));
let starting: Promise<System> | undefined;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'uncaughtException'] as const) {
  process.once(signal, (reason) => {
    console.error(reason);
    void stop().then(() => process.exit(1));
  });
}
try {
  process.exitCode = (await run()) ? 0 : 1;
} catch (error) {
  console.error(process.env.DEBUG ? error : `npm run tour: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
} finally {
  await stop();
}

async function run(): Promise<boolean> {
  const begunAt = performance.now();
  const assembly = await synthesizeIfChanged(path.resolve(import.meta.dirname, '..'), say);
  starting = startSystem({ home, assembly, log: (line) => console.error(line) });
  const system = await starting;
  // The tour runs the sweep itself. One that came by the clock would take the work away from it.
  system.schedules.close();
  const { stack } = await seed(system);
  const guide = new Guide(await writeLocalJson(system, stack));
  say(`A fresh system answers at ${system.endpoint} after ${seconds(begunAt)}. The stack is "${stack.name}".\n`);
  const toldAt = performance.now();
  const wentAsTold = await tell(steps, guide, say);
  if (wentAsTold) say(`\nAll ${steps.length} steps went as told, in ${seconds(toldAt)}.`);
  return wentAsTold;
}

/** Also when the start is still under way. */
async function stop(): Promise<void> {
  const system = await starting?.catch(() => undefined);
  await system?.close();
  await rm(home, { recursive: true, force: true });
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}
