/** Evaluates conditions and filters over items. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Placeholders } from './dynamo-placeholders.ts';
import { stepsOf } from './dynamo-placeholders.ts';
import type { Comparator, Condition, Operand } from './dynamo-syntax.ts';
import { type AttributeMap, compareValues, equalValues, membersOf, typeOf } from './dynamo-values.ts';

/** Whether a condition holds for an item; an item that does not exist has no attributes. */
export function holds(condition: Condition, item: AttributeMap | undefined, given: Placeholders): boolean {
  switch (condition.kind) {
    case 'and':
      return condition.terms.every((term) => holds(term, item, given));
    case 'or':
      return condition.terms.some((term) => holds(term, item, given));
    case 'not':
      return !holds(condition.term, item, given);
    case 'compare':
      return compares(
        condition.operator,
        operandValue(condition.left, item, given),
        operandValue(condition.right, item, given),
      );
    case 'between':
      return isBetween(
        operandValue(condition.operand, item, given),
        operandValue(condition.low, item, given),
        operandValue(condition.high, item, given),
      );
    case 'in': {
      const value = operandValue(condition.operand, item, given);
      return condition.list.some((operand) => compares('=', value, operandValue(operand, item, given)));
    }
    case 'function':
      return holdsFunction(condition, item, given);
  }
}

export function operandValue(
  operand: Operand,
  item: AttributeMap | undefined,
  given: Placeholders,
): AttributeValue | undefined {
  if (operand.kind === 'value') return given.values[operand.name];
  if (operand.kind === 'path') return valueAt(item, stepsOf(operand, given));
  const value = valueAt(item, stepsOf(operand.path, given));
  const size = value && lengthOf(value);
  return size === undefined ? undefined : { N: String(size) };
}

export function valueAt(
  item: AttributeMap | undefined,
  [first, ...rest]: readonly (string | number)[],
): AttributeValue | undefined {
  let value = first === undefined ? undefined : item?.[first];
  for (const step of rest) value = typeof step === 'number' ? value?.L?.[step] : value?.M?.[step];
  return value;
}

function compares(operator: Comparator, left: AttributeValue | undefined, right: AttributeValue | undefined): boolean {
  if (operator === '=') return left !== undefined && right !== undefined && equalValues(left, right);
  if (operator === '<>') return left === undefined || right === undefined || !equalValues(left, right);
  const order = left && right && compareValues(left, right);
  if (order === undefined) return false;
  if (operator === '<') return order < 0;
  if (operator === '<=') return order <= 0;
  return operator === '>' ? order > 0 : order >= 0;
}

const isBetween = (
  value: AttributeValue | undefined,
  low: AttributeValue | undefined,
  high: AttributeValue | undefined,
): boolean => compares('>=', value, low) && compares('<=', value, high);

function holdsFunction(
  condition: Condition & { kind: 'function' },
  item: AttributeMap | undefined,
  given: Placeholders,
): boolean {
  const value = operandValue(condition.subject, item, given);
  const argument = condition.argument && operandValue(condition.argument, item, given);
  if (condition.name === 'attribute_exists') return value !== undefined;
  if (condition.name === 'attribute_not_exists') return value === undefined;
  if (!value || !argument) return false;
  if (condition.name === 'attribute_type') return typeOf(value) === argument.S;
  return condition.name === 'begins_with' ? beginsWith(value, argument) : contains(value, argument);
}

function beginsWith(value: AttributeValue, prefix: AttributeValue): boolean {
  if (value.S !== undefined && prefix.S !== undefined) return value.S.startsWith(prefix.S);
  return value.B !== undefined && prefix.B !== undefined && Buffer.from(value.B).indexOf(Buffer.from(prefix.B)) === 0;
}

function contains(value: AttributeValue, element: AttributeValue): boolean {
  if (value.S !== undefined) return element.S !== undefined && value.S.includes(element.S);
  if (value.B !== undefined) return element.B !== undefined && Buffer.from(value.B).includes(Buffer.from(element.B));
  return (value.L ?? membersOf(value)).some((member) => equalValues(member, element));
}

function lengthOf(value: AttributeValue): number | undefined {
  if (value.S !== undefined) return value.S.length;
  if (value.M !== undefined) return Object.keys(value.M).length;
  const counted = value.B ?? value.L ?? value.SS ?? value.NS ?? value.BS;
  return counted?.length;
}
