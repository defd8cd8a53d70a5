import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import type { EventPublisher } from '../events/catalogue.ts';
import { eventsOf, type TokenImages } from '../events/token-changes.ts';
import { inOrder } from './record-batch.ts';

export interface AnnounceDependencies {
  readonly publisher: EventPublisher;
  readonly images: (record: DynamoDBRecord) => TokenImages;
}

/**
 * Tells the bus what became of tokens. Twice it publishes the same events under the same ids; late or out of order each event has the
 * token's version and epoch, by which a consumer drops what is older than what it knows.
 */
export const announceTokens =
  ({ publisher, images }: AnnounceDependencies) =>
  (event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> =>
    inOrder(event, (record) => publisher.publish(eventsOf(images(record))));
