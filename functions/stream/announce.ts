import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import type { EventPublisher } from '../events/catalogue.ts';
import type { RowChange } from '../notices/row-change.ts';
import { inOrder } from './record-batch.ts';
import { eventsOf } from './token-changes.ts';

export interface AnnounceDependencies {
  readonly publisher: EventPublisher;
  readonly changeOf: (record: DynamoDBRecord) => RowChange;
}

/**
 * Tells the bus what became of tokens, and of calls with dead values. Twice it publishes the same events under the same ids; late or out of order each event has the
 * token's version and epoch, by which a consumer drops what is older than what it knows.
 */
export const announceTokens =
  ({ publisher, changeOf }: AnnounceDependencies) =>
  (event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> =>
    inOrder(event, (record) => publisher.publish(eventsOf(changeOf(record))));
