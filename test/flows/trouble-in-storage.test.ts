import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { FaultKind, FaultTarget } from '../../local/front/faults.ts';
import { FanOutScene, type TokenInUse } from '../support/fan-out-scene.ts';

let scene: FanOutScene;
beforeAll(async () => {
  scene = await FanOutScene.start();
});
afterAll(() => scene.running.stop());

const isAbout = ({ uid }: TokenInUse, { body }: Pick<FaultTarget, 'body'>) => JSON.stringify(body).includes(uid);
const deadLetters = () => scene.running.system.deadLetters.list().length;

/** Storage fails what the function asks that ends sessions, until it is mended. */
function trouble(kind: FaultKind, when: (target: FaultTarget) => boolean): () => void {
  const mend = scene.running.system.front.inject({ kind, when: (target) => scene.isEnders(target) && when(target) });
  onTestFinished(mend);
  return mend;
}

/** A token that was deleted while storage was in trouble, which has just ended. */
async function interrupted(kind: FaultKind, when: (target: FaultTarget) => boolean = () => true) {
  const token = await scene.tokenWith({ count: 30 });
  const mend = trouble(kind, (target) => isAbout(token, target) && when(target));
  await scene.delete(token);
  await scene.running.system.streams.idle();
  mend();
  return token;
}

describe('a revocation that storage has interrupted', () => {
  test.each<[string, FaultKind, (target: FaultTarget) => boolean, string]>([
    ['every request', 'reset', () => true, 'running'],
    ['every update', 'internal-error', ({ operation }) => operation === 'UpdateItem', 'running'],
    ['every reading of sessions', 'internal-error', ({ body }) => JSON.stringify(body).includes('SESSION#'), 'stuck'],
    ['every deletion of sessions', 'reset', ({ operation }) => operation === 'BatchWriteItem', 'stuck'],
  ])('because %s failed is completed by the schedule, without any sweep', async (_, kind, when, state) => {
    const before = deadLetters();
    const token = await interrupted(kind, when);
    expect(await scene.receipt(token)).toMatchObject({ state });
    expect(await scene.resumeAfter('PT20S')).toEqual({ resumed: 1, failed: 0, complete: true });
    await scene.expectEnded(token);
    expect(deadLetters()).toBe(before);
  });

  /** The schedule runs once a minute, and the trouble may end so many seconds before the next run. */
  test.each([0, 19, 20, 31, 59])('is completed within 90 s of its end, %i s before the next run', async (seconds) => {
    const token = await interrupted('reset');
    const endedAt = scene.running.system.clock.now().getTime();
    await scene.resumeAfter(`PT${seconds}S`);
    if ((await scene.receipt(token)).state !== 'completed') await scene.resumeAfter('PT60S');
    const { state, completed_at } = await scene.receipt(token);
    expect(state).toBe('completed');
    expect(Date.parse(completed_at) - endedAt).toBeLessThan(90_000);
  });

  test('holds up no other: its record is not read again', async () => {
    const [first, second] = [await scene.tokenWith({ count: 20 }), await scene.tokenWith({ count: 20 })];
    // An SDK's client that has retried much in another test retries less.
    await scene.running.system.functions.crash('stream/end-sessions');
    const asked: string[] = [];
    const mend = trouble('reset', (target) => isAbout(first, target) && asked.push(target.operation) > 0);
    await scene.delete(first, second);
    await scene.running.system.streams.idle();
    expect(await scene.receipt(second)).toMatchObject({ state: 'completed' });
    // The two reads that a round begins with, by the SDK three times each.
    expect(asked).toHaveLength(6);
    expect((await scene.running.use(first.value)).status).toBe(401);
    mend();
    await scene.resumeAfter('PT1M');
    await scene.expectEnded(first, second);
  });
});

test('the schedule of receipts is run by hand like the others, and finds nothing when nothing is left', async () => {
  await scene.resumeAfter('PT1M');
  const { endpoint } = scene.running.system;
  const answer = await fetch(`${endpoint}/_local/schedules/receipts`, { method: 'POST' });
  expect([answer.status, await answer.json()]).toMatchObject([
    200,
    { name: 'receipts', result: { resumed: 0, failed: 0, complete: true } },
  ]);
});
