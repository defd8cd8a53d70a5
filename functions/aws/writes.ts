import { DeleteItemCommand, type DynamoDBClient, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { answered, isNamed } from './answers.ts';
import { type Delete, deleteInput, type Put, putInput, type Update, updateInput } from './expressions.ts';

/** Writes of one item, each on a condition where there is one. */
export interface Writes {
  /** @returns whether the condition held. @throws {Refusal} `unavailable` */
  write(step: Put | Update | Delete): Promise<boolean>;
}

export function createWrites(client: Pick<DynamoDBClient, 'send'>): Writes {
  return { write: (step) => answered(() => write(client, step)) };
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
