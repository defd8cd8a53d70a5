import { type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
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

/**
 * What is due in one shard by an instant, the earliest first: the head of the range, however long nobody looked.
 * @throws {Refusal} `unavailable`
 */
export async function dueIn(
  client: Pick<DynamoDBClient, 'send'>,
  { table, shard, now, limit }: { table: string; shard: string; now: Date; limit: number },
): Promise<readonly DueEntry[]> {
  const input = {
    TableName: table,
    IndexName: 'due',
    KeyConditionExpression: 'due_shard = :due_shard AND due_at <= :now',
    // `~` sorts after every digit and letter: the whole of this instant.
    ExpressionAttributeValues: { ':due_shard': { S: shard }, ':now': { S: `${now.toISOString()}~` } },
    Limit: limit,
  };
  const { Items: items = [] } = await answered(() => client.send(new QueryCommand(input)));
  return items.map(({ pk, sk, due_at: due }) => ({
    pk: pk?.S ?? '',
    sk: sk?.S ?? '',
    at: due?.S?.split('#', 1)[0] ?? '',
  }));
}
