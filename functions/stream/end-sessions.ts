import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import * as z from 'zod/mini';
import { log } from '../runtime/log.ts';
import { type EndSessionsDependencies, endSessions } from '../sessions/end-sessions.ts';
import { inOrder } from './record-batch.ts';

const text = z.object({ S: z.string() });
const ReceiptRecord = z.object({
  dynamodb: z.object({ NewImage: z.object({ token_uid: text, operation: text, refused_from: text }) }),
});

/**
 * A revocation's receipt was put, or asks for another round: ends the sessions. Twice, late or out of order it finds the receipt
 * completed, or goes on where the recorded progress is.
 */
export const endSessionsOfReceipts =
  (deps: EndSessionsDependencies) =>
  (event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> =>
    inOrder(event, async (record) => {
      const { token_uid: token, operation, refused_from: from } = ReceiptRecord.parse(record).dynamodb.NewImage;
      const outcome = await endSessions(deps, { token: token.S, operation: operation.S });
      log(outcome === 'stuck' ? 'error' : 'info', 'revocation round', {
        token_uid: token.S,
        operation: operation.S,
        outcome,
        // A clock that is behind must not make it negative: then the metric would have no percentiles.
        took_ms: Math.max(0, deps.now().getTime() - Date.parse(from.S)),
      });
    });
