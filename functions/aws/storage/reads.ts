import {
  BatchGetItemCommand,
  type BatchGetItemCommandOutput,
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  type QueryCommandInput,
} from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { unavailable } from '../../values/refusals.ts';
import { answered, backoff, type StorageOptions } from './answers.ts';
import { type Item, type Key, keyAttributes } from './expressions.ts';

/** A part of a partition, in the order of the sort keys. */
export interface Range {
  readonly table: string;
  readonly pk: string;
  /** Only sort keys that begin with this. */
  readonly prefix?: string;
  /** Only sort keys after this one. */
  readonly after?: string | undefined;
  readonly newestFirst?: boolean;
  /** Only these attributes of each item; a list with commas, of names that are no reserved words. */
  readonly only?: string | undefined;
  /** At most this many items. */
  readonly limit: number;
}

/** Strong reads of base items: never an index, never a stale copy. */
export interface Reads {
  /**
   * Reads items in one request (100 keys at most), in the order of the keys; null where there is none.
   * @throws {Refusal} `unavailable`
   */
  read(keys: readonly Key[]): Promise<(Item | null)[]>;
  /** The items of a range, page by page. @throws {Refusal} `unavailable` */
  query(range: Range): Promise<Item[]>;
}

type Client = Pick<DynamoDBClient, 'send'>;
const longestUnprocessedMs = 1000;

export function createReads(client: Client, options: StorageOptions): Reads {
  return {
    read: (keys) => answered(() => read(client, keys, options)),
    query: (range) => answered(() => query(client, range)),
  };
}

async function read(client: Client, keys: readonly Key[], options: StorageOptions): Promise<(Item | null)[]> {
  const [first] = keys;
  if (!first) return [];
  if (keys.length > 1) return await readTogether(client, keys, options);
  const input = { TableName: first.table, Key: keyAttributes(first), ConsistentRead: true };
  const { Item: item } = await client.send(new GetItemCommand(input));
  return [item ? unmarshall(item) : null];
}

async function readTogether(client: Client, keys: readonly Key[], options: StorageOptions): Promise<(Item | null)[]> {
  const found = new Map<string, Item>();
  const pauses = backoff(options, longestUnprocessedMs);
  for (let rest: BatchGetItemCommandOutput['UnprocessedKeys'] = requestFor(keys); rest; ) {
    const answer: BatchGetItemCommandOutput = await client.send(new BatchGetItemCommand({ RequestItems: rest }));
    for (const [table, items] of Object.entries(answer.Responses ?? {})) {
      for (const item of items.map((marshalled) => unmarshall(marshalled))) {
        found.set(nameOf({ table, pk: item.pk, sk: item.sk }), item);
      }
    }
    rest = Object.keys(answer.UnprocessedKeys ?? {}).length > 0 ? answer.UnprocessedKeys : undefined;
    if (rest && !(await pauses())) throw unavailable(new Error('Keys stayed unprocessed.'));
  }
  return keys.map((key) => found.get(nameOf(key)) ?? null);
}

function requestFor(keys: readonly Key[]): NonNullable<BatchGetItemCommandOutput['UnprocessedKeys']> {
  const each = new Map(keys.map((key) => [nameOf(key), key])).values();
  const tables = [...Map.groupBy(each, ({ table }) => table)];
  return Object.fromEntries(
    tables.map(([table, some]) => [table, { Keys: some.map(keyAttributes), ConsistentRead: true }]),
  );
}

const nameOf = ({ table, pk, sk }: Key) => `${table}\0${pk}\0${sk}`;

async function query(client: Client, range: Range): Promise<Item[]> {
  // DynamoDB refuses a limit of none.
  if (range.limit < 1) return [];
  const items: Item[] = [];
  let from: QueryCommandInput['ExclusiveStartKey'] = range.after
    ? keyAttributes({ ...range, sk: range.after })
    : undefined;
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
        ...(range.only ? { ProjectionExpression: range.only } : {}),
        // Always with a limit: an engine that reads the whole range under one lock is one that we run on.
        Limit: range.limit - items.length,
        ...(from ? { ExclusiveStartKey: from } : {}),
      }),
    );
    items.push(...(page.Items ?? []).map((item) => unmarshall(item)));
    from = page.LastEvaluatedKey;
  } while (from && items.length < range.limit);
  return items;
}
