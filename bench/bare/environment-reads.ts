import { BatchGetItemCommand, DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';

/** What `GET /v3/environments` asks of storage, by the bare SDK and nothing else: token and branch in one strong batch, then the list. */
const client = new DynamoDBClient({
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1000, requestTimeout: 2000, throwOnRequestTimeout: true },
});

export async function handler({ pk, stack }: { pk: string; stack: string }) {
  const table = process.env.TOKENS_TABLE ?? '';
  const keys = [
    [pk, 'META'],
    [`STACK#${stack}`, 'BRANCH#main'],
  ] as const;
  const Keys = keys.map(([partition, sort]) => ({ pk: { S: partition }, sk: { S: sort } }));
  const { Responses } = await client.send(
    new BatchGetItemCommand({ RequestItems: { [table]: { Keys, ConsistentRead: true } } }),
  );
  const { Items } = await client.send(
    new QueryCommand({
      TableName: table,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: `ENVIRONMENTS#${stack}` } },
      ConsistentRead: true,
      Limit: 100,
    }),
  );
  return { statusCode: 200, body: JSON.stringify([Responses, Items]) };
}
