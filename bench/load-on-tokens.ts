import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { allRights } from '../test/support/running-system.ts';
import type { StartedProgram } from '../test/support/started-program.ts';

/** Several, because a stack has room for 30 tokens. */
const STACKS = 50;

interface Deleted {
  readonly stack: string;
  readonly uid: string;
}
/** In milliseconds: how long after its deletion a token's receipt was completed, and how much of that was waiting. */
interface Delay {
  readonly completed: number;
  readonly waited: number;
}

/** People and programs that work with tokens of a started system, over HTTP. */
export class LoadOnTokens {
  readonly #program: StartedProgram;
  readonly #stacks: readonly string[];
  readonly #deleted: Deleted[] = [];

  private constructor(program: StartedProgram, stacks: readonly string[]) {
    this.#program = program;
    this.#stacks = stacks;
  }

  static async prepare(program: StartedProgram): Promise<LoadOnTokens> {
    const stacks: string[] = [];
    while (stacks.length < STACKS) {
      const { body } = await program.call('POST', '/v3/stacks', { json: { stack: { name: 'Load' } } });
      stacks.push(body.stack?.api_key ?? '');
    }
    return new LoadOnTokens(program, stacks);
  }

  /** Verifies a token, so many at a time. @returns how often each status was answered */
  async verify(count: number, callers: number): Promise<Record<string, number>> {
    const [stack = ''] = this.#stacks;
    const { value } = await this.#create(stack, `verified ${randomUUID()}`.slice(0, 50));
    const agent = new Agent({ keepAlive: true, maxSockets: callers });
    const url = `${this.#program.endpoint}/v3/environments`;
    const statuses: Record<string, number> = {};
    let left = count;
    const lane = async () => {
      while (left-- > 0) {
        const status = await statusOf(url, { agent, headers: { api_key: stack, authorization: value } });
        statuses[status] = (statuses[status] ?? 0) + 1;
      }
    };
    await Promise.all(Array.from({ length: callers }, lane));
    agent.destroy();
    return statuses;
  }

  /** Creates tokens with some sessions and deletes them, so many a second. @returns what each took, ms */
  async deleteTokens({ count, rate, sessions }: { count: number; rate: number; sessions: number }): Promise<number[]> {
    const from = performance.now();
    const took: Promise<number>[] = [];
    for (let at = 0; at < count; at += 1) {
      await sleep(Math.max(0, from + (1000 * at) / rate - performance.now()));
      took.push(this.#createAndDelete(this.#stacks[at % STACKS] ?? '', sessions));
    }
    return await Promise.all(took);
  }

  /** Waits until the receipt of each deletion is completed. */
  async receipts(): Promise<Delay[]> {
    const delays: Delay[] = [];
    for (const deleted of this.#deleted) delays.push(await this.#delayOf(deleted));
    return delays;
  }

  async #delayOf({ stack, uid }: Deleted): Promise<Delay> {
    for (;;) {
      const url = `/v3/stacks/management_tokens/${uid}/revocation`;
      const { revocation } = (await this.#program.call('GET', url, { stack })).body;
      if (revocation?.state === 'completed') {
        const [completed, refused] = [revocation.completed_at, revocation.refused_from].map((at) =>
          Date.parse(at ?? ''),
        );
        return { completed: (completed ?? 0) - (refused ?? 0), waited: revocation.waited_ms ?? 0 };
      }
      await sleep(250);
    }
  }

  async #createAndDelete(stack: string, sessions: number): Promise<number> {
    const from = performance.now();
    const name = `deleted ${randomUUID()}`;
    const { uid, value } = await this.#create(stack, name);
    for (let opened = 0; opened < sessions; opened += 1)
      await this.#program.call('POST', '/v3/token_sessions', { stack, value });
    const url = `/v3/stacks/management_tokens/${uid}?confirm_name=${encodeURIComponent(name)}`;
    const { status } = await this.#program.call('DELETE', url, { stack });
    if (status !== 200) throw new Error(`The deletion of ${name} was answered ${status}.`);
    this.#deleted.push({ stack, uid });
    return performance.now() - from;
  }

  async #create(stack: string, name: string): Promise<{ uid: string; value: string }> {
    const json = { token: { name, scope: allRights } };
    const { status, body } = await this.#program.call('POST', '/v3/stacks/management_tokens', { stack, json });
    if (status !== 201) throw new Error(`The creation of ${name} was answered ${status}.`);
    return { uid: body.token?.uid ?? '', value: body.token?.token ?? '' };
  }
}

function statusOf(url: string, options: object): Promise<number> {
  return new Promise((resolve, reject) => {
    request(url, options, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode ?? 0));
    })
      .once('error', reject)
      .end();
  });
}
