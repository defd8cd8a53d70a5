import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { FrontRequest } from '../../local/front/front-gate.ts';
import { type Machine, type machines, type Person, people } from '../../local/people/accounts.ts';
import { seed } from '../../local/people/seeds.ts';
import { type System, type SystemOptions, startSystem } from '../../local/system.ts';
import { requireDescribed } from './described-answers.ts';
import { Operator } from './operator.ts';
import { presentAssembly } from './present-assembly.ts';
import { requestWithBody } from './request-with-body.ts';

/** In seconds: moving the clock does not sign anybody out. */
const tenYears = 10 * 365 * 86_400;

export type Who = Person | Machine;

/** What came back over HTTP. `body` is the parsed JSON, or the text where it is none. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of every shape, and says what it expects of them
  readonly body: any;
}

export interface Call {
  /** Signed in as; absent: nobody. */
  readonly as?: Who;
  /** A management token (or session) value, in `authorization`. */
  readonly value?: string;
  /** The stack; null: no `api_key`. The seeded stack unless given. */
  readonly stack?: string | null;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is; with its own content type. */
  readonly body?: string | Buffer | URLSearchParams;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The local system of the real template, in this process, with the real engine, on a home of its own. */
export class RunningSystem {
  readonly system: System;
  /** The seeded stack: its owner, admin, developer and the machine `automation` (an admin) are in it; the outsider is not. */
  readonly stack: string;
  readonly operator: Operator;
  readonly #credentials = new Map<Who, string>();
  readonly #home: string;

  private constructor(system: System, stack: string, home: string) {
    this.system = system;
    this.stack = stack;
    this.operator = new Operator(system);
    this.#home = home;
  }

  /** `streams: false` where only what the doors ask of storage is looked at, or faults are injected into it: nothing reads along. */
  static async start({
    streams = true,
    assembly,
  }: Pick<SystemOptions, 'assembly'> & { streams?: boolean } = {}): Promise<RunningSystem> {
    const home = await mkdtemp(path.join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'tokenward-'));
    let stack = '';
    const system = await startSystem({
      home,
      assembly: assembly ?? (await presentAssembly()),
      // Tests ask all functions at once; with as few workers as usual most of their time would go into cold starts.
      workers: 30,
      seed: async (started) => {
        // Tests run schedules by hand. On the quarter hours they would run by themselves, in the middle of any test.
        started.schedules.close();
        stack = (await seed(started)).stack.api_key;
        if (streams) return;
        await started.streams.idle();
        started.streams.pause();
      },
    });
    return new RunningSystem(system, stack, home);
  }

  async stop(): Promise<void> {
    this.operator.client.destroy();
    await this.system.close();
    await rm(this.#home, { recursive: true, force: true });
  }

  async jwt(who: Who): Promise<string> {
    const { issuer } = this.system;
    const known = this.#credentials.get(who);
    if (known) return known;
    const made =
      who in people
        ? await issuer.mintForPerson(who as Person, tenYears)
        : await issuer.mintForMachine(who as keyof typeof machines, tenYears);
    this.#credentials.set(who, made);
    return made;
  }

  async call(method: string, pathAndQuery: string, call: Call = {}): Promise<Reply> {
    const { as, value, stack = this.stack, json, body, headers = {} } = call;
    const url = `${this.system.endpoint}${pathAndQuery}`;
    const sent = {
      ...(stack === null ? {} : { api_key: stack }),
      ...(as ? { authtoken: await this.jwt(as) } : {}),
      ...(value ? { authorization: value } : {}),
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    };
    const given = json === undefined ? body : JSON.stringify(json);
    const response =
      given !== undefined && method === 'GET'
        ? await requestWithBody(url, { method, headers: sent, body: Buffer.isBuffer(given) ? given : String(given) })
        : await fetch(url, { method, headers: sent, ...(given === undefined ? {} : { body: given as string }) });
    const text = await response.text();
    const reply = { status: response.status, headers: response.headers, text, body: parsed(text) };
    requireDescribed(method, pathAndQuery, reply);
    return reply;
  }

  /** Makes a token as the owner, with a name of its own and all rights unless said otherwise. */
  async createToken(
    fields: Record<string, unknown> = {},
    call: Call = {},
  ): Promise<{ uid: string; name: string; value: string }> {
    const token = { name: `token ${randomUUID()}`.slice(0, 50), scope: allRights, ...fields };
    const reply = await this.call('POST', '/v3/stacks/management_tokens', { as: 'owner', json: { token }, ...call });
    if (reply.status !== 201) throw new Error(`No token was created: ${reply.status} ${reply.text}`);
    return { uid: reply.body.token.uid, name: reply.body.token.name, value: reply.body.token.token };
  }

  /** Deletes a token by its name, as the owner. */
  async deleteToken(token: { uid: string; name: string }, call: Call = {}): Promise<Reply> {
    const name = encodeURIComponent(token.name);
    return await this.call('DELETE', `/v3/stacks/management_tokens/${token.uid}?confirm_name=${name}`, {
      as: 'owner',
      ...call,
    });
  }

  /** A new stack of somebody's, empty. */
  async createStack(as: Who = 'owner', name = `Stack ${randomUUID()}`.slice(0, 50)): Promise<string> {
    const reply = await this.call('POST', '/v3/stacks', { as, stack: null, json: { stack: { name } } });
    return reply.body.stack.api_key;
  }

  /** Whether a value is good, by the sample resource's door. */
  async use(value: string, call: Call = {}): Promise<Reply> {
    return await this.call('GET', '/v3/environments', { value, ...call });
  }

  /**
   * The storage requests that the functions make while something runs, but for the noting of a token's last use, and of calls with a
   * dead value: at most one write a minute and instance, beside the answer.
   */
  async requestsDuring(run: () => Promise<unknown>): Promise<readonly FrontRequest[]> {
    const recording = this.system.front.record();
    try {
      await run();
    } finally {
      recording.stop();
    }
    const notesUse = ({ body }: FrontRequest) => /"(USED|GHOST)#/.test(JSON.stringify(body.Key ?? body.Item ?? {}));
    return recording.requests.filter((request) => !notesUse(request));
  }

  /** What introspection says of a value. */
  async introspect(value: string, call: Call = {}): Promise<Reply> {
    const authorization = `Bearer ${await this.jwt('resource_server')}`;
    const body = new URLSearchParams({ token: value });
    return await this.call('POST', '/oauth2/introspect', { body, headers: { authorization }, ...call });
  }
}

export const allRights = [
  { module: '$all', acl: { read: true, write: true } },
  { module: 'branch', branches: ['$all'], acl: { read: true } },
];

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
