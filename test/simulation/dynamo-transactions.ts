/**
 * TransactWriteItems. As on AWS a transaction is prepared (each item judged and held) before it is committed; in
 * between, other writes of its items conflict. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
 */
import type { CancellationReason, TransactWriteItem, TransactWriteItemsInput } from '@aws-sdk/client-dynamodb';
import {
  CONDITION_FAILED,
  CONFLICT,
  invalid,
  isInvalid,
  isMisfit,
  tokenMismatch,
  transactionCanceled,
  transactionInProgress,
} from './dynamo-errors.ts';
import type { Journal } from './dynamo-journal.ts';
import type { AttributeMap } from './dynamo-values.ts';
import {
  CONDITION_FIELDS,
  checkWrite,
  deleteWrite,
  type FindTable,
  putWrite,
  refuseUnknown,
  updateWrite,
  type Write,
} from './dynamo-writes.ts';

interface Prepared {
  readonly write: Write;
  readonly image: AttributeMap | undefined;
}

/** What is remembered of a request's token. The items are compared only when the token comes again. */
interface KnownToken {
  readonly items: TransactWriteItemsInput['TransactItems'];
  done: boolean;
}

const ACTION_FIELDS: Readonly<Record<string, readonly string[]>> = {
  Put: ['Item'],
  Update: ['Key', 'UpdateExpression'],
  Delete: ['Key'],
  ConditionCheck: ['Key'],
};
const ONE_ACTION = 'TransactItems can only contain one of Check, Put, Update or Delete';
const BAD_COUNT =
  "1 validation error detected: Value at 'transactItems' failed to satisfy constraint: Member must have length less than or equal to 100 and greater than or equal to 1";
const BAD_TOKEN =
  "1 validation error detected: Value at 'clientRequestToken' failed to satisfy constraint: Member must have length less than or equal to 36";

export class Transactions {
  readonly #table: FindTable;
  readonly #journal: Journal;
  readonly #conflict: boolean;
  readonly #tokens = new Map<string, KnownToken>();

  /** `conflict`: whether items are held from arrival to commit; otherwise a transaction is one moment. */
  constructor({ table, journal, conflict }: { table: FindTable; journal: Journal; conflict: boolean }) {
    this.#table = table;
    this.#journal = journal;
    this.#conflict = conflict;
  }

  forgetRequestTokens(): void {
    for (const [token, { done }] of this.#tokens) if (done) this.#tokens.delete(token);
  }

  /** Prepares; what it returns commits. */
  begin(input: TransactWriteItemsInput): () => object {
    refuseUnknown('TransactWriteItems', input, ['TransactItems', 'ClientRequestToken']);
    const items = input.TransactItems ?? [];
    if (items.length === 0 || items.length > 100) throw invalid(BAD_COUNT);
    const entries = items.map((item) => this.#entry(item));
    const rows = entries.flatMap((entry) => ('row' in entry ? entry.row : []));
    if (new Set(rows).size < rows.length)
      throw invalid('Transaction request cannot include multiple operations on one item');
    if (!this.#conflict) return () => (this.#isDone(input) ? {} : this.#commit(input, prepare(entries)));
    if (this.#isDone(input)) return () => ({});
    const prepared = prepare(entries);
    for (const { write } of prepared) write.row.held = true;
    this.#remember(input, false);
    return () => this.#commit(input, prepared);
  }

  #commit(input: TransactWriteItemsInput, prepared: readonly Prepared[]): object {
    for (const { write, image } of prepared) {
      write.row.held = false;
      if (write.changes) this.#journal.apply(write, image);
    }
    this.#remember(input, true);
    return {};
  }

  #remember({ ClientRequestToken: token, TransactItems }: TransactWriteItemsInput, done: boolean): void {
    if (token !== undefined) this.#tokens.set(token, { items: TransactItems, done });
  }

  /** Throws when the token belongs to another request, or to one that has not been committed yet. */
  #isDone({ ClientRequestToken: token, TransactItems }: TransactWriteItemsInput): boolean {
    if (token === undefined) return false;
    if (token === '' || token.length > 36) throw invalid(BAD_TOKEN);
    const known = this.#tokens.get(token);
    if (!known) return false;
    if (JSON.stringify(known.items) !== JSON.stringify(TransactItems)) throw tokenMismatch();
    if (!known.done) throw transactionInProgress();
    return true;
  }

  #entry(item: TransactWriteItem): Write | CancellationReason {
    try {
      return this.#write(item);
    } catch (error) {
      if (isMisfit(error)) return { Code: 'ValidationError', Message: error.message };
      throw error;
    }
  }

  #write(item: TransactWriteItem): Write {
    refuseUnknown('TransactItems', item, Object.keys(ACTION_FIELDS));
    const actions = Object.entries(item).filter(([, value]) => value !== undefined);
    if (actions.length !== 1) throw invalid(ONE_ACTION);
    for (const [kind, action] of actions)
      refuseUnknown(`TransactItems.${kind}`, action, [...CONDITION_FIELDS, ...(ACTION_FIELDS[kind] ?? [])]);
    if (item.Put) return putWrite(this.#table, item.Put);
    if (item.Update) return updateWrite(this.#table, item.Update);
    if (item.Delete) return deleteWrite(this.#table, item.Delete);
    if (item.ConditionCheck) return checkWrite(this.#table, item.ConditionCheck);
    throw invalid(ONE_ACTION);
  }
}

/** What every item becomes; throws when any of them stands against the transaction. */
function prepare(entries: readonly (Write | CancellationReason)[]): Prepared[] {
  const outcomes = entries.map((entry) => ('row' in entry ? outcomeOf(entry) : entry));
  const prepared = outcomes.filter((outcome) => 'write' in outcome);
  if (prepared.length === entries.length) return prepared;
  throw transactionCanceled(outcomes.map((outcome) => ('write' in outcome ? { Code: 'None' } : outcome)));
}

/** Each item is judged by itself: one transaction can be told of a conflict here and a failed condition there. */
function outcomeOf(write: Write): Prepared | CancellationReason {
  if (write.row.held) return CONFLICT;
  const before = write.row.versions[0];
  if (!write.holds(before)) {
    const Item = write.wantsOldItem ? before : undefined;
    return { Code: 'ConditionalCheckFailed', Message: CONDITION_FAILED, ...(Item && { Item }) };
  }
  try {
    return { write, image: write.next(before) };
  } catch (error) {
    if (isInvalid(error)) return { Code: 'ValidationError', Message: error.message };
    throw error;
  }
}
