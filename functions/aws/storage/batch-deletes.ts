import { BatchWriteItemCommand, type BatchWriteItemCommandOutput, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { unavailable } from '../../values/refusals.ts';
import { answered, backoff, type StorageOptions } from './answers.ts';
import { type Key, keyAttributes } from './expressions.ts';

/** Deletes without conditions, in batches: for what is over whatever else happens. */
export interface BatchDeletes {
  /** All batches at once: a page of sessions is ten. Keys that have no item are no error. @throws {Refusal} `unavailable` */
  deleteAll(keys: readonly Key[]): Promise<void>;
}

type Client = Pick<DynamoDBClient, 'send'>;
const mostPerRequest = 25;
const longestUnprocessedMs = 3000;

export function createBatchDeletes(client: Client, options: StorageOptions): BatchDeletes {
  return {
    deleteAll: (keys) =>
      answered(async () => {
        const starts = Array.from(
          { length: Math.ceil(keys.length / mostPerRequest) },
          (_, index) => index * mostPerRequest,
        );
        await Promise.all(starts.map((from) => deleteBatch(client, keys.slice(from, from + mostPerRequest), options)));
      }),
  };
}

async function deleteBatch(client: Client, keys: readonly Key[], options: StorageOptions): Promise<void> {
  const pauses = backoff(options, longestUnprocessedMs);
  const tables = [...Map.groupBy(keys, ({ table }) => table)];
  let rest: BatchWriteItemCommandOutput['UnprocessedItems'] = Object.fromEntries(
    tables.map(([table, some]) => [table, some.map((key) => ({ DeleteRequest: { Key: keyAttributes(key) } }))]),
  );
  while (rest && Object.keys(rest).length > 0) {
    const answer: BatchWriteItemCommandOutput = await client.send(new BatchWriteItemCommand({ RequestItems: rest }));
    rest = answer.UnprocessedItems;
    if (rest && Object.keys(rest).length > 0 && !(await pauses()))
      throw unavailable(new Error('Deletes stayed unprocessed.'));
  }
}
