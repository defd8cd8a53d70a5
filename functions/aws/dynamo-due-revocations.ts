import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { DueRevocations } from '../sessions/resume-revocations.ts';
import type { Tables } from './keys.ts';
import { allDue, receiptsAmong } from './storage/due-index.ts';

/** Receipts in DynamoDB's due index, which they share with tokens and digests. */
export class DynamoDueRevocations implements DueRevocations {
  readonly #client: Pick<DynamoDBClient, 'send'>;
  readonly #table: string;

  constructor(client: Pick<DynamoDBClient, 'send'>, { tokens }: Pick<Tables, 'tokens'>) {
    this.#client = client;
    this.#table = tokens;
  }

  find(now: Date, hasTime: () => boolean): ReturnType<DueRevocations['find']> {
    return allDue(this.#client, { table: this.#table, now, hasTime }, receiptsAmong);
  }
}
