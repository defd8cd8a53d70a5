import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { StorageOptions } from './answers.ts';
import { type BatchDeletes, createBatchDeletes } from './batch-deletes.ts';
import { createReads, type Reads } from './reads.ts';
import { createTransactions, type Transactions } from './transactions.ts';
import { createWrites, type Writes } from './writes.ts';

/** Everything that is done with storage. A door whose bundle should be small takes only the part that it uses. */
export interface Storage extends Reads, Writes, Transactions, BatchDeletes {}

export function createStorage(client: Pick<DynamoDBClient, 'send'>, options: StorageOptions): Storage {
  return {
    ...createReads(client, options),
    ...createWrites(client),
    ...createTransactions(client, options),
    ...createBatchDeletes(client, options),
  };
}
