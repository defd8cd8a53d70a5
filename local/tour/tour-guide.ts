import { setTimeout as pause } from 'node:timers/promises';
import * as z from 'zod';
import type { Person } from '../people/accounts.ts';
import { client, type ManagementToken, type Stack } from './contentstack-sdk.ts';

/** One step of the tour. */
export interface Step {
  /** What is done, as a sentence. */
  readonly title: string;
  /** Does it, and returns what happened, in words. */
  readonly act: (guide: Guide) => Promise<string>;
  /** What the text that `act` returns must match. */
  readonly expect: RegExp;
}

/** One use of the token by a program. Times are `performance.now()`, ms. */
export interface Use {
  readonly begunAt: number;
  readonly answeredAt: number;
  /** `200`, or status and problem: `401 token-revoked`. */
  readonly said: string;
  /** `Token-Expires-At` of the answer. */
  readonly expiresAt: string | null;
}

/** The part of `local.json` that a tour needs. */
export interface Surroundings {
  readonly endpoint: string;
  readonly stack: { readonly api_key: string };
  readonly people: Readonly<Record<Person, { readonly authtoken: string }>>;
}

const ProblemSchema = z.object({ type: z.string() });
const OpenedSchema = z.object({ session: z.object({ token: z.string() }) });
const RefusalSchema = z.looseObject({
  status: z.number(),
  errorCode: z.number(),
  errorMessage: z.string(),
  errors: z.record(z.string(), z.array(z.string())),
});

/** What the steps act with: the seeded stack, its people by the official SDK, and the token that the tour is about. */
export class Guide {
  readonly #local: Surroundings;
  #token: ManagementToken | undefined;
  /** The token's value; empty until it is created. */
  value = '';
  /** Values of the sessions that programs have opened with it. */
  readonly sessions: string[] = [];

  constructor(local: Surroundings) {
    this.#local = local;
  }

  /** The stack by the SDK, as one of the seeded people. */
  stackAs(person: Person): Stack {
    const { endpoint, people, stack } = this.#local;
    const { authtoken } = people[person];
    const noRetries = { retryOnError: false, retryOnNetworkFailure: false };
    return client({ endpoint: `${endpoint}/v3`, authtoken, ...noRetries }).stack({ api_key: stack.api_key });
  }

  get token(): ManagementToken {
    if (!this.#token) throw new Error('No step has created the token yet.');
    return this.#token;
  }

  set token(token: ManagementToken) {
    this.#token = token;
  }

  /** A program works with the token, or with the value of a session. */
  async use(value = this.value): Promise<Use> {
    const begunAt = performance.now();
    const response = await this.#send('environments', value);
    const body = await response.json();
    const problem = response.ok ? '' : ` ${ProblemSchema.parse(body).type.split('/').at(-1)}`;
    return {
      begunAt,
      answeredAt: performance.now(),
      said: `${response.status}${problem}`,
      expiresAt: response.headers.get('token-expires-at'),
    };
  }

  /** A program opens a session with the token. @returns the session's value */
  async openSession(client: string): Promise<string> {
    const response = await this.#send('token_sessions', this.value, { session: { client } });
    const { token } = OpenedSchema.parse(await response.json()).session;
    this.sessions.push(token);
    return token;
  }

  #send(path: string, authorization: string, json?: object): Promise<Response> {
    const { endpoint, stack } = this.#local;
    const headers = { authorization, api_key: stack.api_key, 'user-agent': 'deployer/1.2' };
    const posted = { method: 'POST', body: JSON.stringify(json) };
    const type = { 'content-type': 'application/json' };
    return fetch(`${endpoint}/v3/${path}`, json ? { ...posted, headers: { ...headers, ...type } } : { headers });
  }

  /** Reads the API as the owner, where the SDK's types have no call for it. */
  async read(path: string): Promise<unknown> {
    const { authtoken } = this.#local.people.owner;
    const headers = { authtoken, api_key: this.#local.stack.api_key };
    return (await fetch(`${this.#local.endpoint}/v3/${path}`, { headers })).json();
  }

  /** Asks the local system: for what only a machine of one's own has. */
  async local(method: 'GET' | 'POST', path: string, json: object = {}): Promise<unknown> {
    const headers = { 'content-type': 'application/json' };
    const body = method === 'GET' ? {} : { body: JSON.stringify(json) };
    return (await fetch(`${this.#local.endpoint}/_local/${path}`, { method, headers, ...body })).json();
  }

  /** The events on the bus about the token, the oldest first. */
  async events(): Promise<readonly TokenEvent[]> {
    const response = await fetch(`${this.#local.endpoint}/_local/events`);
    const { events } = EventsSchema.parse(await response.json());
    return events.map(({ detail }) => detail).filter(({ subject }) => subject === `tokens/${this.token.uid}`);
  }
}

const EventsSchema = z.object({
  events: z
    .array(z.object({ detail: z.object({ type: z.string(), subject: z.string(), data: z.looseObject({}) }) }))
    .transform((newestFirst) => newestFirst.reverse()),
});

/** As the bus shows it. */
export type TokenEvent = z.infer<typeof EventsSchema>['events'][number]['detail'];

const longestWaitMs = 10_000;
const pauseMs = 50;

/** Asks until the answer is as wanted, for 10 s. @returns the last answer, as wanted or not */
export async function askUntil<T>(ask: () => Promise<T>, isWanted: (answer: T) => boolean): Promise<T> {
  const begunAt = performance.now();
  for (;;) {
    const answer = await ask();
    if (isWanted(answer) || performance.now() - begunAt > longestWaitMs) return answer;
    await pause(pauseMs);
  }
}

/** What the SDK says of a call that should be refused: status, code, and the message that names the cause. */
export async function refusalOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    const { status, errorCode, errorMessage, errors } = RefusalSchema.parse(error);
    const [cause] = Object.entries(errors);
    return `${status}/${errorCode}: ${cause ? `${cause[0]} ${cause[1][0]}` : errorMessage}`;
  }
  return 'was carried out';
}

/** Runs the steps until one fails. @returns whether all passed */
export async function runSteps(steps: readonly Step[], guide: Guide, say: (line: string) => void): Promise<boolean> {
  for (const [at, { title, act, expect }] of steps.entries()) {
    const begunAt = performance.now();
    const happened = await act(guide).catch((error: unknown) => `failed: ${error}`);
    const ms = (performance.now() - begunAt).toFixed(0);
    say(`${String(at + 1).padStart(2)}. ${title.padEnd(84)} ${ms.padStart(5)} ms`);
    for (const line of happened.split('\n')) say(`    ${line}`);
    if (!expect.test(happened)) {
      say(`    This is not what step ${at + 1} expects: ${expect}`);
      return false;
    }
  }
  return true;
}
