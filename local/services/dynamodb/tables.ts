import { isDeepStrictEqual } from 'node:util';
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
  type KeySchemaElement,
  ResourceInUseException,
  type TableDescription,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { propertiesOf } from '../../template/resource-properties.ts';
import type { LocalStack } from '../../template/template.ts';

const KeySchema = z
  .array(z.strictObject({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) }))
  .min(1)
  .max(2);

/** The properties that are honoured, and of a replica those that mean nothing on one machine; all others are refused. */
const TableSchema = z.strictObject({
  TableName: z.string().optional(),
  AttributeDefinitions: z.array(z.strictObject({ AttributeName: z.string(), AttributeType: z.enum(['S', 'N', 'B']) })),
  BillingMode: z.literal('PAY_PER_REQUEST'),
  KeySchema,
  GlobalSecondaryIndexes: z
    .array(
      z.strictObject({
        IndexName: z.string(),
        KeySchema,
        Projection: z.strictObject({
          ProjectionType: z.enum(['ALL', 'KEYS_ONLY', 'INCLUDE']),
          NonKeyAttributes: z.array(z.string()).optional(),
        }),
      }),
    )
    .optional(),
  StreamSpecification: z
    .strictObject({ StreamViewType: z.enum(['NEW_AND_OLD_IMAGES', 'NEW_IMAGE', 'OLD_IMAGE', 'KEYS_ONLY']) })
    .optional(),
  TimeToLiveSpecification: z.strictObject({ AttributeName: z.string(), Enabled: z.literal(true) }).optional(),
  SSESpecification: z.unknown().optional(),
  Replicas: z
    .array(
      z.strictObject({
        Region: z.string(),
        ContributorInsightsSpecification: z.unknown().optional(),
        DeletionProtectionEnabled: z.boolean().optional(),
        GlobalSecondaryIndexes: z.array(z.strictObject({ IndexName: z.string() })).optional(),
        PointInTimeRecoverySpecification: z.unknown().optional(),
        TableClass: z.string().optional(),
        Tags: z.unknown().optional(),
      }),
    )
    .length(1),
});

type Table = z.infer<typeof TableSchema> & { readonly name: string };

/** A table of the template as the front sees it: the partition key attributes of the table and of each index. */
export interface TableKeys {
  readonly table: string;
  readonly indexes: ReadonlyMap<string, string>;
}

/** Partition key attributes by table name; throws when a table of the template uses what is not supported. */
export function partitionKeysOf(stack: LocalStack): ReadonlyMap<string, TableKeys> {
  return new Map(
    tablesOf(stack).map(({ name, KeySchema, GlobalSecondaryIndexes = [] }) => [
      name,
      {
        table: partitionKey(KeySchema),
        indexes: new Map(GlobalSecondaryIndexes.map((index) => [index.IndexName, partitionKey(index.KeySchema)])),
      },
    ]),
  );
}

/**
 * Makes the template's tables, with indexes, stream and time to live. Tables that are there already are kept, and refused
 * when they are not what the template describes.
 */
export async function createTables(stack: LocalStack, client: DynamoDBClient): Promise<void> {
  await Promise.all(tablesOf(stack).map((table) => createTable(table, client)));
}

function tablesOf(stack: LocalStack): Table[] {
  const tables = stack.ofType('AWS::DynamoDB::GlobalTable');
  return tables.map((table) => ({ ...propertiesOf(TableSchema, table), name: table.name }));
}

function partitionKey(keys: z.infer<typeof KeySchema>): string {
  const key = keys.find(({ KeyType }) => KeyType === 'HASH');
  if (!key) throw new Error('a table or an index of the template has no partition key');
  return key.AttributeName;
}

async function createTable(table: Table, client: DynamoDBClient): Promise<void> {
  try {
    await client.send(new CreateTableCommand(definitionOf(table)));
    await waitUntilTableExists({ client, minDelay: 1, maxWaitTime: 30 }, { TableName: table.name });
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
    await verifyTable(table, client);
  }
  await enableTimeToLive(table, client);
}

function definitionOf(table: Table): CreateTableCommandInput {
  const { name, AttributeDefinitions, BillingMode, KeySchema, GlobalSecondaryIndexes, StreamSpecification } = table;
  return {
    TableName: name,
    AttributeDefinitions,
    BillingMode,
    KeySchema,
    ...(GlobalSecondaryIndexes && { GlobalSecondaryIndexes }),
    ...(StreamSpecification && { StreamSpecification: { StreamEnabled: true, ...StreamSpecification } }),
  };
}

async function verifyTable(table: Table, client: DynamoDBClient): Promise<void> {
  const { Table: existing } = await client.send(new DescribeTableCommand({ TableName: table.name }));
  if (existing && isDeepStrictEqual(shapeOf(existing), shapeOf(definitionOf(table)))) return;
  throw new Error(
    `table ${table.name} was made by another version of the template (its keys, indexes or stream differ): ` +
      'start with --fresh to begin with an empty home',
  );
}

/** What has to be equal, in a settled order. */
function shapeOf(table: TableDescription | CreateTableCommandInput) {
  const keys = (schema: readonly KeySchemaElement[] = []) => schema.map((key) => `${key.KeyType} ${key.AttributeName}`);
  return {
    keys: keys(table.KeySchema),
    attributes: table.AttributeDefinitions?.map((one) => `${one.AttributeName} ${one.AttributeType}`).sort(),
    stream: table.StreamSpecification?.StreamViewType,
    indexes: (table.GlobalSecondaryIndexes ?? [])
      .map(({ IndexName, KeySchema, Projection }) => ({
        name: `${IndexName}`,
        keys: keys(KeySchema),
        projection: Projection?.ProjectionType,
        attributes: [...(Projection?.NonKeyAttributes ?? [])].sort(),
      }))
      .sort((one, other) => one.name.localeCompare(other.name)),
  };
}

async function enableTimeToLive({ name, TimeToLiveSpecification }: Table, client: DynamoDBClient): Promise<void> {
  if (!TimeToLiveSpecification) return;
  const { TimeToLiveDescription: present } = await client.send(new DescribeTimeToLiveCommand({ TableName: name }));
  if (present?.AttributeName === TimeToLiveSpecification.AttributeName) return;
  await client.send(new UpdateTimeToLiveCommand({ TableName: name, TimeToLiveSpecification }));
}
