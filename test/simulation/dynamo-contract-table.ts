/** The table of the contract suite, with short forms of the calls; every case has a partition of its own. */
import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteItemCommand,
  type DeleteItemCommandInput,
  GetItemCommand,
  type GetItemCommandInput,
  PutItemCommand,
  type PutItemCommandInput,
  QueryCommand,
  type QueryCommandInput,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import { marshall, type NativeAttributeValue, unmarshall } from '@aws-sdk/util-dynamodb';
import { expect } from 'vitest';
import type { AttributeMap, SimulatedDynamo, TableSpec } from './simulated-dynamo.ts';

export type ContractClient = Pick<SimulatedDynamo, 'send'>;
export type ContractCases = Readonly<Record<string, (table: ContractTable) => Promise<void>>>;
type Plain = Record<string, NativeAttributeValue>;

export const CONTRACT_TABLE = {
  name: 'contract',
  partitionKey: 'pk',
  sortKey: 'sk',
  indexes: {
    due: { partitionKey: 'due_shard', sortKey: 'due_at', projection: 'KEYS_ONLY' },
    ranked: { partitionKey: 'board', sortKey: 'score', projection: 'ALL' },
  },
  keyTypes: { score: 'N' },
} as const satisfies TableSpec;

/** The request that makes the table on an engine. */
export function createContractTable(): CreateTableCommand {
  const { name, indexes } = CONTRACT_TABLE;
  const keys = (partitionKey: string, sortKey: string) => [
    { AttributeName: partitionKey, KeyType: 'HASH' as const },
    { AttributeName: sortKey, KeyType: 'RANGE' as const },
  ];
  return new CreateTableCommand({
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: keys('pk', 'sk'),
    AttributeDefinitions: ['pk', 'sk', 'due_shard', 'due_at', 'board', 'score'].map((AttributeName) => ({
      AttributeName,
      AttributeType: AttributeName === 'score' ? 'N' : 'S',
    })),
    GlobalSecondaryIndexes: Object.entries(indexes).map(([IndexName, index]) => ({
      IndexName,
      KeySchema: keys(index.partitionKey, index.sortKey),
      Projection: { ProjectionType: index.projection },
    })),
  });
}

export class ContractTable {
  readonly client: ContractClient;
  readonly pk: string;

  constructor(client: ContractClient, pk: string) {
    this.client = client;
    this.pk = pk;
  }

  readonly name = CONTRACT_TABLE.name;

  key(sk: string): AttributeMap {
    return { pk: { S: this.pk }, sk: { S: sk } };
  }

  item(sk: string, attributes: Plain = {}): AttributeMap {
    return { ...marshall(attributes), ...this.key(sk) };
  }

  put(sk: string, attributes: Plain = {}, more: Partial<PutItemCommandInput> = {}) {
    return this.client.send(new PutItemCommand({ TableName: this.name, Item: this.item(sk, attributes), ...more }));
  }

  update(sk: string, UpdateExpression: string, values: Plain = {}, more: Partial<UpdateItemCommandInput> = {}) {
    const given = Object.keys(values).length > 0 && { ExpressionAttributeValues: marshall(values) };
    return this.client.send(
      new UpdateItemCommand({ TableName: this.name, Key: this.key(sk), UpdateExpression, ...given, ...more }),
    );
  }

  delete(sk: string, more: Partial<DeleteItemCommandInput> = {}) {
    return this.client.send(new DeleteItemCommand({ TableName: this.name, Key: this.key(sk), ...more }));
  }

  /** The item without its key, read strongly; undefined when there is none. */
  async get(sk: string, more: Partial<GetItemCommandInput> = {}): Promise<Plain | undefined> {
    const { Item } = await this.client.send(
      new GetItemCommand({ TableName: this.name, Key: this.key(sk), ConsistentRead: true, ...more }),
    );
    if (!Item) return undefined;
    const { pk: _pk, sk: _sk, ...attributes } = unmarshall(Item);
    return attributes;
  }

  /** Whether a condition holds for an item: tried by an update that changes nothing else. */
  async holds(
    sk: string,
    ConditionExpression: string,
    values: Plain = {},
    names?: Record<string, string>,
  ): Promise<boolean> {
    const more = { ConditionExpression, ...(names && { ExpressionAttributeNames: names }) };
    try {
      await this.update(sk, 'REMOVE nothing_of_this_name', values, more);
      return true;
    } catch (error) {
      expect(error).toMatchObject({ name: 'ConditionalCheckFailedException' });
      return false;
    }
  }

  query(KeyConditionExpression: string, values: Plain, more: Partial<QueryCommandInput> = {}) {
    return this.client.send(
      new QueryCommand({
        TableName: this.name,
        KeyConditionExpression,
        ExpressionAttributeValues: marshall(values),
        ...more,
      }),
    );
  }

  /** The sort keys that a query of this case's partition finds. */
  async found(
    sortCondition: string,
    values: Plain = {},
    more: Partial<QueryCommandInput> = {},
  ): Promise<(string | undefined)[]> {
    const condition = sortCondition === '' ? 'pk = :pk' : `pk = :pk AND ${sortCondition}`;
    const { Items = [] } = await this.query(
      condition,
      { ':pk': this.pk, ...values },
      { ConsistentRead: true, ...more },
    );
    return Items.map((item) => item.sk?.S);
  }

  transact(TransactItems: TransactWriteItem[], ClientRequestToken: string = crypto.randomUUID()) {
    return this.client.send(new TransactWriteItemsCommand({ TransactItems, ClientRequestToken }));
  }

  batchGet(keys: AttributeMap[]) {
    return this.client.send(
      new BatchGetItemCommand({ RequestItems: { [this.name]: { Keys: keys, ConsistentRead: true } } }),
    );
  }

  batchWrite(requests: WriteRequest[]) {
    return this.client.send(new BatchWriteItemCommand({ RequestItems: { [this.name]: requests } }));
  }
}

/** Waits for a call that must be refused in this way. */
export async function refused(call: Promise<unknown>, name: string, message = /./): Promise<void> {
  await expect(call).rejects.toMatchObject({ name, message: expect.stringMatching(message) });
}

export const invalid = (call: Promise<unknown>, message?: RegExp): Promise<void> =>
  refused(call, 'ValidationException', message);
