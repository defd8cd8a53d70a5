/** Faults that a test puts in the way of calls. */
import {
  CONFLICT,
  connectionReset,
  internalError,
  throttled,
  transactionCanceled,
  transactionConflict,
} from './dynamo-errors.ts';

export type Operation =
  | 'GetItem'
  | 'BatchGetItem'
  | 'Query'
  | 'PutItem'
  | 'UpdateItem'
  | 'DeleteItem'
  | 'TransactWriteItems'
  | 'BatchWriteItem';

type Input = Readonly<Record<string, unknown>>;

/**
 * `lose-answer`: done, but the caller sees a reset. `reset`: not done. `late`: the caller sees a reset at once, and the
 * request is done later, perhaps much later. `conflict` is for writes, `unprocessed` for batches; other calls pass.
 */
export interface Fault {
  readonly kind: 'lose-answer' | 'reset' | 'late' | 'throttle' | 'conflict' | 'unprocessed' | 'internal-error';
  readonly when: (operation: Operation, input: Input) => boolean;
  /** any number of times unless given */
  readonly times?: number;
}

export class Faults {
  readonly #left = new Map<Fault, number>();

  inject(fault: Fault): () => void {
    this.#left.set(fault, fault.times ?? Number.POSITIVE_INFINITY);
    return () => void this.#left.delete(fault);
  }

  /** The first fault that fits a call; it has one time less from now on. */
  for(operation: Operation, input: Input): Fault['kind'] | undefined {
    for (const [fault, left] of this.#left) {
      if (left === 0 || !isPossible(fault.kind, operation) || !fault.when(operation, input)) continue;
      this.#left.set(fault, left - 1);
      return fault.kind;
    }
    return undefined;
  }
}

function isPossible(kind: Fault['kind'], operation: Operation): boolean {
  if (kind === 'unprocessed') return operation.startsWith('Batch');
  if (kind === 'conflict') return ['PutItem', 'UpdateItem', 'DeleteItem', 'TransactWriteItems'].includes(operation);
  return true;
}

/** What a fault does instead of the call; undefined where the call is done all the same. */
export function answerOf(
  fault: Fault['kind'] | undefined,
  { operation, input }: { operation: Operation; input: Input },
): object | undefined {
  switch (fault) {
    case 'reset':
      throw connectionReset();
    case 'throttle':
      throw throttled();
    case 'internal-error':
      throw internalError();
    case 'conflict': {
      const items = Array.isArray(input.TransactItems) ? input.TransactItems : [];
      if (operation !== 'TransactWriteItems') throw transactionConflict();
      throw transactionCanceled(items.map((_, at) => (at === 0 ? CONFLICT : { Code: 'None' })));
    }
    case 'unprocessed':
      return operation === 'BatchGetItem'
        ? { Responses: {}, UnprocessedKeys: input.RequestItems }
        : { UnprocessedItems: input.RequestItems };
    default:
      return undefined;
  }
}
