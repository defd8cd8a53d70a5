/** Put, update, delete and condition check: each request becomes a Write that has not happened yet. */
import type { ConditionCheck, Delete, Put, Update } from '@aws-sdk/client-dynamodb';
import { checkDistinctPaths, checkUpdateOperands, pathsOf, project, updated } from './dynamo-documents.ts';
import { invalid } from './dynamo-errors.ts';
import { holds } from './dynamo-evaluation.ts';
import { parseCondition, parseUpdate } from './dynamo-expressions.ts';
import { bind, checkOperands, type Placeholders } from './dynamo-placeholders.ts';
import type { Condition, Expression } from './dynamo-syntax.ts';
import type { Row, SimulatedTable } from './dynamo-table.ts';
import { type AttributeMap, storableMap } from './dynamo-values.ts';

/** `Map` of table name to table that refuses unknown names. */
export type FindTable = (name: string | undefined) => SimulatedTable;

export interface Write {
  readonly table: SimulatedTable;
  readonly row: Row;
  readonly changes: boolean;
  readonly wantsOldItem: boolean;
  holds(before: AttributeMap | undefined): boolean;
  /** The item afterwards. Throws ValidationException where the update does not fit the item. */
  next(before: AttributeMap | undefined): AttributeMap | undefined;
  /** The parts that an UpdateExpression names; everything for the other operations. */
  touched(item: AttributeMap): AttributeMap;
}

interface ConditionInput {
  readonly ConditionExpression?: string | undefined;
  readonly ExpressionAttributeNames?: Record<string, string> | undefined;
  readonly ExpressionAttributeValues?: AttributeMap | undefined;
  readonly ReturnValuesOnConditionCheckFailure?: string | undefined;
}

export const CONDITION_FIELDS = [
  'TableName',
  'ConditionExpression',
  'ExpressionAttributeNames',
  'ExpressionAttributeValues',
  'ReturnValuesOnConditionCheckFailure',
];

/** Fails the test when a request has a field that the double does not implement: silence would be a wrong answer. */
export function refuseUnknown(what: string, input: object, known: readonly string[]): void {
  const unknown = Object.entries(input).find(([field, value]) => value !== undefined && !known.includes(field));
  if (unknown) throw new Error(`The simulated DynamoDB does not implement ${what}.${unknown[0]}`);
}

export function putWrite(find: FindTable, input: Put): Write {
  const table = find(input.TableName);
  const condition = boundCondition(input);
  const item = storableMap(input.Item ?? {});
  const key = table.keyOf(item, false);
  table.checkItem(item);
  return { ...base(table, key, input), holds: condition, next: () => item };
}

export function deleteWrite(find: FindTable, input: Delete): Write {
  const table = find(input.TableName);
  const condition = boundCondition(input);
  return {
    ...base(table, table.keyOf(storableMap(input.Key ?? {}), true), input),
    holds: condition,
    next: () => undefined,
  };
}

export function checkWrite(find: FindTable, input: ConditionCheck): Write {
  const table = find(input.TableName);
  if (input.ConditionExpression === undefined)
    throw invalid('The ConditionExpression of a ConditionCheck must not be null');
  const condition = boundCondition(input);
  const write = base(table, table.keyOf(storableMap(input.Key ?? {}), true), input);
  return { ...write, changes: false, holds: condition, next: (before) => before };
}

export function updateWrite(
  find: FindTable,
  input: Omit<Update, 'UpdateExpression'> & { UpdateExpression?: string | undefined },
): Write {
  const table = find(input.TableName);
  const update =
    input.UpdateExpression === undefined ? undefined : parseUpdate(input.UpdateExpression, 'UpdateExpression');
  const condition = parsedCondition(input);
  const given = bind(input, { UpdateExpression: update, ConditionExpression: condition });
  const actions = update?.tree ?? [];
  const paths = pathsOf(
    actions.map(({ path }) => path),
    given,
  );
  checkDistinctPaths(paths, 'UpdateExpression');
  checkUpdateOperands(actions, given);
  const key = table.keyOf(storableMap(input.Key ?? {}), true);
  refuseKeyChange(key, paths);
  const next = (before: AttributeMap | undefined): AttributeMap => {
    const after = updated(before ?? key, actions, given);
    table.checkItem(after, 'Item size to update has exceeded the maximum allowed size');
    return after;
  };
  return {
    ...base(table, key, input),
    holds: conditionHolds(condition, given),
    next,
    touched: (item) => project(item, paths),
  };
}

function base(table: SimulatedTable, key: AttributeMap, input: ConditionInput) {
  return {
    table,
    row: table.row(key),
    changes: true,
    wantsOldItem: input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD',
    touched: (item: AttributeMap) => item,
  };
}

const parsedCondition = ({ ConditionExpression: text }: ConditionInput): Expression<Condition> | undefined =>
  text === undefined ? undefined : parseCondition(text, 'ConditionExpression');

function boundCondition(input: ConditionInput): Write['holds'] {
  const condition = parsedCondition(input);
  return conditionHolds(condition, bind(input, { ConditionExpression: condition }));
}

function conditionHolds(condition: Expression<Condition> | undefined, given: Placeholders): Write['holds'] {
  if (!condition) return () => true;
  checkOperands(condition.tree, 'ConditionExpression', given);
  return (before) => holds(condition.tree, before, given);
}

function refuseKeyChange(key: AttributeMap, paths: readonly (readonly (string | number)[])[]): void {
  const changed = paths.find(([name]) => name !== undefined && Object.hasOwn(key, name));
  if (changed)
    throw invalid(
      `One or more parameter values were invalid: Cannot update attribute ${changed[0]}. This attribute is part of the key`,
    );
}
