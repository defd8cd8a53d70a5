/** The errors of DynamoDB as the SDK throws them: its own exception classes, with the service's own sentences. */

import {
  type AttributeValue,
  type CancellationReason,
  ConditionalCheckFailedException,
  DynamoDBServiceException,
  IdempotentParameterMismatchException,
  InternalServerError,
  ProvisionedThroughputExceededException,
  ResourceNotFoundException,
  TransactionCanceledException,
  TransactionConflictException,
  TransactionInProgressException,
} from '@aws-sdk/client-dynamodb';

const CLIENT_FAULT = { $metadata: { httpStatusCode: 400, requestId: 'simulated', attempts: 1 } };
const SERVER_FAULT = { $metadata: { httpStatusCode: 500, requestId: 'simulated', attempts: 1 } };

/** 400 `ValidationException`: the SDK has no class of its own for it. */
export function invalid(message: string): DynamoDBServiceException {
  return new DynamoDBServiceException({ ...CLIENT_FAULT, name: 'ValidationException', $fault: 'client', message });
}

/**
 * A ValidationException about a value that does not fit the table's keys: inside a transaction AWS does not refuse the
 * request for it, but cancels the transaction with the reason `ValidationError`.
 */
export function misfit(message: string): DynamoDBServiceException {
  const error = invalid(message);
  MISFITS.add(error);
  return error;
}

const MISFITS = new WeakSet<Error>();
export const isMisfit = (error: unknown): error is Error => error instanceof Error && MISFITS.has(error);

export const isInvalid = (error: unknown): error is DynamoDBServiceException =>
  error instanceof DynamoDBServiceException && error.name === 'ValidationException';

export const CONDITION_FAILED = 'The conditional request failed';

/** `item`: the stored item, when the caller asked for it with ReturnValuesOnConditionCheckFailure. */
export function conditionFailed(item: Record<string, AttributeValue> | undefined): ConditionalCheckFailedException {
  return new ConditionalCheckFailedException({
    ...CLIENT_FAULT,
    message: CONDITION_FAILED,
    ...(item && { Item: item }),
  });
}

export const CONFLICT: CancellationReason = {
  Code: 'TransactionConflict',
  Message: 'Transaction is ongoing for the item',
};

/** One reason for each item of the transaction, in its order; `{ Code: 'None' }` where the item was not the cause. */
export function transactionCanceled(reasons: readonly CancellationReason[]): TransactionCanceledException {
  const codes = reasons.map((reason) => reason.Code).join(', ');
  const message = `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`;
  return new TransactionCanceledException({
    ...CLIENT_FAULT,
    message,
    Message: message,
    CancellationReasons: [...reasons],
  });
}

export const transactionConflict = (): TransactionConflictException =>
  new TransactionConflictException({ ...CLIENT_FAULT, message: 'Transaction is ongoing for the item' });

export const transactionInProgress = (): TransactionInProgressException =>
  new TransactionInProgressException({
    ...CLIENT_FAULT,
    Message: 'Transaction with the same request token is in progress',
    message: 'Transaction with the same request token is in progress',
  });

export const tokenMismatch = (): IdempotentParameterMismatchException =>
  new IdempotentParameterMismatchException({
    ...CLIENT_FAULT,
    message: 'The ClientRequestToken was used before with other parameters',
  });

export const throttled = (): ProvisionedThroughputExceededException =>
  new ProvisionedThroughputExceededException({
    ...CLIENT_FAULT,
    message: 'The level of configured provisioned throughput for the table was exceeded.',
  });

export const noSuchTable = (): ResourceNotFoundException =>
  new ResourceNotFoundException({ ...CLIENT_FAULT, message: 'Requested resource not found' });

export const internalError = (): InternalServerError =>
  new InternalServerError({ ...SERVER_FAULT, message: 'Internal server error' });

/** What the SDK throws when the connection breaks before an answer: the caller cannot know what happened. */
export const connectionReset = (): Error => Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });

/** Errors that the SDK's standard retry mode sends again by itself. */
export function isRetried(error: unknown): boolean {
  if (error instanceof DynamoDBServiceException) return error.$fault === 'server' || RETRIED_NAMES.has(error.name);
  return error instanceof Error && 'code' in error && error.code === 'ECONNRESET';
}

const RETRIED_NAMES = new Set(['ProvisionedThroughputExceededException', 'TransactionInProgressException']);
