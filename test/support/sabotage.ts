/** Bugs to put between the repositories and storage, for laws to find. Each is what a plausible change would have done. */
import {
  BatchGetItemCommand,
  type BatchGetItemCommandOutput,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { AttributeMap } from '../simulation/simulated-dynamo.ts';
import { type Client, type Sabotage, tables } from '../simulation/simulated-product.ts';

type Send = Client['send'];

/** `ConsistentRead` was forgotten. */
export const staleReads = changing((command) => {
  if (command instanceof GetItemCommand || command instanceof QueryCommand) command.input.ConsistentRead = false;
  if (command instanceof BatchGetItemCommand)
    for (const asked of Object.values(command.input.RequestItems ?? {})) asked.ConsistentRead = false;
});

/** Reads of credentials are kept in memory. */
export const rememberedReads = answering(() => {
  const answers = new Map<string, unknown>();
  return async (command, send) => {
    const asked = JSON.stringify(command);
    if (!(command instanceof GetItemCommand || command instanceof BatchGetItemCommand) || asked.includes('MEMBER#'))
      return send();
    const answer = answers.get(asked) ?? (await send());
    answers.set(asked, answer);
    return answer;
  };
});

/** Whoever the sparse index lists is taken for good, as it was first seen: the index is told later than the item, or not at all. */
export const indexLookups = answering(() => {
  const seen = new Map<string, unknown>();
  return async (command, send, client) => {
    const answer = await send();
    const isVerification = command instanceof BatchGetItemCommand && !JSON.stringify(command.input).includes('MEMBER#');
    const rows =
      isVerification && 'Responses' in answer ? (answer.Responses as BatchGetItemCommandOutput['Responses']) : {};
    for (const [at, row] of (rows?.tokens ?? []).entries()) {
      const key = row.pk?.S ?? '';
      const first = (seen.has(key) ? seen : seen.set(key, row)).get(key) as typeof row;
      const ExpressionAttributeValues = { ':shard': first.due_shard ?? { S: '' } };
      const input = { TableName: tables.tokens, IndexName: 'due', KeyConditionExpression: 'due_shard = :shard' };
      const { Items = [] } = await client.send(new QueryCommand({ ...input, ExpressionAttributeValues }));
      if (Items.some(({ pk }) => pk?.S === key) && rows?.tokens) rows.tokens[at] = first;
    }
    return answer;
  };
});

/** A change is answered before it is stored. */
export const earlyAnswers = answering(() => async (command, send) => {
  if (!(command instanceof TransactWriteItemsCommand)) return send();
  send().catch(() => undefined);
  return {};
});

/** Some way of failing is taken for success. */
export const swallowed = (isSwallowed: (error: Error) => boolean): Sabotage =>
  answering(() => async (command, send) => {
    if (!(command instanceof TransactWriteItemsCommand)) return send();
    return send().catch((error: unknown) => {
      if (error instanceof Error && isSwallowed(error)) return {};
      throw error;
    });
  });

/** Keys that stayed unprocessed are taken for items that are not there. */
export const unprocessedIsAbsent = answering(() => async (command, send) => {
  const answer = await send();
  return command instanceof BatchGetItemCommand ? { ...answer, UnprocessedKeys: {} } : answer;
});

const isRead = (command: object) =>
  command instanceof GetItemCommand || command instanceof BatchGetItemCommand || command instanceof QueryCommand;

/** A read that fails is taken for one that finds nothing. */
export const failedIsAbsent = answering(() => (command, send) => (isRead(command) ? send().catch(() => ({})) : send()));

/** Where a read fails, what was read last goes on to hold. */
export const lastAnswerHolds = answering(() => {
  const answers = new Map<string, object>();
  return async (command, send) => {
    if (!isRead(command)) return send();
    const asked = JSON.stringify(command);
    const answer = await send().catch((error: unknown) => {
      const known = answers.get(asked);
      if (known) return known;
      throw error;
    });
    answers.set(asked, answer);
    return answer;
  };
});

/** What TTL would delete is taken for deleted. */
export const ttlDecides = answering(() => async (command, send) => {
  const answer = await send();
  const isKept = (item: AttributeMap | undefined) => !item?.ttl || Number(item.ttl.N) > 1;
  if (command instanceof GetItemCommand && 'Item' in answer)
    return isKept(answer.Item as AttributeMap | undefined) ? answer : {};
  if (!(command instanceof BatchGetItemCommand && 'Responses' in answer)) return answer;
  const tables = Object.entries(answer.Responses as Record<string, AttributeMap[]>);
  return { ...answer, Responses: Object.fromEntries(tables.map(([table, items]) => [table, items.filter(isKept)])) };
});

/** Expressions without some of their conditions: each is replaced by one that always holds, with the same placeholders. */
export const without = (...conditions: readonly string[]): Sabotage =>
  changing((command) => {
    for (const part of conditionedBy(command)) {
      if (!part?.ConditionExpression) continue;
      part.ConditionExpression = conditions.reduce(
        (text, condition) => text.replace(condition, `(${condition} OR NOT (${condition}))`),
        part.ConditionExpression,
      );
    }
  });

function conditionedBy(command: object): readonly ({ ConditionExpression?: string | undefined } | undefined)[] {
  const isOne =
    command instanceof PutItemCommand || command instanceof UpdateItemCommand || command instanceof DeleteItemCommand;
  if (isOne) return [command.input];
  return stepsOf(command).flatMap(({ Put, Update, Delete, ConditionCheck }) => [Put, Update, Delete, ConditionCheck]);
}

/** The due index is asked for what is due before an instant, and not for what is due at it. */
export const dueBefore = changing((command) => {
  const values = command instanceof QueryCommand && command.input.IndexName && command.input.ExpressionAttributeValues;
  if (values) values[':now'] = { S: values[':now']?.S?.replace('~', '') ?? '' };
});

/** Transactions without some of their steps. */
export const withoutSteps = (isLeftOut: (item: TransactWriteItem) => boolean): Sabotage =>
  changing((command) => {
    if (command instanceof TransactWriteItemsCommand)
      command.input.TransactItems = stepsOf(command).filter((item) => !isLeftOut(item));
  });

/** The steps of a transaction are written one by one, its conditions with them. */
export const oneByOne = answering(() => async (command, send, client) => {
  if (!(command instanceof TransactWriteItemsCommand)) return send();
  for (const { Put, Update, Delete } of stepsOf(command)) {
    if (Put) await client.send(new PutItemCommand(Put));
    if (Update) await client.send(new UpdateItemCommand(Update));
    if (Delete) await client.send(new DeleteItemCommand(Delete));
  }
  return {};
});

/** Each attempt is a request of its own, and an audit entry that is there already proves nothing. */
export const noProof: Sabotage = (dynamo) => {
  const forget = () => {
    dynamo.forgetRequestTokens();
    return false;
  };
  dynamo.inject({ kind: 'reset', when: forget });
  return changing((command) => {
    for (const { Put } of stepsOf(command)) {
      if (Put?.TableName !== tables.audit) continue;
      delete Put.ConditionExpression;
      delete Put.ExpressionAttributeNames;
    }
  })(dynamo);
};

const stepsOf = (command: object): readonly TransactWriteItem[] =>
  (command instanceof TransactWriteItemsCommand && command.input.TransactItems) || [];

/** Changes each command before it is first sent. */
function changing(change: (command: object) => void): Sabotage {
  return (dynamo) => {
    const changed = new WeakSet<object>();
    return {
      send: (command, options) => {
        if (!changed.has(command)) change(command);
        changed.add(command);
        return dynamo.send(command, options);
      },
    };
  };
}

/** Answers in storage's stead; `send` asks it. */
function answering(
  make: () => (command: object, send: () => Promise<object>, client: Client) => Promise<unknown>,
): Sabotage {
  return (dynamo) => {
    const answer = make();
    // What answers a command is known to the SDK's types only; a bug need not keep to them.
    const send = ((command, options) => answer(command, () => dynamo.send(command, options), dynamo)) as Send;
    return { send };
  };
}
