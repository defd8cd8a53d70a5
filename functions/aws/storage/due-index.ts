import { type DynamoDBClient, QueryCommand, type QueryCommandInput } from '@aws-sdk/client-dynamodb';
import { answered } from './answers.ts';

/** The due index is spread over so many partitions, named by number. */
export const dueShards = Array.from({ length: 16 }, (_, shard) => String(shard));

/** An entry of the due index: keys only, and nothing to rely on but where to look. */
export interface DueEntry {
  readonly pk: string;
  readonly sk: string;
  /** When it is due. ISO 8601 instant, UTC. */
  readonly at: string;
}

export interface DueQuery {
  readonly table: string;
  readonly shard: string;
  readonly now: Date;
  /** Entries of a page at most. */
  readonly limit: number;
  /** `next` of the page before. */
  readonly from?: DuePage['next'];
}

export interface DuePage {
  readonly entries: readonly DueEntry[];
  /** Absent at the end of what is due. */
  readonly next?: QueryCommandInput['ExclusiveStartKey'];
}

/**
 * A page of what is due in one shard by an instant, the earliest first: the head of the range, however long nobody looked.
 * @throws {Refusal} `unavailable`
 */
export async function dueIn(
  client: Pick<DynamoDBClient, 'send'>,
  { table, shard, now, limit, from }: DueQuery,
): Promise<DuePage> {
  const input = {
    TableName: table,
    IndexName: 'due',
    KeyConditionExpression: 'due_shard = :due_shard AND due_at <= :now',
    // `~` sorts after every digit and letter: the whole of this instant.
    ExpressionAttributeValues: { ':due_shard': { S: shard }, ':now': { S: `${now.toISOString()}~` } },
    Limit: limit,
    ...(from ? { ExclusiveStartKey: from } : {}),
  };
  const { Items: items = [], LastEvaluatedKey: next } = await answered(() => client.send(new QueryCommand(input)));
  const entries = items.map(({ pk, sk, due_at: due }) => ({
    pk: pk?.S ?? '',
    sk: sk?.S ?? '',
    at: due?.S?.split('#', 1)[0] ?? '',
  }));
  return { entries, ...(next ? { next } : {}) };
}

const pageSize = 100;

/**
 * What is wanted of everything that is due, of all shards and to the end while there is time: however many tokens are due, they hide
 * nothing else. @throws {Refusal} `unavailable`
 */
export async function allDue<T>(
  client: Pick<DynamoDBClient, 'send'>,
  { table, now, hasTime }: Pick<DueQuery, 'table' | 'now'> & { readonly hasTime: () => boolean },
  wanted: (entries: readonly DueEntry[]) => readonly T[],
): Promise<readonly T[]> {
  const inShard = async (shard: string): Promise<T[]> => {
    const found: T[] = [];
    let from: DuePage['next'];
    do {
      const { entries, next } = await dueIn(client, { table, shard, now, limit: pageSize, from });
      found.push(...wanted(entries));
      from = next;
    } while (from && hasTime());
    return found;
  };
  return (await Promise.all(dueShards.map(inShard))).flat();
}

/** The entries whose partition key begins so, with the rest of that key. */
export function under(prefix: string, entries: readonly DueEntry[]): readonly (DueEntry & { readonly id: string })[] {
  return entries.flatMap((entry) =>
    entry.pk.startsWith(prefix) ? [{ ...entry, id: entry.pk.slice(prefix.length) }] : [],
  );
}

/** The receipts among what is due. */
export function receiptsAmong(
  entries: readonly DueEntry[],
): readonly { readonly token: string; readonly operation: string }[] {
  return under('TOKEN#', entries).flatMap(({ id: token, sk }) =>
    isReceipt(sk) ? [{ token, operation: sk.slice(receipt.length) }] : [],
  );
}

const receipt = 'RECEIPT#';
/** By the sort key. */
export const isReceipt = (sk: string): boolean => sk.startsWith(receipt);
