import { DeleteItemCommand, type DynamoDBClient, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { answered, isNamed } from './answers.ts';
import { insteadOfRetries, passOn } from './client-limits.ts';
import { type Delete, deleteInput, type Put, putInput, type Update, updateInput } from './expressions.ts';

/** The SDK sends a write again when no answer comes, unless it is a put that `isSentOnce`. */
export type Write = (Put & { readonly isSentOnce?: true }) | Update | Delete;

/** Writes of one item, each on a condition where there is one. */
export interface Writes {
  /** @returns whether the condition held. @throws {Refusal} `unavailable` */
  write(step: Write): Promise<boolean>;
  /** Updates a counter. @returns what the attribute `count` is then, or null where the condition did not hold. @throws {Refusal} `unavailable` */
  increment(step: Update & { readonly count: string }): Promise<number | null>;
}

export function createWrites(client: Pick<DynamoDBClient, 'send'>): Writes {
  return {
    write: (step) => answered(() => write(client, step)),
    increment: (step) => answered(() => increment(client, step)),
  };
}

async function write(client: Pick<DynamoDBClient, 'send'>, step: Write): Promise<boolean> {
  try {
    if ('put' in step) await client.send(putCommand(step));
    else if ('update' in step) await client.send(new UpdateItemCommand(updateInput(step)));
    else await client.send(new DeleteItemCommand(deleteInput(step)));
    return true;
  } catch (error) {
    if (isNamed(error, 'ConditionalCheckFailedException')) return false;
    throw error;
  }
}

function putCommand(step: Extract<Write, Put>): PutItemCommand {
  const command = new PutItemCommand(putInput(step));
  if (step.isSentOnce) command.middlewareStack.add(passOn, insteadOfRetries);
  return command;
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
