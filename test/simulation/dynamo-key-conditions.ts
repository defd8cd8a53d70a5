/** What a query may ask of keys: the parts of its key condition, and what its filter must leave alone. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { invalid } from './dynamo-errors.ts';
import { checkOperands, type Placeholders, stepsOf } from './dynamo-placeholders.ts';
import type { Condition, Operand } from './dynamo-syntax.ts';
import type { KeySchema, SimulatedTable } from './dynamo-table.ts';
import { typeOf } from './dynamo-values.ts';

interface KeyContext {
  readonly table: SimulatedTable;
  readonly schema: KeySchema;
  readonly given: Placeholders;
}

/** Splits `pk = :v AND <one condition on the sort key>`, and refuses everything else. */
export function keyConditions(
  tree: Condition,
  { table, schema, given }: KeyContext,
): { partition: AttributeValue; sort: Condition | undefined } {
  const terms = tree.kind === 'and' ? tree.terms : [tree];
  const subjects = terms.map((term) => subjectOf(term, given));
  const partitionTerm = terms[subjects.indexOf(schema.partitionKey)];
  if (!partitionTerm) throw invalid(`Query condition missed key schema element: ${schema.partitionKey}`);
  if (subjects.some((name) => name !== schema.partitionKey && name !== schema.sortKey))
    throw invalid(`Query condition missed key schema element: ${schema.sortKey}`);
  if (new Set(subjects).size < subjects.length)
    throw invalid('KeyConditionExpressions must only contain one condition per key');
  const sort = terms.find((term) => term !== partitionTerm);
  const partition = equalTo(partitionTerm, given);
  checkOperands(tree, 'KeyConditionExpression', given);
  checkKeyTypes(table, [
    [schema.partitionKey, partition],
    ...literals(sort, given).map((value) => [schema.sortKey, value] as const),
  ]);
  return { partition, sort };
}

function equalTo(term: Condition, given: Placeholders): AttributeValue {
  const isEqual = term.kind === 'compare' && term.operator === '=' && term.right.kind === 'value';
  const value = isEqual ? literals(term, given)[0] : undefined;
  if (!value) throw invalid('Query key condition not supported');
  return value;
}

const literals = (term: Condition | undefined, given: Placeholders): AttributeValue[] =>
  term
    ? operandsOf(term).flatMap((operand) => (operand.kind === 'value' ? (given.values[operand.name] ?? []) : []))
    : [];

function checkKeyTypes(table: SimulatedTable, values: readonly (readonly [string, AttributeValue])[]): void {
  if (values.some(([name, value]) => typeOf(value) !== table.keyType(name)))
    throw invalid('One or more parameter values were invalid: Condition parameter type does not match schema type');
}

function subjectOf(term: Condition, given: Placeholders): string {
  const allowed =
    (term.kind === 'compare' && term.operator !== '<>') ||
    term.kind === 'between' ||
    (term.kind === 'function' && term.name === 'begins_with');
  const operand = allowed ? operandsOf(term)[0] : undefined;
  if (operand?.kind !== 'path') throw invalid('Invalid operator used in KeyConditionExpression');
  return stepsOf(operand, given).join('.');
}

export function checkFilter(tree: Condition, schema: KeySchema, given: Placeholders): void {
  checkOperands(tree, 'FilterExpression', given);
  for (const name of namesIn(tree, given))
    if (name === schema.partitionKey || name === schema.sortKey)
      throw invalid(`Filter Expression can only contain non-primary key attributes: Primary key attribute: ${name}`);
}

function namesIn(tree: Condition, given: Placeholders): string[] {
  if (tree.kind === 'and' || tree.kind === 'or') return tree.terms.flatMap((term) => namesIn(term, given));
  if (tree.kind === 'not') return namesIn(tree.term, given);
  return operandsOf(tree).flatMap((operand) => {
    const path = operand.kind === 'size' ? operand.path : operand;
    return path.kind === 'path' ? String(stepsOf(path, given)[0]) : [];
  });
}

function operandsOf(term: Condition): readonly Operand[] {
  switch (term.kind) {
    case 'compare':
      return [term.left, term.right];
    case 'between':
      return [term.operand, term.low, term.high];
    case 'in':
      return [term.operand, ...term.list];
    case 'function':
      return term.argument ? [term.subject, term.argument] : [term.subject];
    default:
      return [];
  }
}
