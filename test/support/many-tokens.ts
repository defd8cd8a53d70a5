import { randomBytes } from 'node:crypto';
import { BatchWriteItemCommand, UpdateItemCommand, type WriteRequest } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { digestOf, mintTokenValue, mintUid } from '../../functions/values/token-value.ts';
import type { Operator } from './operator.ts';
import type { RunningSystem } from './running-system.ts';

export interface KnownToken {
  readonly uid: string;
  readonly name: string;
  readonly value: string;
}

const random = (bytes: number) => randomBytes(bytes);

/**
 * More tokens than a plan allows, in no time: copies of one that was created through the product, with uid, name and value of their
 * own, put with their rows of the stack. They have no audit entries.
 */
export async function manyTokens(running: RunningSystem, stack: string, count: number): Promise<KnownToken[]> {
  const { operator } = running;
  const model = await running.createToken({}, { stack });
  const item = await operator.token(model.uid);
  const made = Array.from({ length: count }, (_, index) => {
    const uid = mintUid(random);
    return { uid, name: `copy ${index}`, value: mintTokenValue(uid, random) };
  });
  await putAll(
    operator,
    made.flatMap(({ uid, name, value }) => [
      { ...item, pk: `TOKEN#${uid}`, uid, name, digest: digestOf(value), hint: value.slice(-4) },
      { pk: `STACK#${stack}`, sk: `TOKEN#${uid}`, created_at: item.created_at },
      { pk: `STACK#${stack}`, sk: `NAME#${name}`, token_uid: uid },
    ]),
  );
  await operator.client.send(
    new UpdateItemCommand({
      TableName: operator.tables.tokens,
      Key: marshall({ pk: `STACK#${stack}`, sk: 'COUNT' }),
      UpdateExpression: 'ADD #tokens :made',
      ExpressionAttributeNames: { '#tokens': 'tokens' },
      ExpressionAttributeValues: marshall({ ':made': count }),
    }),
  );
  return made;
}

async function putAll(operator: Operator, items: readonly Record<string, unknown>[]): Promise<void> {
  const puts: WriteRequest[] = items.map((item) => ({ PutRequest: { Item: marshall(item) } }));
  for (let from = 0; from < puts.length; from += 25) {
    const RequestItems = { [operator.tables.tokens]: puts.slice(from, from + 25) };
    await operator.client.send(new BatchWriteItemCommand({ RequestItems }));
  }
}
