import {
  DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  QueryCommand,
  type QueryCommandOutput,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod';
import { variables } from '../../functions/runtime/env.ts';
import type { System } from '../../local/system.ts';
import { REGION } from '../../local/template/resource-types.ts';
import { inconsistencies } from './row-consistency.ts';
import { type StoredItem, TableReader } from './table-reader.ts';

export type { StoredItem } from './table-reader.ts';

const FunctionProperties = z.looseObject({
  Role: z.string(),
  Environment: z.looseObject({ Variables: z.record(z.string(), z.string()) }),
});

/** What an operator can do behind the product's back: look at every item and change rows. Past the front, so no fault hits it. */
export class Operator {
  readonly client: DynamoDBClient;
  /** Physical names. */
  readonly tables: { readonly tokens: string; readonly audit: string; readonly usage: string };
  readonly #stack: System['stack'];
  readonly #reader: TableReader;

  constructor(system: Pick<System, 'engine' | 'stack' | 'front'>) {
    const { endpoint } = system.engine;
    this.client = new DynamoDBClient({ endpoint, region: REGION, credentials: system.front.operator });
    this.#stack = system.stack;
    this.#reader = new TableReader(endpoint);
    const { Variables } = this.#function('http/change-tokens').Environment;
    const named = (variable: keyof typeof variables) => Variables[variables[variable]] ?? '';
    this.tables = { tokens: named('tokensTable'), audit: named('auditTable'), usage: named('usageTable') };
  }

  /** The logical id of a deployed function's role, as the front knows it: `roleOf('http/introspect')`. */
  roleOf(entry: string): string {
    const { Role } = this.#function(entry);
    const role = this.#stack.ofType('AWS::IAM::Role').find(({ name }) => Role.endsWith(`:role/${name}`));
    if (!role) throw new Error(`${entry} has no role.`);
    return role.logicalId;
  }

  #function(entry: string) {
    const functions = this.#stack.ofType('AWS::Lambda::Function');
    const found = functions.find(({ metadata }) => metadata['tokenward:function'] === entry);
    return FunctionProperties.parse(found?.properties);
  }

  async item(table: string, pk: string, sk: string): Promise<StoredItem | undefined> {
    const Key = { pk: { S: pk }, sk: { S: sk } };
    const { Item } = await this.client.send(new GetItemCommand({ TableName: table, Key, ConsistentRead: true }));
    return Item && (unmarshall(Item) as StoredItem);
  }

  /** The base item of a token. */
  async token(uid: string): Promise<StoredItem> {
    const found = await this.item(this.tables.tokens, `TOKEN#${uid}`, 'META');
    if (!found) throw new Error(`There is no token ${uid}.`);
    return found;
  }

  /** Every item of a partition. */
  async partition(table: string, pk: string): Promise<StoredItem[]> {
    const items: StoredItem[] = [];
    let ExclusiveStartKey: QueryCommandOutput['LastEvaluatedKey'];
    do {
      const query = new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: pk } },
        ConsistentRead: true,
        Limit: 1000,
        ...(ExclusiveStartKey ? { ExclusiveStartKey } : {}),
      });
      const page: QueryCommandOutput = await this.client.send(query);
      items.push(...(page.Items ?? []).map((item) => unmarshall(item) as StoredItem));
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey);
    return items;
  }

  /** Every item of a table. An item that did not change since it was last read is the same object. */
  async items(table: string): Promise<StoredItem[]> {
    return await this.#reader.items(table);
  }

  /** Takes everything out of the due index: no schedule that runs meanwhile changes anything. */
  async leaveNothingDue(): Promise<void> {
    for (const { pk, sk, due_at } of await this.items(this.tables.tokens)) {
      const Key = { pk: { S: pk }, sk: { S: sk } };
      const UpdateExpression = 'REMOVE due_shard, due_at, next_action';
      if (due_at)
        await this.client.send(new UpdateItemCommand({ TableName: this.tables.tokens, Key, UpdateExpression }));
    }
  }

  /** What of tokens, roster, names, counts, receipts, audit log and idempotency records does not agree. */
  async inconsistencies(): Promise<string[]> {
    const { tokens, audit, usage } = this.tables;
    const [tokenRows, auditRows, usageRows] = await Promise.all([tokens, audit, usage].map((name) => this.items(name)));
    return inconsistencies({ tokens: tokenRows ?? [], audit: auditRows ?? [], usage: usageRows ?? [] });
  }

  /** Every item of every table, by table. */
  async everything(): Promise<Record<string, StoredItem[]>> {
    const { TableNames = [] } = await this.client.send(new ListTablesCommand({}));
    return Object.fromEntries(await Promise.all(TableNames.map(async (name) => [name, await this.items(name)])));
  }
}
