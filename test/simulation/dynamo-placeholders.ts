/** What a request gives for the placeholders of its expressions, and the checks that need no item. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { invalid } from './dynamo-errors.ts';
import type { Condition, Expression, Operand, Path } from './dynamo-syntax.ts';
import {
  type AttributeMap,
  type AttributeType,
  compareValues,
  isAttributeType,
  storableMap,
  typeOf,
} from './dynamo-values.ts';

/** The values of a request's placeholders. */
export interface Placeholders {
  readonly names: Readonly<Record<string, string>>;
  readonly values: AttributeMap;
}

interface PlaceholderInput {
  readonly ExpressionAttributeNames?: Record<string, string> | undefined;
  readonly ExpressionAttributeValues?: AttributeMap | undefined;
}

/** Takes a request's placeholders: each that is used must be defined, each that is defined must be used. */
export function bind(
  input: PlaceholderInput,
  expressions: Readonly<Record<string, Expression<unknown> | undefined>>,
): Placeholders {
  const { ExpressionAttributeNames: names, ExpressionAttributeValues: values } = input;
  const used = Object.entries(expressions).filter(([, expression]) => expression !== undefined);
  for (const [given, kind] of [
    [names, 'Names'],
    [values, 'Values'],
  ] as const) {
    if (!given) continue;
    if (used.length === 0) throw invalid(`ExpressionAttribute${kind} can only be specified when using expressions`);
    if (Object.keys(given).length === 0) throw invalid(`ExpressionAttribute${kind} must not be empty`);
  }
  for (const [label, expression] of used) {
    checkDefined(
      `Invalid ${label}: An expression attribute name used in the document path is not defined; attribute name:`,
      expression?.names,
      names,
    );
    checkDefined(
      `Invalid ${label}: An expression attribute value used in expression is not defined; attribute value:`,
      expression?.values,
      values,
    );
  }
  checkUsed(
    'Names',
    names,
    used.map(([, expression]) => expression?.names),
  );
  checkUsed(
    'Values',
    values,
    used.map(([, expression]) => expression?.values),
  );
  return { names: names ?? {}, values: values ? storableMap(values) : {} };
}

function checkDefined(problem: string, used: ReadonlySet<string> | undefined, given: object | undefined): void {
  for (const name of used ?? []) if (!given || !Object.hasOwn(given, name)) throw invalid(`${problem} ${name}`);
}

function checkUsed(kind: string, given: object | undefined, used: readonly (ReadonlySet<string> | undefined)[]): void {
  const unused = Object.keys(given ?? {}).filter((name) => !used.some((names) => names?.has(name)));
  if (unused.length > 0)
    throw invalid(`Value provided in ExpressionAttribute${kind} unused in expressions: keys: {${unused.join(', ')}}`);
}

/** A path's steps with the names that its placeholders stand for. */
export const stepsOf = (path: Path, { names }: Placeholders): (string | number)[] =>
  path.steps.map((step) => (typeof step === 'string' && step.startsWith('#') ? (names[step] ?? step) : step));

/** Refuses operands that DynamoDB refuses before it looks at any item. */
export function checkOperands(condition: Condition, label: string, given: Placeholders): void {
  switch (condition.kind) {
    case 'and':
    case 'or':
      for (const term of condition.terms) checkOperands(term, label, given);
      return;
    case 'not':
      checkOperands(condition.term, label, given);
      return;
    case 'compare':
      if (condition.operator === '=' || condition.operator === '<>') return;
      for (const side of [condition.left, condition.right])
        checkType(literal(side, given), ['S', 'N', 'B'], { label, operator: condition.operator });
      return;
    case 'between':
      checkBounds(literal(condition.low, given), literal(condition.high, given), label);
      return;
    case 'in':
      return;
    case 'function':
      checkFunction(condition, label, given);
  }
}

const literal = (operand: Operand, given: Placeholders): AttributeValue | undefined =>
  operand.kind === 'value' ? given.values[operand.name] : undefined;

function checkType(
  value: AttributeValue | undefined,
  types: readonly AttributeType[],
  { label, operator }: { label: string; operator: string },
): void {
  if (value && !types.includes(typeOf(value)))
    throw invalid(
      `Invalid ${label}: Incorrect operand type for operator or function; operator or function: ${operator}, operand type: ${typeOf(value)}`,
    );
}

function checkBounds(low: AttributeValue | undefined, high: AttributeValue | undefined, label: string): void {
  if (!low || !high) return;
  if (typeOf(low) !== typeOf(high))
    throw invalid(`Invalid ${label}: The BETWEEN operator requires same data type for lower and upper bounds`);
  if ((compareValues(low, high) ?? 0) > 0)
    throw invalid(
      `Invalid ${label}: The BETWEEN operator requires upper bound to be greater than or equal to lower bound`,
    );
}

function checkFunction(
  { name, subject, argument }: Condition & { kind: 'function' },
  label: string,
  given: Placeholders,
): void {
  if (subject.kind !== 'path' && name.startsWith('attribute_'))
    throw invalid(`Invalid ${label}: Operator or function requires a document path; operator or function: ${name}`);
  const value = argument && literal(argument, given);
  if (name === 'begins_with') checkType(value, ['S', 'B'], { label, operator: name });
  if (name !== 'attribute_type') return;
  checkType(value, ['S'], { label, operator: name });
  if (value?.S !== undefined && !isAttributeType(value.S))
    throw invalid(`Invalid ${label}: Invalid attribute type name found; type: ${value.S}`);
}
