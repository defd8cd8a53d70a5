import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import * as z from 'zod/mini';
import { log } from '../runtime/log.ts';
import { type EndSessionsDependencies, endSessions, type RoundOutcome } from '../sessions/end-sessions.ts';
import { Refusal } from '../values/refusals.ts';
import { inOrder } from './record-batch.ts';

const text = z.object({ S: z.string() });
const ReceiptRecord = z.object({
  dynamodb: z.object({ NewImage: z.object({ token_uid: text, operation: text, refused_from: text }) }),
});

/**
 * A revocation's receipt was put, or asks for another round: ends the sessions. Twice, late or out of order it finds the receipt
 * completed, or goes on where the recorded progress is.
 *
 * A round that storage does not answer is left, and its record is not read again: that would hold up other tokens' revocations. The
 * receipt is in the due index until it is completed, and the schedule brings it back.
 */
export const endSessionsOfReceipts =
  (deps: EndSessionsDependencies) =>
  (event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> =>
    inOrder(event, async (record) => {
      const { token_uid: token, operation, refused_from: from } = ReceiptRecord.parse(record).dynamodb.NewImage;
      const outcome = await roundOf(deps, { token: token.S, operation: operation.S });
      log(outcome === 'stuck' || outcome === 'left' ? 'error' : 'info', 'revocation round', {
        token_uid: token.S,
        operation: operation.S,
        outcome,
        // A clock that is behind must not make it negative: then the metric would have no percentiles.
        took_ms: Math.max(0, deps.now().getTime() - Date.parse(from.S)),
      });
    });

async function roundOf(
  deps: EndSessionsDependencies,
  revocation: Parameters<typeof endSessions>[1],
): Promise<RoundOutcome | 'left'> {
  try {
    return await endSessions(deps, revocation);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    log('error', 'storage did not answer a revocation round', { ...revocation, error });
    return 'left';
  }
}
