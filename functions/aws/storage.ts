import { randomUUID } from 'node:crypto';
import {
  BatchGetItemCommand,
  type BatchGetItemCommandOutput,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { conflict, Refusal, unavailable } from '../refusals.ts';

export type Item = Record<string, unknown>;

/** The key of one item of one table. */
export interface Key {
  readonly table: string;
  readonly pk: string;
  readonly sk: string;
}

/** One item's part in a transaction. In expressions, `#name` is the attribute of that name and `:name` the value of that name. */
export type Step = StepExpressions &
  (
    | { readonly put: Key; readonly item: Item }
    | { readonly update: Key; readonly set: string }
    | { readonly delete: Key }
    | { readonly check: Key }
  );

interface StepExpressions {
  readonly condition?: string;
  readonly values?: Item;
}

/** What became of one step of a transaction that was not carried out. */
export interface StepOutcome {
  readonly failed: boolean;
  /** The item as it was when its condition failed; null where there was none. */
  readonly item: Item | null;
}

export interface Storage {
  /**
   * Reads items strongly, by their base keys, in one request (100 keys at most), in the order of the keys; null where there is none.
   * @throws {Refusal} `unavailable`
   */
  read(keys: readonly Key[]): Promise<(Item | null)[]>;
  /**
   * The items of a partition, or those whose sort key begins with `prefix`, read strongly, page by page; at most `limit` of them.
   * @throws {Refusal} `unavailable`
   */
  query(range: { table: string; pk: string; prefix?: string; newestFirst?: boolean; limit: number }): Promise<Item[]>;
  /** Puts one item, on a condition where there is one. @returns whether the condition held. @throws {Refusal} `unavailable` */
  put(step: { put: Key; item: Item } & StepExpressions): Promise<boolean>;
  /**
   * Writes all steps or none. `proof` is the step that puts the operation's audit entry on condition that it is absent: where an
   * earlier try's answer was lost, that the entry is there already is the proof of success.
   * @returns null when it is done, else the outcome of each step: a condition failed and nothing was changed.
   * @throws {Refusal} `conflict` when others' transactions were in the way for 3 s, `unavailable` when it is not known what happened
   */
  transact(steps: readonly Step[], options: { proof: number }): Promise<StepOutcome[] | null>;
}

export interface StorageOptions {
  /** Waits that many milliseconds. */
  readonly pause: (ms: number) => Promise<void>;
  /** A number from 0 to 1. */
  readonly jitter: () => number;
}

const longestConflictMs = 3000;
const longestUnprocessedMs = 1000;

/** What others' transactions do to ours; the SDK retries none of them. aws-and-standards: TransactWriteItems */
const transientReasons = ['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'];

export function createStorage(client: Pick<DynamoDBClient, 'send'>, options: StorageOptions): Storage {
  return {
    read: (keys) => answered(() => read(client, keys, options)),
    query: (range) => answered(() => query(client, range)),
    put: (step) => answered(() => put(client, step)),
    transact: (steps, { proof }) => answered(() => transact(client, { steps, proof }, options)),
  };
}

/** Whatever storage says that is not an outcome of the request means that it cannot answer. Fail closed, and say so. */
async function answered<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw error instanceof Refusal ? error : unavailable(error);
  }
}

async function read(
  client: Pick<DynamoDBClient, 'send'>,
  keys: readonly Key[],
  options: StorageOptions,
): Promise<(Item | null)[]> {
  const [first] = keys;
  if (first && keys.length === 1) {
    const { Item: item } = await client.send(
      new GetItemCommand({ TableName: first.table, Key: attributes(first), ConsistentRead: true }),
    );
    return [item ? unmarshall(item) : null];
  }
  const found = new Map<string, Item>();
  const pauses = backoff(options, longestUnprocessedMs);
  for (let rest: BatchGetItemCommandOutput['UnprocessedKeys'] = requestFor(keys); rest; ) {
    const answer: BatchGetItemCommandOutput = await client.send(new BatchGetItemCommand({ RequestItems: rest }));
    for (const [table, items] of Object.entries(answer.Responses ?? {})) {
      for (const item of items.map((marshalled) => unmarshall(marshalled)))
        found.set(nameOf({ table, pk: item.pk, sk: item.sk }), item);
    }
    rest = Object.keys(answer.UnprocessedKeys ?? {}).length > 0 ? answer.UnprocessedKeys : undefined;
    if (rest && !(await pauses())) throw unavailable(new Error('Keys stayed unprocessed.'));
  }
  return keys.map((key) => found.get(nameOf(key)) ?? null);
}

function requestFor(keys: readonly Key[]): NonNullable<BatchGetItemCommandOutput['UnprocessedKeys']> {
  const byTable = Map.groupBy(new Map(keys.map((key) => [nameOf(key), key])).values(), ({ table }) => table);
  return Object.fromEntries(
    [...byTable].map(([table, some]) => [table, { Keys: some.map(attributes), ConsistentRead: true }]),
  );
}

const nameOf = ({ table, pk, sk }: Key) => `${table}\0${pk}\0${sk}`;
const attributes = ({ pk, sk }: Key) => ({ pk: { S: pk }, sk: { S: sk } });

async function query(client: Pick<DynamoDBClient, 'send'>, range: Parameters<Storage['query']>[0]): Promise<Item[]> {
  const items: Item[] = [];
  let from: Record<string, { S: string }> | undefined;
  do {
    const page = await client.send(
      new QueryCommand({
        TableName: range.table,
        KeyConditionExpression: range.prefix ? 'pk = :pk AND begins_with(sk, :prefix)' : 'pk = :pk',
        ExpressionAttributeValues: {
          ':pk': { S: range.pk },
          ...(range.prefix ? { ':prefix': { S: range.prefix } } : {}),
        },
        ConsistentRead: true,
        ScanIndexForward: !range.newestFirst,
        // Always with a limit: an engine that reads the whole range under one lock is one that we run on.
        Limit: range.limit - items.length,
        ...(from ? { ExclusiveStartKey: from } : {}),
      }),
    );
    items.push(...(page.Items ?? []).map((item) => unmarshall(item)));
    from = page.LastEvaluatedKey as typeof from;
  } while (from && items.length < range.limit);
  return items;
}

async function put(client: Pick<DynamoDBClient, 'send'>, step: Parameters<Storage['put']>[0]): Promise<boolean> {
  try {
    await client.send(
      new PutItemCommand({
        TableName: step.put.table,
        Item: marshalled({ ...step.item, ...keyOf(step.put) }),
        ...expressions(step),
      }),
    );
    return true;
  } catch (error) {
    if (isNamed(error, 'ConditionalCheckFailedException')) return false;
    throw error;
  }
}

async function transact(
  client: Pick<DynamoDBClient, 'send'>,
  { steps, proof }: { steps: readonly Step[]; proof: number },
  options: StorageOptions,
): Promise<StepOutcome[] | null> {
  // One request token for all tries: DynamoDB carries a token's transaction out once, for 10 minutes.
  const command = new TransactWriteItemsCommand({
    TransactItems: steps.map(transactItem),
    ClientRequestToken: randomUUID(),
  });
  const pauses = backoff(options, longestConflictMs);
  for (;;) {
    try {
      await client.send(command);
      return null;
    } catch (error) {
      if (!isNamed(error, 'TransactionCanceledException') && !isNamed(error, 'TransactionInProgressException'))
        throw error;
      const reasons = (error as TransactionCanceledException).CancellationReasons ?? [];
      if (reasons[proof]?.Code === 'ConditionalCheckFailed') return null;
      const inTheWay = reasons.length === 0 || reasons.some(({ Code }) => transientReasons.includes(Code ?? ''));
      if (!inTheWay) return outcomes(reasons, error);
      if (!(await pauses())) throw conflict(undefined, error);
    }
  }
}

function outcomes(
  reasons: NonNullable<TransactionCanceledException['CancellationReasons']>,
  error: unknown,
): StepOutcome[] {
  if (!reasons.some(({ Code }) => Code === 'ConditionalCheckFailed')) throw error;
  return reasons.map(({ Code, Item: item }) => ({
    failed: Code === 'ConditionalCheckFailed',
    item: item ? unmarshall(item) : null,
  }));
}

function transactItem(step: Step): TransactWriteItem {
  const onFailure = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const;
  if ('put' in step) {
    return {
      Put: {
        TableName: step.put.table,
        Item: marshalled({ ...step.item, ...keyOf(step.put) }),
        ...expressions(step),
        ...onFailure,
      },
    };
  }
  if ('update' in step) {
    const UpdateExpression = step.set;
    return {
      Update: {
        TableName: step.update.table,
        Key: attributes(step.update),
        UpdateExpression,
        ...expressions(step),
        ...onFailure,
      },
    };
  }
  if ('delete' in step)
    return {
      Delete: { TableName: step.delete.table, Key: attributes(step.delete), ...expressions(step), ...onFailure },
    };
  // A check without a condition would be no check.
  return {
    ConditionCheck: {
      TableName: step.check.table,
      Key: attributes(step.check),
      ConditionExpression: '',
      ...expressions(step),
      ...onFailure,
    },
  };
}

function expressions(step: StepExpressions & { set?: string }): {
  ConditionExpression?: string;
  ExpressionAttributeNames?: Record<string, string>;
  ExpressionAttributeValues?: ReturnType<typeof marshalled>;
} {
  const names = new Set(`${step.condition ?? ''} ${step.set ?? ''}`.match(/#\w+/g));
  return {
    ...(step.condition ? { ConditionExpression: step.condition } : {}),
    ...(names.size > 0
      ? { ExpressionAttributeNames: Object.fromEntries([...names].map((name) => [name, name.slice(1)])) }
      : {}),
    ...(step.values
      ? {
          ExpressionAttributeValues: marshalled(
            Object.fromEntries(Object.entries(step.values).map(([name, value]) => [`:${name}`, value])),
          ),
        }
      : {}),
  };
}

const keyOf = ({ pk, sk }: Key) => ({ pk, sk });
const marshalled = (item: Item) => marshall(item, { removeUndefinedValues: true });

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}

/** Doubling pauses with full jitter, until they add up to `longest` ms; each call waits, or answers false when time is up. */
function backoff({ pause, jitter }: StorageOptions, longest: number): () => Promise<boolean> {
  let spent = 0;
  let step = 25;
  return async () => {
    if (spent >= longest) return false;
    const wait = Math.min(longest - spent, Math.ceil(step * (0.5 + jitter() / 2)));
    spent += wait;
    step = Math.min(step * 2, 400);
    await pause(wait);
    return true;
  };
}
