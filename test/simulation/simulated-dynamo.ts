/**
 * DynamoDB for tests, below the repositories: it holds state, judges expressions for real, and behaves as AWS does at
 * its worst. Every call is split into arrival, commit point and answer, each a task of a scheduler; reads that are not
 * strong see old versions; transactions conflict; batches come back half done; answers get lost.
 */

import {
  type $Command,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DeleteItemCommand,
  type DynamoDBClientResolvedConfig,
  DynamoDBServiceException,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type ServiceInputTypes,
  type ServiceOutputTypes,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Scheduler } from 'fast-check';
import { plainCopy } from '../support/plain-copy.ts';
import { connectionReset, isRetried } from './dynamo-errors.ts';
import { answerOf, type Fault, Faults, type Operation } from './dynamo-faults.ts';
import type { Change } from './dynamo-journal.ts';
import { type Choice, type Commit, DynamoOperations, type Hop } from './dynamo-operations.ts';
import { SimulatedTable, type TableSpec } from './dynamo-table.ts';
import { type AttributeMap, storableMap } from './dynamo-values.ts';

export type { Fault, Operation } from './dynamo-faults.ts';
export type { Change } from './dynamo-journal.ts';
export type { Choice } from './dynamo-operations.ts';
export type { IndexSpec, TableSpec } from './dynamo-table.ts';
export type { AttributeMap } from './dynamo-values.ts';

export interface SimulatedDynamoOptions {
  readonly tables: readonly TableSpec[];
  /** Decides which call goes on at each arrival, commit point and answer; without one, each goes on at once. */
  readonly scheduler?: Scheduler;
  /** Picks 0 to n - 1: how stale a read is, how much of a batch stays undone, how much of a query is read later. 0 unless given. */
  readonly choose?: (n: number, what: Choice) => number;
  /** Whether transactions hold their items from arrival to commit, and conflict as on AWS. */
  readonly transactionsConflict?: boolean;
  /** How often a call that failed on the way is sent again (the SDK's standard mode: 2). 0 unless given. */
  readonly retries?: number;
  /** Every committed change, in commit order: what the tables' streams would carry. */
  readonly onCommit?: (change: Change) => void;
}

/** What a double has stored. Not to be changed: it is shared by all that load it. */
export type Snapshot = readonly (readonly [table: string, items: readonly AttributeMap[]])[];

/** One attempt of one call. The numbers are of one sequence, so that any two of them can be compared. */
export interface RequestRecord {
  readonly operation: Operation;
  readonly input: Readonly<Record<string, unknown>>;
  /** 1 for the first attempt of a call */
  readonly attempt: number;
  readonly arrived: number;
  /** absent while, or because, nothing was committed or read */
  committed?: number;
  answered?: number;
  /** the name of the error that the caller saw */
  error?: string;
}

interface Call {
  readonly operation: Operation;
  readonly input: Readonly<Record<string, unknown>>;
  begin(operations: DynamoOperations, hop: Hop): Commit;
}

export class SimulatedDynamo {
  readonly requests: RequestRecord[] = [];
  readonly #options: SimulatedDynamoOptions;
  readonly #tables: ReadonlyMap<string, SimulatedTable>;
  readonly #operations: DynamoOperations;
  readonly #faults = new Faults();
  #moment = 0;
  #calls = 0;

  constructor(options: SimulatedDynamoOptions) {
    this.#options = options;
    this.#tables = new Map(options.tables.map((spec) => [spec.name, new SimulatedTable(spec)]));
    this.#operations = new DynamoOperations({
      tables: this.#tables,
      choose: (n, what) => this.#choose(n, what),
      transactionsConflict: options.transactionsConflict ?? false,
      onCommit: (change) => options.onCommit?.(change),
    });
  }

  /** Like `DynamoDBClient.send`. Rejects with the SDK's exceptions, or with an Error that has the code ECONNRESET. */
  async send<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
    command: $Command<Input, Output, DynamoDBClientResolvedConfig, ServiceInputTypes, ServiceOutputTypes>,
    _options?: object,
  ): Promise<Output> {
    const call = recognize(command);
    const label = `${call.operation} #${++this.#calls}`;
    const retries = isSentOnce(command) ? 0 : (this.#options.retries ?? 0);
    for (let attempt = 1; ; attempt++) {
      try {
        const output = await this.#attempt(call, attempt, attempt === 1 ? label : `${label} (attempt ${attempt})`);
        // Which output belongs to which command is known to the SDK's types only; the operation has built that one.
        return { ...output, $metadata: { httpStatusCode: 200, attempts: attempt } } as Output;
      } catch (error) {
        if (isRetried(error) && attempt <= retries) continue;
        // The SDK says how many attempts there were, also of an error.
        if (error instanceof DynamoDBServiceException) error.$metadata.attempts = attempt;
        throw error;
      }
    }
  }

  /** What is stored now, in key order within a partition. */
  items(table: string): AttributeMap[] {
    return this.#table(table).items();
  }

  /** Stores an item outside of any call, as if it had been there for long: no read can miss it. */
  put(table: string, item: AttributeMap): void {
    const stored = storableMap(plainCopy(item));
    const place = this.#table(table);
    place.checkItem(stored);
    const row = place.row(place.keyOf(stored, false));
    place.commit(row, stored);
    row.versions = [stored];
  }

  /** Everything that is stored now, for `load`. */
  snapshot(): Snapshot {
    return [...this.#tables].map(([name, table]) => [name, table.items()] as const);
  }

  /** Stores what another double had, as if it had been there for long: faster than `put`, for nothing is checked again. */
  load(snapshot: Snapshot): void {
    for (const [name, items] of snapshot) {
      const table = this.#table(name);
      for (const item of items) {
        const row = table.row(table.keyOf(item, false));
        table.commit(row, item);
        row.versions = [item];
      }
    }
  }

  /** Lets every replica and index catch up with what has been committed so far. */
  settle(): void {
    for (const table of this.#tables.values()) table.settle();
  }

  /** As ten minutes later, or as after a restart of an engine that keeps them in memory. */
  forgetRequestTokens(): void {
    this.#operations.forgetRequestTokens();
  }

  /** Returns what takes the fault away again. */
  inject(fault: Fault): () => void {
    return this.#faults.inject(fault);
  }

  async #attempt(call: Call, attempt: number, label: string): Promise<object> {
    const hop: Hop = async (step) => this.#options.scheduler?.schedule(Promise.resolve(), `${label} ${step}`);
    await hop('arrives');
    const record: RequestRecord = { operation: call.operation, input: call.input, attempt, arrived: ++this.#moment };
    this.requests.push(record);
    const fault = this.#faults.for(call.operation, call.input);
    const served = this.#serve(call, { fault, record, hop });
    try {
      if (fault === 'late') {
        served.catch(() => undefined);
        throw connectionReset();
      }
      const output = await served.finally(() => hop('answers'));
      if (fault === 'lose-answer') throw connectionReset();
      return output;
    } catch (error) {
      record.error = error instanceof Error ? error.name : String(error);
      throw fault === 'lose-answer' ? connectionReset() : error;
    } finally {
      record.answered = ++this.#moment;
    }
  }

  async #serve(
    call: Call,
    { fault, record, hop }: { fault: Fault['kind'] | undefined; record: RequestRecord; hop: Hop },
  ): Promise<object> {
    const instead = answerOf(fault, call);
    if (instead) return instead;
    if (fault === 'late') for (let held = this.#choose(mostHeld, 'late'); held > 0; held -= 1) await hop('is held');
    const commit = call.begin(this.#operations, hop);
    await hop('commits');
    const output = await commit();
    record.committed = ++this.#moment;
    return output;
  }

  #choose(n: number, what: Choice): number {
    const chosen = n > 1 ? (this.#options.choose?.(n, what) ?? 0) : 0;
    if (!Number.isInteger(chosen) || chosen < 0 || chosen >= n)
      throw new RangeError(`choose(${n}, '${what}') gave ${chosen}`);
    return chosen;
  }

  #table(name: string): SimulatedTable {
    const table = this.#tables.get(name);
    if (!table) throw new Error(`The simulated DynamoDB has no table ${name}`);
    return table;
  }
}

/** Others' steps that a late request lets pass, at most: a session is opened, ended and asked for again in fewer. */
const mostHeld = 50;

/** Only a command that wants no retries brings a middleware of that name: the SDK's own is its client's. */
const isSentOnce = ({ middlewareStack }: { middlewareStack: { identify(): string[] } }): boolean =>
  middlewareStack.identify().some((name) => name.startsWith('retryMiddleware'));

/** Takes the input as it is now, as the SDK does when it writes the request, so that later changes of it do nothing. */
function recognize(command: object): Call {
  if (command instanceof GetItemCommand) return call('GetItem', command.input, (to, input) => to.getItem(input));
  if (command instanceof BatchGetItemCommand)
    return call('BatchGetItem', command.input, (to, input, hop) => to.batchGetItem(input, hop));
  if (command instanceof QueryCommand) return call('Query', command.input, (to, input, hop) => to.query(input, hop));
  if (command instanceof PutItemCommand) return call('PutItem', command.input, (to, input) => to.putItem(input));
  if (command instanceof UpdateItemCommand)
    return call('UpdateItem', command.input, (to, input) => to.updateItem(input));
  if (command instanceof DeleteItemCommand)
    return call('DeleteItem', command.input, (to, input) => to.deleteItem(input));
  if (command instanceof BatchWriteItemCommand)
    return call('BatchWriteItem', command.input, (to, input, hop) => to.batchWriteItem(input, hop));
  if (command instanceof TransactWriteItemsCommand) {
    // The SDK makes a request token where there is none, one for all attempts of a call.
    const ClientRequestToken = command.input.ClientRequestToken ?? crypto.randomUUID();
    return call('TransactWriteItems', { ...command.input, ClientRequestToken }, (to, input) =>
      to.transactWriteItems(input),
    );
  }
  throw new Error(`The simulated DynamoDB does not implement ${command.constructor.name}`);
}

function call<Input extends object>(
  operation: Operation,
  given: Input,
  begin: (to: DynamoOperations, input: Input, hop: Hop) => Commit,
): Call {
  const input = plainCopy(given);
  return { operation, input: Object.fromEntries(Object.entries(input)), begin: (to, hop) => begin(to, input, hop) };
}
