/** The token table's stream and the function that reads it: at least once, perhaps twice, late, in any order; and its instances die. */
import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { endSessions, type RoundOutcome } from '../../functions/sessions/end-sessions.ts';
import { Refusal } from '../../functions/values/refusals.ts';
import type { SimulatedBus } from './simulated-bus.ts';
import type { Client, Dependencies } from './simulated-dependencies.ts';
import type { Change } from './simulated-dynamo.ts';

export interface StreamOptions {
  readonly client: Client;
  readonly bus: SimulatedBus;
  readonly hop: (step: string) => Promise<void>;
  /** Those that are stored now. */
  readonly sessions: () => readonly { readonly pk?: unknown }[];
  readonly receipts: () => readonly { readonly operation?: unknown; readonly state?: unknown }[];
  /** What one instance of the function is given. */
  readonly instance: (client: Client, bus: Pick<SimulatedBus, 'send'>) => Dependencies;
}

/** How the records flow. */
export interface Flow {
  /** How often a record is delivered. */
  readonly copies: () => number;
  /** At which moment (two for each call: before it is sent, and before its answer is seen) an instance dies; undefined: it lives. */
  readonly death: () => number | undefined;
}

interface Revocation {
  readonly token: string;
  readonly operation: string;
}

export class SimulatedStream {
  /** What became of the rounds that came to an end; `left`: storage did not answer. */
  readonly outcomes: (RoundOutcome | 'left')[] = [];
  /** How many instances died. */
  deaths = 0;
  readonly #options: StreamOptions;
  readonly #client: Client;
  readonly #underWay = new Set<Promise<void>>();
  readonly #seen = new Set<unknown>();
  /** Partitions that have held a session. */
  readonly #shards = new Set<unknown>();
  #flow: Flow | undefined;

  constructor(options: StreamOptions) {
    this.#options = options;
    // What answers a command is known to the SDK's types only.
    const send = ((command, more) => this.#send(command, () => options.client.send(command, more))) as Client['send'];
    this.#client = { send };
  }

  /** From now on records are delivered. */
  begin(flow: Flow): void {
    this.#flow = flow;
    for (const { pk } of this.#options.sessions()) this.#shards.add(pk);
  }

  /** As the event source mapping's filter: receipts that were put or changed, and are running. */
  take({ table, after }: Change): void {
    if (table === 'sessions') this.#shards.add(after?.pk?.S);
    if (!this.#flow || table !== 'tokens' || !after?.sk?.S?.startsWith('RECEIPT#') || after.state?.S !== 'running')
      return;
    const { token_uid: token, operation } = unmarshall(after);
    this.#seen.add(operation);
    for (let copies = this.#flow.copies(); copies > 0; copies -= 1) this.#keep(this.#deliver({ token, operation }));
  }

  /** Whether some revocation has not been completed yet. */
  isUnfinished(): boolean {
    return this.#options.receipts().some(({ operation, state }) => state !== 'completed' && this.#seen.has(operation));
  }

  /** Until nothing is on its way any more. */
  async drained(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  /** Reading a shard that never held anything interleaves with nothing, and most shards are such: it is answered at once. */
  readonly #send = async (command: object, ask: () => Promise<unknown>): Promise<unknown> => {
    const pk = command instanceof QueryCommand ? command.input.ExpressionAttributeValues?.[':pk']?.S : undefined;
    return pk?.startsWith('SESSION#') && !this.#shards.has(pk) ? { Items: [] } : await ask();
  };

  #keep(delivery: Promise<void>): void {
    this.#underWay.add(delivery);
    delivery.finally(() => this.#underWay.delete(delivery)).catch(() => undefined);
  }

  /** A record whose reader died or threw is delivered again. One whose round storage did not answer is left to the due index. */
  async #deliver(revocation: Revocation): Promise<void> {
    for (let tries = 0; ; tries += 1) {
      await this.#options.hop(`record of ${revocation.operation} arrives`);
      const instance = new Instance(
        { ...this.#options, client: this.#client },
        tries < mostDeaths ? this.#flow?.death() : undefined,
      );
      try {
        this.outcomes.push(await endSessions(instance.dependencies, revocation));
        return;
      } catch (error) {
        if (error instanceof Refusal && !instance.isDead) return void this.outcomes.push('left');
        if (tries >= mostTries) throw error;
        if (instance.isDead) this.deaths += 1;
      }
    }
  }
}

const mostDeaths = 3;
const mostTries = 20;

/** One instance of the function. When it dies, nothing that it does reaches anybody, and no answer reaches it. */
class Instance {
  readonly dependencies: Dependencies;
  readonly #lastMoment: number;
  #moment = 0;

  constructor({ client, bus, instance }: StreamOptions, lastMoment: number | undefined) {
    this.#lastMoment = lastMoment ?? Number.POSITIVE_INFINITY;
    const mortal: Client = { send: (command, options) => this.#through(() => client.send(command, options)) };
    this.dependencies = instance(mortal, { send: (command) => this.#through(() => bus.send(command)) });
  }

  get isDead(): boolean {
    return this.#moment >= this.#lastMoment;
  }

  async #through<T>(send: () => Promise<T>): Promise<T> {
    this.#live();
    const answer = await send();
    this.#live();
    return answer;
  }

  #live(): void {
    this.#moment += 1;
    if (this.isDead) throw new Error('This instance has died.');
  }
}
