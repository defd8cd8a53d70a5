/**
 * The calls of DynamoDB over simulated tables. Each method is what happens when the request arrives (checks, and for a
 * transaction its preparation); what it returns is what happens at the commit point.
 */
import type {
  BatchGetItemInput,
  BatchWriteItemInput,
  DeleteItemInput,
  GetItemInput,
  PutItemInput,
  QueryInput,
  TransactWriteItemsInput,
  UpdateItemInput,
} from '@aws-sdk/client-dynamodb';
import { projecting } from './dynamo-documents.ts';
import { conditionFailed, invalid, noSuchTable, transactionConflict } from './dynamo-errors.ts';
import { parseProjection } from './dynamo-expressions.ts';
import { type Change, Journal } from './dynamo-journal.ts';
import { bind } from './dynamo-placeholders.ts';
import { prepareQuery } from './dynamo-query.ts';
import type { Row, SimulatedTable } from './dynamo-table.ts';
import { Transactions } from './dynamo-transactions.ts';
import { type AttributeMap, storableMap } from './dynamo-values.ts';
import { CONDITION_FIELDS, deleteWrite, putWrite, refuseUnknown, updateWrite, type Write } from './dynamo-writes.ts';

export type Commit = () => object | Promise<object>;
/** Lets others go first, where a scheduler decides who is next. */
export type Hop = (step: string) => Promise<void>;
/** What a choice is about: `choose` answers with 0 (the friendliest) to n - 1. */
export type Choice = 'version' | 'unprocessed' | 'read later' | 'late';

export interface OperationOptions {
  readonly tables: ReadonlyMap<string, SimulatedTable>;
  readonly choose: (n: number, what: Choice) => number;
  readonly transactionsConflict: boolean;
  readonly onCommit: (change: Change) => void;
}

const WRITE_FIELDS = [...CONDITION_FIELDS, 'ReturnValues'];
const READ_FIELDS = ['ConsistentRead', 'ProjectionExpression', 'ExpressionAttributeNames'];

export class DynamoOperations {
  readonly #options: OperationOptions;
  readonly #journal: Journal;
  readonly #transactions: Transactions;

  constructor(options: OperationOptions) {
    this.#options = options;
    this.#journal = new Journal(options.onCommit);
    this.#transactions = new Transactions({
      table: this.#table,
      journal: this.#journal,
      conflict: options.transactionsConflict,
    });
  }

  forgetRequestTokens(): void {
    this.#transactions.forgetRequestTokens();
  }

  getItem(input: GetItemInput): Commit {
    refuseUnknown('GetItem', input, ['TableName', 'Key', ...READ_FIELDS]);
    const table = this.#table(input.TableName);
    const key = table.keyOf(storableMap(input.Key ?? {}), true);
    const shown = projection(input);
    return () => {
      const item = this.#see(table.find(key), input.ConsistentRead === true);
      return item ? { Item: shown(item) } : {};
    };
  }

  batchGetItem(input: BatchGetItemInput, hop: Hop): Commit {
    refuseUnknown('BatchGetItem', input, ['RequestItems']);
    const reads = Object.entries(input.RequestItems ?? {}).flatMap(([name, asked]) => {
      refuseUnknown('BatchGetItem.RequestItems', asked, ['Keys', ...READ_FIELDS]);
      const [table, shown] = [this.#table(name), projection(asked)];
      const keys = (asked.Keys ?? []).map((key) => table.keyOf(storableMap(key), true));
      return keys.map((key) => ({ name, table, key, asked, shown }));
    });
    checkBatch(
      'BatchGetItem',
      reads.map(({ table, key }) => table.row(key)),
      100,
    );
    return async () => {
      const processed = reads.length - this.#options.choose(reads.length, 'unprocessed');
      // No snapshot: each item is read at its own point in time. Nor does DynamoDB keep the order of the keys.
      const found = await Promise.all(
        reads.slice(0, processed).map(async (read, at) => {
          if (processed > 1) await hop(`reads key ${at}`);
          const item = this.#see(read.table.find(read.key), read.asked.ConsistentRead === true);
          return { name: read.name, items: item ? [read.shown(item)] : [] };
        }),
      );
      const Responses: Record<string, AttributeMap[]> = {};
      for (const { name, items } of found.reverse()) Responses[name] = [...(Responses[name] ?? []), ...items];
      const UnprocessedKeys: NonNullable<BatchGetItemInput['RequestItems']> = {};
      for (const { name, key, asked } of reads.slice(processed))
        UnprocessedKeys[name] = { ...asked, Keys: [...(UnprocessedKeys[name]?.Keys ?? []), key] };
      return { Responses, UnprocessedKeys };
    };
  }

  query(input: QueryInput, hop: Hop): Commit {
    const query = prepareQuery(this.#table(input.TableName), input);
    return async () => {
      const rows = query.rows();
      const images = new Map<Row, AttributeMap | undefined>();
      const read = (row: Row) => images.set(row, this.#see(row, query.consistent));
      // Not isolated as a unit: a transaction may commit between the first and the last items that a query reads.
      const later = rows.length === 0 ? 0 : this.#options.choose(rows.length, 'read later');
      rows.slice(0, rows.length - later).forEach(read);
      if (later > 0) await hop('reads on');
      rows.slice(rows.length - later).forEach(read);
      return query.page(images);
    };
  }

  putItem(input: PutItemInput): Commit {
    refuseUnknown('PutItem', input, [...WRITE_FIELDS, 'Item']);
    checkReturnValues(input.ReturnValues, ['NONE', 'ALL_OLD']);
    return this.#single(putWrite(this.#table, input), input.ReturnValues);
  }

  deleteItem(input: DeleteItemInput): Commit {
    refuseUnknown('DeleteItem', input, [...WRITE_FIELDS, 'Key']);
    checkReturnValues(input.ReturnValues, ['NONE', 'ALL_OLD']);
    return this.#single(deleteWrite(this.#table, input), input.ReturnValues);
  }

  updateItem(input: UpdateItemInput): Commit {
    refuseUnknown('UpdateItem', input, [...WRITE_FIELDS, 'Key', 'UpdateExpression']);
    checkReturnValues(input.ReturnValues, ['NONE', 'ALL_OLD', 'UPDATED_OLD', 'ALL_NEW', 'UPDATED_NEW']);
    return this.#single(updateWrite(this.#table, input), input.ReturnValues);
  }

  batchWriteItem(input: BatchWriteItemInput, hop: Hop): Commit {
    refuseUnknown('BatchWriteItem', input, ['RequestItems']);
    const writes = Object.entries(input.RequestItems ?? {}).flatMap(([TableName, requests]) =>
      requests.map((request) => ({ TableName, request, write: this.#batchWrite(TableName, request) })),
    );
    checkBatch(
      'BatchWriteItem',
      writes.map(({ write }) => write.row),
      25,
    );
    return async () => {
      const processed = writes.length - this.#options.choose(writes.length, 'unprocessed');
      const left = await Promise.all(
        writes.map(async (each, at) => {
          if (writes.length > 1) await hop(`writes request ${at}`);
          if (at >= processed || each.write.row.held) return [each];
          this.#journal.apply(each.write, each.write.next(each.write.row.versions[0]));
          return [];
        }),
      );
      const UnprocessedItems: NonNullable<BatchWriteItemInput['RequestItems']> = {};
      for (const { TableName, request } of left.flat())
        UnprocessedItems[TableName] = [...(UnprocessedItems[TableName] ?? []), request];
      return { UnprocessedItems };
    };
  }

  transactWriteItems(input: TransactWriteItemsInput): Commit {
    return this.#transactions.begin(input);
  }

  #batchWrite(TableName: string, request: NonNullable<BatchWriteItemInput['RequestItems']>[string][number]): Write {
    refuseUnknown('WriteRequest', request, ['PutRequest', 'DeleteRequest']);
    if (request.PutRequest) return putWrite(this.#table, { TableName, Item: request.PutRequest.Item });
    return deleteWrite(this.#table, { TableName, Key: request.DeleteRequest?.Key });
  }

  #single(write: Write, returns: string | undefined): Commit {
    return () => {
      if (write.row.held) throw transactionConflict();
      const before = write.row.versions[0];
      if (!write.holds(before)) throw conditionFailed(write.wantsOldItem ? before : undefined);
      const after = write.next(before);
      this.#journal.apply(write, after);
      const image = returns?.endsWith('_OLD') ? before : returns?.endsWith('_NEW') ? after : undefined;
      const Attributes = image && (returns?.startsWith('UPDATED') ? write.touched(image) : image);
      return Attributes ? { Attributes } : {};
    };
  }

  #see(row: Row | undefined, consistent: boolean): AttributeMap | undefined {
    if (!row || consistent || row.versions.length === 1) return row?.versions[0];
    return row.versions[this.#options.choose(row.versions.length, 'version')];
  }

  readonly #table = (name: string | undefined): SimulatedTable => {
    const table = this.#options.tables.get(name ?? '');
    if (!table) throw noSuchTable();
    return table;
  };
}

function projection(input: {
  ProjectionExpression?: string | undefined;
  ExpressionAttributeNames?: Record<string, string> | undefined;
}) {
  const { ProjectionExpression: text, ExpressionAttributeNames } = input;
  const expression = text === undefined ? undefined : parseProjection(text, 'ProjectionExpression');
  const given = bind({ ExpressionAttributeNames }, { ProjectionExpression: expression });
  return projecting(expression?.tree, given);
}

function checkBatch(operation: string, rows: readonly Row[], limit: number): void {
  if (rows.length === 0) throw invalid(`The batch of ${operation} must not be empty`);
  if (rows.length > limit) throw invalid(`Too many items requested for the ${operation} call`);
  if (new Set(rows).size < rows.length) throw invalid('Provided list of item keys contains duplicates');
}

function checkReturnValues(value: string | undefined, allowed: readonly string[]): void {
  if (value !== undefined && !allowed.includes(value)) throw invalid('Return values set to invalid value');
}
