import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';

/** The bare handler that others are measured against: the SDK's client, one strong read, nothing else. */
const client = new DynamoDBClient({
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1000, requestTimeout: 2000, throwOnRequestTimeout: true },
});

export async function handler({ pk }: { pk: string }) {
  const Key = { pk: { S: pk }, sk: { S: 'META' } };
  const { Item } = await client.send(
    new GetItemCommand({ TableName: process.env.TOKENS_TABLE, Key, ConsistentRead: true }),
  );
  return { statusCode: 200, body: JSON.stringify(Item ?? null) };
}
