import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { HygieneScene, type MadeToken } from '../support/hygiene-scene.ts';

let scene: HygieneScene;
beforeAll(async () => {
  scene = await HygieneScene.start();
});
afterAll(() => scene.running.stop());

const day = 24;
const row = async ({ uid }: MadeToken) => await scene.running.operator.token(uid);
const isSweepers = ({ caller }: { caller: string }) => caller === scene.sweeper;

describe('a token that fails', () => {
  const claims =
    ({ uid }: MadeToken) =>
    (target: { caller: string; operation: string; body: object }) =>
      isSweepers(target) && target.operation === 'TransactWriteItems' && JSON.stringify(target.body).includes(uid);

  test('is pushed forward, further each time, and counted; the others are told', async () => {
    await scene.begin(7);
    const stack = await scene.stack('Failing');
    const [bad, good] = [await stack.token('bad', day + 0.1), await stack.token('good', day + 0.1)];
    scene.pass(0.2);
    const heal = scene.running.system.front.inject({ kind: 'internal-error', when: claims(bad) });
    onTestFinished(heal);
    expect(await scene.sweep()).toMatchObject({ notices: 1, failed: [bad.uid], complete: true });
    expect(await scene.events('token.expiring', good.uid)).toHaveLength(1);
    expect(await row(bad)).toMatchObject({ next_action: 'warn#1', sweep_failures: 1 });
    const [run] = await scene.events('hygiene.run', bad.uid);
    expect(run?.data).toMatchObject({ notices: 1, failed: [bad.uid] });
    expect(await scene.sweep()).toMatchObject({ notices: 0, failed: [] });
    scene.pass(0.26);
    expect(await scene.sweep()).toMatchObject({ failed: [bad.uid] });
    expect((await row(bad)).sweep_failures).toBe(2);
    scene.pass(0.26);
    expect(await scene.sweep()).toMatchObject({ failed: [] });
    heal();
    scene.pass(0.25);
    expect(await scene.sweep()).toMatchObject({ notices: 1, failed: [] });
    expect(await scene.events('token.expiring', bad.uid)).toHaveLength(1);
    expect(await row(bad)).not.toHaveProperty('sweep_failures');
  });

  test('with its whole stack, when its settings cannot be read, holds up no other stack', async () => {
    await scene.begin(7);
    const [broken, whole] = [await scene.stack('Broken'), await scene.stack('Whole')];
    const [bad, good] = [await broken.token('bad', day + 0.1), await whole.token('good', day + 0.1)];
    scene.pass(0.2);
    const { client, tables } = scene.running.operator;
    const stack = await scene.running.operator.item(tables.tokens, `STACK#${broken.key}`, 'META');
    await client.send(new PutItemCommand({ TableName: tables.tokens, Item: marshall({ ...stack, hygiene: 'none' }) }));
    expect(await scene.sweep()).toMatchObject({ notices: 1, failed: [bad.uid], complete: true });
    expect(await scene.events('token.expiring', good.uid)).toHaveLength(1);
  });
});

test('the preview tells over HTTP what the run then does, and changes nothing', async () => {
  await scene.begin(7);
  const stack = await scene.stack('Previewed');
  await stack.settings({ cleanup_after_days: 1, max_cleanup_per_day: 1 });
  await stack.token('never', 1, { expires_on: null });
  await stack.token('old', 1);
  await stack.token('older', 0.5);
  await stack.token('ends today', day + 2.9);
  await stack.token('ends tomorrow', 2 * day + 1);
  await stack.token('ends next week', 8 * day);
  scene.pass(1.5);
  await scene.sweep();
  scene.pass(day + 0.2);
  const before = await scene.running.operator.items(scene.running.operator.tables.tokens);
  const { body } = await stack.call('POST', '/v3/stacks/token_hygiene/preview');
  expect(await scene.running.operator.items(scene.running.operator.tables.tokens)).toEqual(before);
  type Previewed = { uid: string; name: string; does: string; why: string; until?: string };
  const previewed = new Map<string, Previewed>(body.preview.tokens.map((one: Previewed) => [one.name, one]));
  expect([...previewed.values()].map(({ name, does }) => `${name}: ${does}`).sort()).toEqual([
    'ends next week: notify',
    'ends today: notify',
    'ends tomorrow: notify',
    'never: nothing',
    'old: hold_back',
    'older: clean_up',
  ]);
  expect(previewed.get('older')?.why).toMatch(/^It expired at .*, 1 day ago or more\.$/);
  expect(await scene.sweep()).toMatchObject({ notices: 3, cleaned_up: 1, held_back: 1, skipped: 0, failed: [] });
  const told = async (name: string) => (await scene.events('token.expiring', previewed.get(name)?.uid ?? '')).length;
  expect(await Promise.all(['ends today', 'ends tomorrow', 'ends next week'].map(told))).toEqual([1, 1, 1]);
  const held = await scene.running.operator.token(previewed.get('old')?.uid ?? '');
  const until = Date.parse(previewed.get('old')?.until ?? '');
  expect(Math.abs(Date.parse(String(held.due_at).split('#')[0] ?? '') - until)).toBeLessThan(10_000);
});
