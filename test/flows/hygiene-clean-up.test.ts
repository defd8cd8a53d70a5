import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { HygieneScene, type HygieneStack, type MadeToken } from '../support/hygiene-scene.ts';

let scene: HygieneScene;
beforeAll(async () => {
  scene = await HygieneScene.start();
});
afterAll(() => scene.running.stop());

const day = 24;

/** A stack that cleans up a day after the expiry, with tokens that have expired, an hour before clean-up is due. */
async function expired(name: string, count: number, settings: Readonly<Record<string, unknown>> = {}) {
  await scene.begin(7);
  const stack = await scene.stack(name);
  await stack.settings({ cleanup_after_days: 1, ...settings });
  const tokens: MadeToken[] = [];
  for (let made = 0; made < count; made += 1) tokens.push(await stack.token(`token ${made}`, 1 + made / 100));
  scene.pass(2);
  await scene.sweep();
  scene.pass(day - 2);
  return { stack, tokens };
}

const shown = (stack: HygieneStack, { uid }: MadeToken) => stack.call('GET', `/v3/stacks/management_tokens/${uid}`);
const listed = async (stack: HygieneStack): Promise<string[]> =>
  (await stack.call('GET', '/v3/stacks/management_tokens?asc=created_at')).body.tokens
    .map(({ name }: { name: string }) => name)
    .sort();

describe('clean-up', () => {
  test('deletes what expired long enough ago: with a receipt, an audit entry, the bus, and the end of its sessions', async () => {
    await scene.begin(7);
    const stack = await scene.stack('Clean');
    await stack.settings({ cleanup_after_days: 1 });
    const token = await stack.token('old', 1);
    const json = { session: { client: 'importer' } };
    const opened = await scene.running.call('POST', '/v3/token_sessions', {
      value: token.value,
      stack: stack.key,
      json,
    });
    expect(opened.status).toBe(201);
    scene.pass(day);
    expect(await scene.sweep()).toMatchObject({ cleaned_up: 0 });
    expect((await shown(stack, token)).body.token.status).toBe('expired');
    scene.pass(1.1);
    expect(await scene.sweep()).toMatchObject({ cleaned_up: 1, held_back: 0, failed: [] });
    expect((await shown(stack, token)).status).toBe(404);
    await scene.running.system.streams.idle();
    const receipt = await stack.call('GET', `/v3/stacks/management_tokens/${token.uid}/revocation`);
    expect(receipt.body.revocation).toMatchObject({
      token_name: 'old',
      reason: 'cleaned_up',
      actor: 'tokenward',
      sessions: { total: 1, ended: 1, remaining: 0 },
      state: 'completed',
    });
    const [entry] = (await stack.call('GET', '/v3/audit-logs')).body.logs;
    expect(entry).toMatchObject({
      event_type: 'delete',
      created_by: 'tokenward',
      metadata: { uid: token.uid, title: 'old' },
    });
    expect(await scene.events('token.deleted', token.uid)).toMatchObject([
      { data: { reason: 'cleaned_up', actor: 'tokenward' } },
    ]);
    expect(await scene.events('revocation.completed', token.uid)).toHaveLength(1);
    expect(await scene.running.operator.inconsistencies()).toEqual([]);
    scene.pass(1);
    expect(await scene.sweep()).toMatchObject({ cleaned_up: 0 });
  });

  test('takes no more than the limit of 24 hours; of what waits people are told once', async () => {
    const { stack, tokens } = await expired('Limited', 4, { max_cleanup_per_day: 2 });
    const before = stack.mails.length;
    scene.pass(2);
    expect(await scene.sweep()).toMatchObject({ cleaned_up: 2, held_back: 2, failed: [] });
    expect(await listed(stack)).toEqual(['token 2', 'token 3']);
    expect(await scene.sweep()).toMatchObject({ cleaned_up: 0, held_back: 0 });
    const [run] = await scene.events('hygiene.run', '"held_back":2');
    expect(run?.data).toMatchObject({ cleaned_up: 2, held_back: 2 });
    scene.goTo(8);
    await scene.sweep();
    const mails = stack.mails.slice(before).filter(({ subject }) => subject.includes('clean-up'));
    expect(mails.map(({ subject }) => subject)).toEqual(Array(2).fill('2 tokens of Limited wait for clean-up'));
    scene.goTo(9, 30);
    expect(await scene.sweep()).toMatchObject({ cleaned_up: 2, held_back: 0 });
    expect(await listed(stack)).toEqual([]);
    for (const { uid } of tokens) expect(await scene.events('token.deleted', uid)).toHaveLength(1);
    scene.goTo(8);
    await scene.sweep();
    expect(stack.mails.filter(({ subject }) => subject.includes('clean-up'))).toHaveLength(2);
  });

  test('never loses an extension that comes between', async () => {
    const { stack, tokens } = await expired('Extended', 1);
    const [token] = tokens;
    if (!token) throw new Error('There is no token.');
    scene.pass(2);
    // Others' transactions are in the way of the clean-up until the extension is there: the token was read before that.
    const isCleanUp = ({ caller, operation }: { caller: string; operation: string }) =>
      caller === scene.sweeper && operation === 'TransactWriteItems';
    const heal = scene.running.system.front.inject({ kind: 'conflict', when: isCleanUp });
    onTestFinished(heal);
    const recording = scene.running.system.front.record();
    const run = scene.sweep();
    await vi.waitFor(() => expect(recording.requests.filter(isCleanUp)).not.toEqual([]), {
      timeout: 2500,
      interval: 5,
    });
    const extended = await stack.edit(token, { expires_on: scene.after(30 * day) });
    heal();
    recording.stop();
    expect(extended.status).toBe(200);
    expect(await run).toMatchObject({ cleaned_up: 0, not_due: 1, failed: [] });
    expect((await shown(stack, token)).body.token).toMatchObject({ status: 'expiring' });
    expect((await stack.use(token)).status).toBe(200);
  });

  test('is none where the stack wants none, and of tokens that never expire', async () => {
    await scene.begin(7);
    const stack = await scene.stack('Kept');
    await stack.settings({ cleanup_after_days: null });
    await stack.token('expired', 1);
    await stack.token('for ever', 1, { expires_on: null });
    scene.pass(400 * day);
    expect(await scene.sweep()).toMatchObject({ cleaned_up: 0, held_back: 0, skipped: 1 });
    expect(await listed(stack)).toEqual(['expired', 'for ever']);
  });
});
