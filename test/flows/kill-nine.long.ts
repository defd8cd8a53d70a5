import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { allRights } from '../support/running-system.ts';
import { StartedProgram } from '../support/started-program.ts';

const kills = Number(process.env.TOKENWARD_KILLS ?? 20);
const lanes = 4;
/** Beyond 128 requests that wait for one function the local system answers 503; a token is asked about with at most six. */
const tokensAtOnce = 16;
/** A stack has 30 tokens at most, and every other of a lane's is deleted. */
const tokensPerStack = 40;

const home = mkdtempSync(path.join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'tokenward-kill-'));
let program: StartedProgram | undefined;
afterAll(async () => {
  await program?.stop();
  rmSync(home, { recursive: true, force: true });
});

async function start(): Promise<StartedProgram> {
  program = await StartedProgram.start(home);
  return program;
}

/** What a lane was told, by token. What it was not told may be so or not. */
interface Known {
  readonly stack: string;
  readonly uid: string;
  readonly name: string;
  readonly value: string;
  readonly sessions: string[];
  deletion: 'none' | 'asked' | 'acknowledged';
}

/** Creates tokens, opens sessions with them and deletes every other, until the program is gone. */
async function work(on: StartedProgram, known: Known[]): Promise<void> {
  for (;;) {
    const { body } = await on.call('POST', '/v3/stacks', { json: { stack: { name: 'Load' } } });
    const stack = body.stack?.api_key ?? '';
    for (let count = 0; count < tokensPerStack; count += 1) {
      const token = await create(on, stack, `token ${count}`);
      known.push(token);
      for (let opened = 0; opened <= count % 4; opened += 1) {
        const answer = await on.call('POST', '/v3/token_sessions', { stack, value: token.value });
        if (answer.status === 201) token.sessions.push(answer.body.session?.token ?? '');
      }
      if (count % 2 === 0) await remove(on, token);
    }
  }
}

async function workUntilKilled(on: StartedProgram, known: Known[]): Promise<void> {
  try {
    await work(on, known);
  } catch (error) {
    if (!on.isKilled) throw error;
  }
}

async function create(on: StartedProgram, stack: string, name: string): Promise<Known> {
  const url = '/v3/stacks/management_tokens';
  const { status, body } = await on.call('POST', url, { stack, json: { token: { name, scope: allRights } } });
  if (status !== 201) throw new Error(`No token was created: ${status}`);
  const { uid = '', token: value = '' } = body.token ?? {};
  return { stack, uid, name, value, sessions: [], deletion: 'none' };
}

async function remove(on: StartedProgram, token: Known): Promise<void> {
  token.deletion = 'asked';
  const url = `/v3/stacks/management_tokens/${token.uid}?confirm_name=${encodeURIComponent(token.name)}`;
  const { status } = await on.call('DELETE', url, { stack: token.stack });
  if (status === 200) token.deletion = 'acknowledged';
}

/** What of the acknowledged does not hold; a deletion whose answer was lost either was carried out or was not. */
async function lostOf(on: StartedProgram, token: Known): Promise<string[]> {
  const { stack, uid, name } = token;
  const statusOf = async (value: string) => (await on.call('GET', '/v3/environments', { stack, value })).status;
  const fetched = (await on.call('GET', `/v3/stacks/management_tokens/${uid}`, { stack })).status;
  if (token.deletion === 'asked') token.deletion = fetched === 404 ? 'acknowledged' : 'none';
  const expected = token.deletion === 'none' ? 200 : 401;
  const used = await Promise.all([token.value, ...token.sessions].map(statusOf));
  return [
    ...(fetched === (token.deletion === 'none' ? 200 : 404) ? [] : [`${name} of ${stack} is ${fetched}`]),
    ...used.flatMap((status, at) => (status === expected ? [] : [`${name} of ${stack}, value ${at}: ${status}`])),
  ];
}

async function receiptOf(on: StartedProgram, { stack, uid }: Known) {
  const { body } = await on.call('GET', `/v3/stacks/management_tokens/${uid}/revocation`, { stack });
  return { state: body.revocation?.state, ended: body.revocation?.sessions?.ended };
}

test(`kill -9 under load, ${kills} times: nothing acknowledged is lost, and every deletion converges within 10 s`, {
  timeout: kills * 60_000,
}, async () => {
  const all: Known[] = [];
  let running = await start();
  for (let round = 0; round < kills; round += 1) {
    const loaded = running;
    const known: Known[] = [];
    const working = Array.from({ length: lanes }, () => workUntilKilled(loaded, known));
    // Another moment of the load each time: workers still cold, or a stream under way.
    const enough = 8 + ((round * 7) % 40);
    const deleted = () => known.filter(({ deletion }) => deletion === 'acknowledged').length;
    const enoughDone = vi.waitFor(() => expect(deleted()).toBeGreaterThanOrEqual(enough), {
      timeout: 60_000,
      interval: 5,
    });
    await Promise.race([enoughDone, Promise.all(working)]);
    await loaded.kill({ engine: round % 2 === 1 });
    await Promise.all(working);

    const after = await start();
    const readyAt = performance.now();
    const gone = () => known.filter(({ deletion }) => deletion === 'acknowledged');
    for (const token of gone()) {
      const completed = async () =>
        expect(await receiptOf(after, token)).toEqual({ state: 'completed', ended: token.sessions.length });
      await vi.waitFor(completed, { timeout: 10_000 - (performance.now() - readyAt), interval: 100 });
    }
    const converged = performance.now() - readyAt;
    for (let from = 0; from < known.length; from += tokensAtOnce) {
      const some = known.slice(from, from + tokensAtOnce);
      expect((await Promise.all(some.map((token) => lostOf(after, token)))).flat()).toEqual([]);
    }
    console.log(`kill ${round + 1}: ${known.length} tokens, ${gone().length} deleted; ${converged.toFixed(0)} ms`);
    all.push(...known);
    running = after;
  }
  expect(all.length).toBeGreaterThan(kills * 10);
  await running.call('POST', '/_local/clock', { json: { advance: 'PT1H' } });
  const { body } = await running.call('POST', '/_local/schedules/reconcile');
  expect(body.result).toEqual({ leftover_sessions: 0, overdue_receipts: 0, overdue_digests: 0, complete: true });
});
