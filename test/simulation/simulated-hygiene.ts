/** Warnings and clean-ups over the simulated product: runs with clocks of their own that are late, come twice and die, and the settings. */
import { DeleteItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDigestRepository } from '../../functions/aws/dynamo-digest-repository.ts';
import { DynamoHygieneRepository } from '../../functions/aws/dynamo-hygiene-repository.ts';
import { DynamoNoticeRepository } from '../../functions/aws/dynamo-notice-repository.ts';
import { createStorage } from '../../functions/aws/storage/storage.ts';
import type { HygieneSettings } from '../../functions/hygiene/settings.ts';
import { changeHygiene } from '../../functions/notices/change-hygiene.ts';
import { type SweepDependencies, sweep } from '../../functions/notices/sweep.ts';
import type { SweepReport } from '../../functions/notices/sweep-report.ts';
import type { UsedToken } from '../../functions/tokens/token-repository.ts';
import { Refusal, type RefusalKind } from '../../functions/values/refusals.ts';
import { type Client, dependenciesOver, tables } from './simulated-dependencies.ts';
import type { AttributeMap } from './simulated-dynamo.ts';
import { SimulatedMailer } from './simulated-mailer.ts';
import type { Person, Sabotage, SimulatedProduct } from './simulated-product.ts';

/** A bug put between the sweep and what it is given, on purpose. `time` is the event's. */
export type SweepTampering = (deps: SweepDependencies, time: Date) => SweepDependencies;

/** How a run comes about. */
export interface RunOptions {
  /** By how many ms the event's `time` is ahead of the true time. */
  readonly event?: number;
  /** By how many ms this instance's clock is. */
  readonly ahead?: number;
  /** At which moment (two for each call: before it is sent, and before its answer is seen) it dies. */
  readonly death?: number | undefined;
  /** After how many things its time is up. */
  readonly things?: number | undefined;
}

/** One run. */
export interface SimulatedRun {
  readonly id: number;
  /** The earlier of the event's `time` and its clock, ms since the epoch. */
  readonly believed: number;
  readonly ahead: number;
  /** The tokens as it read them last. */
  readonly seen: Map<string, UsedToken>;
  isDead: boolean;
}

/** Between two moves of time: it stands still. */
export interface Period {
  /** The first change that may have been committed in it. */
  readonly from: number;
  readonly ms: number;
  readonly runs: SimulatedRun[];
  /** Whether storage failed in it. */
  isTroubled: boolean;
}

export interface SimulatedHygieneOptions {
  readonly product: SimulatedProduct;
  readonly stack: string;
  /** The shards of the due index that hold something. */
  readonly shards: Iterable<string>;
  readonly sabotage?: Sabotage | undefined;
  readonly tamper?: SweepTampering | undefined;
}

export class SimulatedHygiene {
  readonly mailer: SimulatedMailer;
  readonly periods: Period[] = [];
  readonly runs: SimulatedRun[] = [];
  readonly #options: SimulatedHygieneOptions;
  readonly #client: Client;
  readonly #shards: Set<string>;
  readonly #settings: DynamoHygieneRepository;
  #looked = 0;

  constructor(options: SimulatedHygieneOptions) {
    const { product, sabotage, shards } = options;
    this.#options = options;
    this.#client = sabotage ? sabotage(product.dynamo) : product.dynamo;
    this.#shards = new Set(shards);
    this.#settings = new DynamoHygieneRepository(this.#storage(this.#client), tables);
    this.mailer = new SimulatedMailer({
      hop: () => product.pause(),
      moment: () => product.moment,
      now: () => product.now().getTime(),
    });
    this.to(product.now().getTime());
  }

  /** It is this instant from now on. What the stream would have done about revocations since is done; and the index, perhaps. */
  to(ms: number, { lags = false } = {}): void {
    const { product } = this.#options;
    product.time.stand(ms);
    for (const { after } of product.commits(tables.tokens).slice(this.#looked)) {
      if (typeof after?.due_shard === 'string') this.#shards.add(after.due_shard);
      if (String(after?.sk).startsWith('RECEIPT#')) this.#complete(after?.pk, after?.sk);
    }
    this.#looked = product.commits(tables.tokens).length;
    if (!lags) product.dynamo.settle();
    this.periods.push({ from: product.moment, ms, runs: [], isTroubled: false });
  }

  /** In which period a change was committed. */
  periodOf(commit: number): Period {
    const period = this.periods.findLast(({ from }) => from <= commit);
    if (!period) throw new Error('Nothing was committed before the first period.');
    return period;
  }

  /** @returns what it did; undefined where it came to nothing, for storage did not answer it, or it died */
  async sweep({ event = 0, ahead = 0, death, things }: RunOptions = {}): Promise<SweepReport | undefined> {
    const { product, tamper } = this.#options;
    const ms = product.now().getTime();
    const id = this.runs.length;
    const believed = ms + Math.min(event, ahead);
    const run: SimulatedRun = { id, believed, ahead, seen: new Map(), isDead: false };
    this.runs.push(run);
    this.periods.at(-1)?.runs.push(run);
    const deps = this.#given(run, death);
    let left = things ?? Number.POSITIVE_INFINITY;
    const time = new Date(ms + event);
    const hasTime = () => {
      left -= 1;
      return left >= 0;
    };
    const all = { ...deps, hasTime };
    try {
      return await sweep(tamper ? tamper(all, time) : all, { time, requestId: requestOf(run) });
    } catch (error) {
      if (error instanceof Refusal || run.isDead) return undefined;
      throw error;
    }
  }

  /** @returns what it came to; anything but a refusal is a bug, and is thrown */
  async change(who: Person, fields: Partial<HygieneSettings>): Promise<'done' | RefusalKind> {
    const { product, stack } = this.#options;
    const deps = { ...this.#people(), hygiene: this.#settings };
    try {
      await changeHygiene(deps, { actor: product.actor(who), stack, fields });
      return 'done';
    } catch (error) {
      if (error instanceof Refusal) return error.kind;
      throw error;
    }
  }

  /** When something of tokens and digests is due, the earliest first: ms since the epoch. */
  due(): number[] {
    const isHygiene = ({ sk }: AttributeMap) => !sk?.S?.startsWith('RECEIPT#');
    const due = this.#items(tables.tokens).flatMap((item) =>
      isHygiene(item) ? (item.due_at?.S?.slice(0, 24) ?? []) : [],
    );
    return due.map((instant) => Date.parse(instant)).sort((a, b) => a - b);
  }

  /** TTL deletes what is over, late or not at all; here: now. @returns how many rows */
  async tidy(): Promise<number> {
    const { product } = this.#options;
    const isOver = ({ ttl }: AttributeMap) => ttl?.N !== undefined && Number(ttl.N) * 1000 <= product.now().getTime();
    const found = Object.values(tables).flatMap((table) =>
      this.#items(table).flatMap((item) => (isOver(item) ? [{ table, item }] : [])),
    );
    for (const { table, item } of found) {
      const Key = { pk: item.pk ?? { S: '' }, sk: item.sk ?? { S: '' } };
      await product.dynamo.send(new DeleteItemCommand({ TableName: table, Key }));
    }
    return found.length;
  }

  #given(run: SimulatedRun, death: number | undefined): Omit<SweepDependencies, 'hasTime'> {
    const { product } = this.#options;
    const through = mortal(run, death ?? Number.POSITIVE_INFINITY);
    // What answers a command is known to the SDK's types only.
    const send = ((command, options) =>
      through(() => this.#asked(command, () => this.#client.send(command, options)))) as Client['send'];
    const client: Client = { send };
    const bus = { send: (command: object) => through(() => product.bus.send(command)) };
    const now = () => new Date(product.now().getTime() + run.ahead);
    const mailer = this.mailer.of(run.id);
    return {
      ...dependenciesOver({ ...this.#people(), client, bus, now }),
      notices: new WatchedNotices(client, this.#storage(client), run.seen),
      digests: new DynamoDigestRepository(this.#storage(client), tables),
      mailer: { send: (mail) => through(() => mailer.send(mail)) },
      consoleUrl: null,
      onFailure: () => undefined,
    };
  }

  /** Asking a shard that never held anything interleaves with nothing, and most shards are such: it is answered at once. */
  async #asked(command: object, ask: () => Promise<unknown>): Promise<unknown> {
    const asked = command instanceof QueryCommand ? command.input : undefined;
    const shard = asked?.ExpressionAttributeValues?.[':due_shard']?.S;
    return shard !== undefined && !this.#shards.has(shard) ? { Items: [] } : await ask();
  }

  #people() {
    const { product } = this.#options;
    const { client, pause } = { client: this.#client, pause: () => product.pause() };
    const now = () => product.now('change');
    return { ...dependenciesOver({ client, bus: product.bus, pause, now, random: random(product) }), client, pause };
  }

  #storage(client: Client) {
    return createStorage(client, { pause: () => this.#options.product.pause(), jitter: () => 1 });
  }

  /** As the stream's reader would have. */
  #complete(pk: unknown, sk: unknown): void {
    const receipt = this.#items(tables.tokens).find((item) => item.pk?.S === pk && item.sk?.S === sk);
    if (!receipt?.due_at) return;
    const { due_at, due_shard, ...rest } = receipt;
    this.#options.product.dynamo.put(tables.tokens, { ...rest, state: { S: 'completed' } });
  }

  #items(table: string): readonly AttributeMap[] {
    return this.#options.product.dynamo.snapshot().find(([name]) => name === table)?.[1] ?? [];
  }
}

export const requestOf = ({ id }: Pick<SimulatedRun, 'id'>): string => `run-${id}`;

const random = (product: SimulatedProduct) => (bytes: number) => product.random(bytes);

/** Remembers how the tokens were read. */
class WatchedNotices extends DynamoNoticeRepository {
  readonly #seen: Map<string, UsedToken>;

  constructor(
    client: Client,
    storage: ConstructorParameters<typeof DynamoNoticeRepository>[1],
    seen: Map<string, UsedToken>,
  ) {
    super(client, storage, tables);
    this.#seen = seen;
  }

  override async tokens(uids: readonly string[]): ReturnType<DynamoNoticeRepository['tokens']> {
    const tokens = await super.tokens(uids);
    for (const used of tokens.found) this.#seen.set(used.token.uid, used);
    return tokens;
  }
}

/** When an instance dies, nothing that it does reaches anybody, and no answer reaches it. */
function mortal(run: SimulatedRun, death: number) {
  let moment = 0;
  const live = () => {
    moment += 1;
    run.isDead ||= moment >= death;
    if (run.isDead) throw new Error('This instance has died.');
  };
  return async <T>(send: () => Promise<T>): Promise<T> => {
    live();
    const answer = await send();
    live();
    return answer;
  };
}
