import * as z from 'zod';
import type { TableKeys } from '../services/dynamodb/tables.ts';
import { arn } from '../template/resource-types.ts';

/** One action on one resource, as IAM judges it. */
export interface Access {
  readonly action: string;
  readonly resource: string;
  readonly leadingKeys: readonly string[];
}

/** The request cannot be judged because it is malformed; the message is DynamoDB's own for such a request. */
export class Unjudgeable extends Error {
  override readonly name = 'Unjudgeable';
  readonly type: string;

  constructor(message: string, type = 'ValidationException') {
    super(message);
    this.type = type;
  }
}

type Tables = ReadonlyMap<string, TableKeys>;

/**
 * What a call reads and writes: actions, tables and indexes, and partition key values; undefined for a call that is not judged here
 * (PartiQL), which nobody but the operator may make. Transactions are judged by their items' actions.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
 */
export function accessesBy(operation: string, body: unknown, tables: Tables): Access[] | undefined {
  const accessesIn = Object.hasOwn(OPERATIONS, operation) ? OPERATIONS[operation] : undefined;
  if (!accessesIn) return undefined;
  try {
    return accessesIn(body, tables);
  } catch (error) {
    if (error instanceof z.ZodError) throw new Unjudgeable('The request does not have the shape of this operation');
    throw error;
  }
}

const OPERATIONS: Readonly<Record<string, (body: unknown, tables: Tables) => Access[]>> = {
  GetItem: item('GetItem'),
  PutItem: item('PutItem'),
  UpdateItem: item('UpdateItem'),
  DeleteItem: item('DeleteItem'),
  Query: query,
  Scan: (body) => [withoutKeys('Scan', Reading.parse(body))],
  BatchGetItem: batchGet,
  BatchWriteItem: batchWrite,
  TransactGetItems: transaction({ Get: 'GetItem' }),
  TransactWriteItems: transaction({
    Put: 'PutItem',
    Update: 'UpdateItem',
    Delete: 'DeleteItem',
    ConditionCheck: 'ConditionCheckItem',
  }),
  DescribeTable: (body) => [withoutKeys('DescribeTable', Reading.parse(body))],
};

const Attributes = z.record(z.string(), z.unknown());
const ItemCall = z.looseObject({ TableName: z.string(), Key: Attributes.optional(), Item: Attributes.optional() });
const Reading = z.looseObject({
  TableName: z.string(),
  IndexName: z.string().optional(),
  KeyConditionExpression: z.string().default(''),
  ExpressionAttributeNames: z.record(z.string(), z.string()).default({}),
  ExpressionAttributeValues: Attributes.default({}),
});
const BatchGet = z.looseObject({ RequestItems: z.record(z.string(), z.looseObject({ Keys: z.array(Attributes) })) });
const Write = z.looseObject({
  PutRequest: z.looseObject({ Item: Attributes }).optional(),
  DeleteRequest: z.looseObject({ Key: Attributes }).optional(),
});
const BatchWrite = z.looseObject({ RequestItems: z.record(z.string(), z.array(Write)) });
const Transaction = z.looseObject({ TransactItems: z.array(z.record(z.string(), z.unknown())) });

function item(action: string) {
  return (body: unknown, tables: Tables): Access[] => {
    const { TableName, Key, Item } = ItemCall.parse(body);
    return [accessTo(action, { table: TableName, items: [action === 'PutItem' ? Item : Key] }, tables)];
  };
}

function transaction(actions: Readonly<Record<string, string>>) {
  return (body: unknown, tables: Tables): Access[] =>
    Transaction.parse(body).TransactItems.flatMap((entry) =>
      Object.entries(entry).flatMap(([kind, part]) => {
        const action = Object.hasOwn(actions, kind) ? actions[kind] : undefined;
        if (!action) throw new Unjudgeable(`Unknown member of a transaction: ${kind}`);
        return item(action)(part, tables);
      }),
    );
}

function batchGet(body: unknown, tables: Tables): Access[] {
  const { RequestItems } = BatchGet.parse(body);
  return Object.entries(RequestItems).map(([table, { Keys }]) =>
    accessTo('BatchGetItem', { table, items: Keys }, tables),
  );
}

function batchWrite(body: unknown, tables: Tables): Access[] {
  return Object.entries(BatchWrite.parse(body).RequestItems).map(([table, writes]) => {
    const items = writes.flatMap(({ PutRequest, DeleteRequest }) => [
      ...(PutRequest ? [PutRequest.Item] : []),
      ...(DeleteRequest ? [DeleteRequest.Key] : []),
    ]);
    return accessTo('BatchWriteItem', { table, items }, tables);
  });
}

/** The value stands in `key = :value`, which DynamoDB requires once, for the partition key of the table or of the index. */
function query(body: unknown, tables: Tables): Access[] {
  const reading = Reading.parse(body);
  const keys = tables.get(reading.TableName);
  const attribute = reading.IndexName === undefined ? keys?.table : keys?.indexes.get(reading.IndexName);
  const equalities = [...reading.KeyConditionExpression.matchAll(/(?<name>#?[\w.-]+)\s*=\s*(?<value>:\w+)/g)];
  const named = equalities.filter(
    ({ groups: { name = '' } = {} }) => (reading.ExpressionAttributeNames[name] ?? name) === attribute,
  );
  const values = named.map(({ groups: { value = '' } = {} }) => reading.ExpressionAttributeValues[value]);
  if (values.length !== 1) throw new Unjudgeable(`Query condition missed key schema element: ${attribute}`);
  return [{ ...withoutKeys('Query', reading), leadingKeys: values.map(textOf) }];
}

function withoutKeys(
  action: string,
  { TableName, IndexName }: { TableName: string; IndexName?: string | undefined },
): Access {
  const path = IndexName === undefined ? `table/${TableName}` : `table/${TableName}/index/${IndexName}`;
  return { action: `dynamodb:${action}`, resource: arn('dynamodb', path), leadingKeys: [] };
}

/** Without its partition key value an item would pass every condition on leading keys, so it is never judged. */
function accessTo(
  action: string,
  { table, items }: { table: string; items: readonly (Readonly<Record<string, unknown>> | undefined)[] },
  tables: Tables,
): Access {
  const key = tables.get(table)?.table;
  if (key === undefined) throw new Unjudgeable('Requested resource not found', 'ResourceNotFoundException');
  return {
    ...withoutKeys(action, { TableName: table }),
    leadingKeys: items.map((attributes) => textOf(attributes?.[key])),
  };
}

function textOf(value: unknown): string {
  const parsed = KeyValue.safeParse(value);
  if (!parsed.success) throw new Unjudgeable('The provided key element does not match the schema');
  return parsed.data.S ?? parsed.data.N ?? parsed.data.B ?? '';
}

const KeyValue = z
  .union([z.strictObject({ S: z.string() }), z.strictObject({ N: z.string() }), z.strictObject({ B: z.string() })])
  .transform((value): { S?: string; N?: string; B?: string } => value);
