import * as z from 'zod';

export type FaultKind =
  | 'throttle'
  | 'conflict'
  | 'unprocessed'
  | 'stall'
  | 'reset'
  | 'lose-answer'
  | 'late'
  | 'internal-error';

/** A request as a fault sees it. */
export interface FaultTarget {
  /** Logical id of a role, or `operator`. */
  readonly caller: string;
  readonly operation: string;
  readonly body: Record<string, unknown>;
}

/** Something that happens rarely, wished for by a test. */
export interface Wish<Target> {
  readonly when: (target: Target) => boolean;
  /** How often; without it until it is taken away. */
  readonly times?: number;
}

/** A write whose caller has given it up, and that has not reached the engine. */
export interface HeldWrite extends FaultTarget {
  /**
   * Carries the write out. A transaction gets another request token: it is as if the ten minutes had passed for which DynamoDB knows
   * that it has carried out the retry.
   * @returns the engine's answer, which nobody is waiting for
   */
  carryOut(): Promise<Answer>;
}

/** Something that AWS or a network does and the engine never does. */
export interface Fault extends Wish<FaultTarget> {
  readonly kind: FaultKind;
  /** For `late`: is given each write when its caller's connection has been closed, and chooses when it is carried out. */
  readonly hold?: (write: HeldWrite) => void;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** The faults that are injected at present. */
export class Faults<Target, F extends Wish<Target>> {
  readonly #active = new Map<F, number>();

  inject(fault: F): () => void {
    this.#active.set(fault, fault.times ?? Number.POSITIVE_INFINITY);
    return () => void this.#active.delete(fault);
  }

  /** The first that can hit and fits the target; it is counted as used. */
  take(target: Target, canHit: (fault: F) => boolean = () => true): F | undefined {
    for (const [fault, left] of this.#active) {
      if (!canHit(fault) || !fault.when(target)) continue;
      if (left > 1) this.#active.set(fault, left - 1);
      else this.#active.delete(fault);
      return fault;
    }
    return undefined;
  }
}

/** What DynamoDB answers in the engine's stead; undefined for the faults that are the network's. */
export function answerOf(kind: FaultKind, { operation, body }: FaultTarget): Answer | undefined {
  switch (kind) {
    case 'throttle':
      return failure(
        'ProvisionedThroughputExceededException',
        'The level of configured provisioned throughput for the table was exceeded.',
      );
    case 'conflict':
      return operation.startsWith('Transact') ? cancelled(body) : failure('TransactionConflictException', CONFLICT);
    case 'unprocessed':
      return unprocessed(operation, body);
    case 'internal-error':
      return failure('InternalServerError', 'The request processing has failed because of an unknown error.', 500);
    default:
      return undefined;
  }
}

/** An error in DynamoDB's own form. */
export function failure(type: string, message: string, status = 400): Answer {
  const space = type.startsWith('AccessDenied') || type.startsWith('Unrecognized') ? 'com.amazon.coral.service' : MODEL;
  return { status, body: { __type: `${space}#${type}`, message } };
}

const MODEL = 'com.amazonaws.dynamodb.v20120810';
const CONFLICT = 'Transaction is ongoing for the item';
const WRITES = ['PutItem', 'UpdateItem', 'DeleteItem', 'TransactWriteItems'];

/** Whether a fault can happen to such a call. */
export function canHit(kind: FaultKind, operation: string): boolean {
  if (kind === 'conflict') return WRITES.includes(operation) || operation === 'TransactGetItems';
  if (kind === 'late') return WRITES.includes(operation) || operation === 'BatchWriteItem';
  return kind !== 'unprocessed' || operation === 'BatchGetItem' || operation === 'BatchWriteItem';
}

function cancelled(body: Record<string, unknown>): Answer {
  const [, ...others] = z.array(z.unknown()).parse(body.TransactItems);
  const reasons = [{ Code: 'TransactionConflict', Message: CONFLICT }, ...others.map(() => ({ Code: 'None' }))];
  const codes = reasons.map(({ Code }) => Code).join(', ');
  const message = `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`;
  return {
    status: 400,
    body: { __type: `${MODEL}#TransactionCanceledException`, Message: message, CancellationReasons: reasons },
  };
}

function unprocessed(operation: string, { RequestItems }: Record<string, unknown>): Answer {
  if (operation === 'BatchWriteItem') return { status: 200, body: { UnprocessedItems: RequestItems } };
  const tables = Object.keys(z.record(z.string(), z.unknown()).parse(RequestItems));
  const responses = Object.fromEntries(tables.map((table) => [table, []]));
  return { status: 200, body: { Responses: responses, UnprocessedKeys: RequestItems } };
}
