import { marshall } from '@aws-sdk/util-dynamodb';

export type Item = Record<string, unknown>;

/** The key of one item of one table. */
export interface Key {
  readonly table: string;
  readonly pk: string;
  readonly sk: string;
}

/** In expressions, `#name` is the attribute of that name and `:name` the value of that name. */
export interface Expressions {
  readonly condition?: string;
  readonly values?: Item;
}

export type Put = Expressions & { readonly put: Key; readonly item: Item };
export type Update = Expressions & { readonly update: Key; readonly set: string };
export type Delete = Expressions & { readonly delete: Key };

export const marshalled = (item: Item) => marshall(item, { removeUndefinedValues: true });
export const keyAttributes = ({ pk, sk }: Key) => ({ pk: { S: pk }, sk: { S: sk } });

/** What `PutItem` and a transaction's `Put` have in common. */
export function putInput(step: Put) {
  const { table, pk, sk } = step.put;
  return { TableName: table, Item: marshalled({ ...step.item, pk, sk }), ...expressions(step) };
}

/** What `UpdateItem` and a transaction's `Update` have in common. */
export function updateInput(step: Update) {
  const UpdateExpression = step.set;
  return {
    TableName: step.update.table,
    Key: keyAttributes(step.update),
    UpdateExpression,
    ...expressions(step, step.set),
  };
}

/** What `DeleteItem` and a transaction's `Delete` have in common. */
export function deleteInput(step: Delete) {
  return { TableName: step.delete.table, Key: keyAttributes(step.delete), ...expressions(step) };
}

/** Condition, names and values; a name for every `#name` that is used. */
export function expressions({ condition, values }: Expressions, update = '') {
  const names = new Set(`${condition ?? ''} ${update}`.match(/#\w+/g));
  const named = values && Object.fromEntries(Object.entries(values).map(([name, value]) => [`:${name}`, value]));
  return {
    ...(condition ? { ConditionExpression: condition } : {}),
    ...(names.size > 0
      ? { ExpressionAttributeNames: Object.fromEntries([...names].map((name) => [name, name.slice(1)])) }
      : {}),
    ...(named ? { ExpressionAttributeValues: marshalled(named) } : {}),
  };
}
