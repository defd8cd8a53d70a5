import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { assemblyWithLimit } from '../support/assembly-with-limit.ts';
import { HygieneScene } from '../support/hygiene-scene.ts';
import { presentAssembly } from '../support/present-assembly.ts';

/** A run keeps 30 s to spare, so that it has three seconds for its work. */
const limit = { entry: 'schedule/sweep', seconds: 33 };

let scene: HygieneScene;
let assembly: string;
beforeAll(async () => {
  assembly = assemblyWithLimit(await presentAssembly(), limit);
  scene = await HygieneScene.start({ assembly });
});
afterAll(async () => {
  await scene.running.stop();
  rmSync(assembly, { recursive: true });
});

test('a run that is short of time stops cleanly and says so, and the next one goes on', async () => {
  await scene.begin(7);
  // The next runs find a warm instance.
  await scene.sweep();
  const tokens = [];
  // One more than the stacks that are handled at once.
  for (let made = 0; made < 5; made += 1)
    tokens.push(await (await scene.stack(`Short ${made}`)).token('ci-deploy', 24.1));
  scene.pass(0.2);
  // The first claims hang twice for 2 s; they are sent again, and then there is no time for another.
  const isClaim = ({ caller, operation }: { caller: string; operation: string }) =>
    caller === scene.sweeper && operation === 'TransactWriteItems';
  onTestFinished(scene.running.system.front.inject({ kind: 'stall', when: isClaim, times: 8 }));
  expect(await scene.sweep()).toMatchObject({ notices: 4, failed: [], complete: false });
  const [told] = await scene.events('hygiene.run', '"complete":false');
  expect(told?.data).toMatchObject({ notices: 4, complete: false });
  expect(await scene.sweep()).toMatchObject({ notices: 1, failed: [], complete: true });
  for (const { uid } of tokens) expect(await scene.events('token.expiring', uid)).toHaveLength(1);
});
