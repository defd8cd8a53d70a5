import { randomUUID } from 'node:crypto';
import {
  type DynamoDBClient,
  type TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { conflict, unavailable } from '../../values/refusals.ts';
import { answered, backoff, isNamed, type StorageOptions } from './answers.ts';
import {
  type Delete,
  deleteInput,
  type Expressions,
  expressions,
  type Item,
  type Key,
  keyAttributes,
  type Put,
  putInput,
  type Update,
  updateInput,
} from './expressions.ts';

/** A condition on an item that the transaction does not change. */
export type Check = Expressions & { readonly check: Key; readonly condition: string };

/** One item's part in a transaction. */
export type Step = Put | Update | Delete | Check;

/** What became of one step of a transaction that was not carried out. */
export interface StepOutcome {
  readonly failed: boolean;
  /** The item as it was when its condition failed; null where there was none. */
  readonly item: Item | null;
}

interface TransactionOptions {
  readonly proof?: number;
  readonly mayHoldAgain?: readonly number[];
}

export interface Transactions {
  /**
   * Writes all steps or none. `proof` is the step that puts the operation's audit entry on condition that it is absent: where an
   * earlier try's answer was lost, that the entry is there already is the proof of success. Without one, the request token alone keeps
   * a try from being carried out twice, and what it changed shows in its conditions.
   * `mayHoldAgain`: the steps whose condition can fail now and hold later, as that a name is free. Where only those failed, an attempt
   * before that was not answered may still be carried out. Then nobody is told that they are refused, but that it is not known.
   * @returns null when it is done, else the outcome of each step: a condition failed and nothing was changed.
   * @throws {Refusal} `conflict` when others' transactions were in the way for 3 s, `unavailable` when it is not known what happened
   */
  transact(steps: readonly Step[], options?: TransactionOptions): Promise<StepOutcome[] | null>;
}

type Client = Pick<DynamoDBClient, 'send'>;
const longestConflictMs = 3000;

/**
 * What others' transactions do to ours; the SDK retries none of them.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
 */
const transientReasons = ['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'];

export function createTransactions(client: Client, options: StorageOptions): Transactions {
  return { transact: (steps, how = {}) => answered(() => transact(client, { steps, ...how }, options)) };
}

async function transact(
  client: Client,
  { steps, proof, mayHoldAgain = [] }: TransactionOptions & { readonly steps: readonly Step[] },
  options: StorageOptions,
): Promise<StepOutcome[] | null> {
  // One request token for all tries: DynamoDB carries a token's transaction out once, for 10 minutes.
  const command = new TransactWriteItemsCommand({
    TransactItems: steps.map(transactItem),
    ClientRequestToken: randomUUID(),
  });
  const pauses = backoff(options, longestConflictMs);
  let mayComeLate = false;
  for (;;) {
    try {
      await client.send(command);
      return null;
    } catch (error) {
      if (!isNamed(error, 'TransactionCanceledException') && !isNamed(error, 'TransactionInProgressException'))
        throw error;
      const reasons = (error as TransactionCanceledException).CancellationReasons ?? [];
      if (proof !== undefined && reasons[proof]?.Code === 'ConditionalCheckFailed') return null;
      const inTheWay = reasons.length === 0 || reasons.some(({ Code }) => transientReasons.includes(Code ?? ''));
      mayComeLate ||= ((error as TransactionCanceledException).$metadata.attempts ?? 1) > 1;
      if (!inTheWay) {
        const outcome = outcomes(reasons, error);
        if (mayComeLate && outcome.every(({ failed }, at) => !failed || mayHoldAgain.includes(at)))
          throw unavailable(error);
        return outcome;
      }
      if (await pauses()) continue;
      // Only where each attempt was answered is it known that nothing was done.
      throw mayComeLate || reasons.length === 0 ? unavailable(error) : conflict(undefined, error);
    }
  }
}

function outcomes(
  reasons: NonNullable<TransactionCanceledException['CancellationReasons']>,
  error: unknown,
): StepOutcome[] {
  if (!reasons.some(({ Code }) => Code === 'ConditionalCheckFailed')) throw error;
  return reasons.map(({ Code, Item: item }) => ({
    failed: Code === 'ConditionalCheckFailed',
    item: item ? unmarshall(item) : null,
  }));
}

function transactItem(step: Step): TransactWriteItem {
  const onFailure = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const;
  if ('put' in step) return { Put: { ...putInput(step), ...onFailure } };
  if ('update' in step) return { Update: { ...updateInput(step), ...onFailure } };
  if ('delete' in step) return { Delete: { ...deleteInput(step), ...onFailure } };
  const { table } = step.check;
  return {
    ConditionCheck: {
      TableName: table,
      Key: keyAttributes(step.check),
      ...expressions(step),
      ConditionExpression: step.condition,
      ...onFailure,
    },
  };
}
