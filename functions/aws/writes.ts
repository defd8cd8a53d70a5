import { DeleteItemCommand, type DynamoDBClient, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { answered, isNamed } from './answers.ts';
import { type Delete, deleteInput, type Put, putInput, type Update, updateInput } from './expressions.ts';

/** Writes of one item, each on a condition where there is one. */
export interface Writes {
  /** @returns whether the condition held. @throws {Refusal} `unavailable` */
  write(step: Put | Update | Delete): Promise<boolean>;
  /** Updates a counter. @returns what the attribute `count` is then, or null where the condition did not hold. @throws {Refusal} `unavailable` */
  increment(step: Update & { readonly count: string }): Promise<number | null>;
}

export function createWrites(client: Pick<DynamoDBClient, 'send'>): Writes {
  return {
    write: (step) => answered(() => write(client, step)),
    increment: (step) => answered(() => increment(client, step)),
  };
}

async function write(client: Pick<DynamoDBClient, 'send'>, step: Put | Update | Delete): Promise<boolean> {
  try {
    if ('put' in step) await client.send(new PutItemCommand(putInput(step)));
    else if ('update' in step) await client.send(new UpdateItemCommand(updateInput(step)));
    else await client.send(new DeleteItemCommand(deleteInput(step)));
    return true;
  } catch (error) {
    if (isNamed(error, 'ConditionalCheckFailedException')) return false;
    throw error;
  }
}

async function increment(
  client: Pick<DynamoDBClient, 'send'>,
  step: Update & { count: string },
): Promise<number | null> {
  try {
    const { Attributes } = await client.send(
      new UpdateItemCommand({ ...updateInput(step), ReturnValues: 'UPDATED_NEW' }),
    );
    return Number(Attributes?.[step.count]?.N);
  } catch (error) {
    if (isNamed(error, 'ConditionalCheckFailedException')) return null;
    throw error;
  }
}
