/** Takes parts out of items (projection) and makes changed items (update expressions), by document paths. */

import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { plainCopy } from '../support/plain-copy.ts';
import { invalid } from './dynamo-errors.ts';
import { operandValue, valueAt } from './dynamo-evaluation.ts';
import { addNumbers } from './dynamo-numbers.ts';
import { type Placeholders, stepsOf } from './dynamo-placeholders.ts';
import type { Path, SetOperand, UpdateAction } from './dynamo-syntax.ts';
import { type AttributeMap, equalValues, membersOf, setOf, typeOf } from './dynamo-values.ts';

type Steps = readonly (string | number)[];

/** What a ProjectionExpression shows of an item: all of it when there is none. Throws ValidationException. */
export function projecting(
  paths: readonly Path[] | undefined,
  given: Placeholders,
): (item: AttributeMap) => AttributeMap {
  if (!paths) return (item) => item;
  const steps = pathsOf(paths, given);
  checkDistinctPaths(steps, 'ProjectionExpression');
  return (item) => project(item, steps);
}

/** The parts of an item at these paths; paths that lead nowhere give nothing, list elements close up. */
export function project(item: AttributeMap, paths: readonly Steps[]): AttributeMap {
  const parts: AttributeMap = {};
  for (const [step, rests] of byFirstStep(paths)) {
    const part = partOf(item[step], rests);
    if (part) parts[step] = part;
  }
  return parts;
}

function partOf(value: AttributeValue | undefined, paths: readonly Steps[]): AttributeValue | undefined {
  if (!value || paths.some((steps) => steps.length === 0)) return value;
  const children = [...byFirstStep(paths)].sort(([a], [b]) =>
    typeof a === 'number' && typeof b === 'number' ? a - b : 0,
  );
  if (value.L) {
    const list = value.L;
    const elements = children.flatMap(([step, rests]) =>
      typeof step === 'number' ? (partOf(list[step], rests) ?? []) : [],
    );
    return elements.length > 0 ? { L: elements } : undefined;
  }
  const members = value.M
    ? project(
        value.M,
        paths.filter(([step]) => typeof step === 'string'),
      )
    : {};
  return Object.keys(members).length > 0 ? { M: members } : undefined;
}

function byFirstStep(paths: readonly Steps[]): Map<string | number, Steps[]> {
  const groups = new Map<string | number, Steps[]>();
  for (const [first, ...rest] of paths)
    if (first !== undefined) groups.set(first, [...(groups.get(first) ?? []), rest]);
  return groups;
}

const overlaps = (left: Steps, right: Steps): boolean =>
  left.every((step, at) => at >= right.length || step === right[at]);

/** Refuses paths of which one is, or is inside, the other. */
export function checkDistinctPaths(paths: readonly Steps[], label: string): void {
  paths.forEach((path, at) => {
    const other = paths.slice(0, at).find((earlier) => overlaps(earlier, path));
    if (!other) return;
    const [one, two] = [other.join(', '), path.join(', ')];
    throw invalid(
      `Invalid ${label}: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [${one}], path two: [${two}]`,
    );
  });
}

/** Refuses operands of ADD and DELETE that DynamoDB refuses before it looks at the item. */
export function checkUpdateOperands(actions: readonly UpdateAction[], given: Placeholders): void {
  for (const action of actions) {
    if (action.clause !== 'ADD' && action.clause !== 'DELETE') continue;
    const value = operandValue(action.value, undefined, given);
    const types = action.clause === 'ADD' ? ['N', 'SS', 'NS', 'BS'] : ['SS', 'NS', 'BS'];
    if (!value || !types.includes(typeOf(value)))
      throw invalid(
        `Invalid UpdateExpression: Incorrect operand type for operator or function; operator: ${action.clause}, operand type: ${value ? typeOf(value) : 'none'}`,
      );
  }
}

/** The item after the update. Every operand is read from the item as it was before. */
export function updated(before: AttributeMap, actions: readonly UpdateAction[], given: Placeholders): AttributeMap {
  const after = plainCopy(before);
  const changes = actions.map((action) => ({
    steps: stepsOf(action.path, given),
    value: newValue(action, before, given),
  }));
  // Removals last and from the end of a list backwards, so that no position moves before its turn.
  const positionsLast = (steps: Steps): number => Number(steps.at(-1)) || 0;
  for (const { steps, value } of changes) if (value) place(after, steps, value);
  const removals = changes
    .filter(({ value }) => !value)
    .sort((a, b) => positionsLast(b.steps) - positionsLast(a.steps));
  for (const { steps } of removals) remove(after, steps);
  return after;
}

function newValue(action: UpdateAction, before: AttributeMap, given: Placeholders): AttributeValue | undefined {
  if (action.clause === 'REMOVE') return undefined;
  if (action.clause === 'SET') return computed(action.to, before, given);
  const current = valueAt(before, stepsOf(action.path, given));
  const operand = required(operandValue(action.value, before, given));
  return action.clause === 'ADD' ? added(current, operand) : without(current, operand);
}

function computed(operand: SetOperand, item: AttributeMap, given: Placeholders): AttributeValue {
  if (operand.kind === 'if_not_exists')
    return valueAt(item, stepsOf(operand.path, given)) ?? computed(operand.otherwise, item, given);
  if (operand.kind === 'list_append') {
    const [first, second] = [computed(operand.first, item, given).L, computed(operand.second, item, given).L];
    return { L: [...(first ?? wrongType()), ...(second ?? wrongType())] };
  }
  if (operand.kind !== 'sum') return required(operandValue(operand, item, given));
  const [left, right] = [computed(operand.left, item, given).N, computed(operand.right, item, given).N];
  return { N: addNumbers(left ?? wrongType(), right ?? wrongType(), operand.sign) };
}

function required(value: AttributeValue | undefined): AttributeValue {
  if (value) return value;
  throw invalid('The provided expression refers to an attribute that does not exist in the item');
}

function wrongType(): never {
  throw invalid('An operand in the update expression has an incorrect data type');
}

function added(current: AttributeValue | undefined, operand: AttributeValue): AttributeValue {
  if (!current) return operand;
  if (typeOf(current) !== typeOf(operand)) return wrongType();
  if (current.N !== undefined && operand.N !== undefined) return { N: addNumbers(current.N, operand.N, 1) };
  const present = membersOf(current);
  const fresh = membersOf(operand).filter((member) => !present.some((other) => equalValues(member, other)));
  return setOf([...present, ...fresh]) ?? current;
}

/** Undefined when no member is left: the attribute goes with its last one. */
function without(current: AttributeValue | undefined, operand: AttributeValue): AttributeValue | undefined {
  if (!current) return undefined;
  if (typeOf(current) !== typeOf(operand)) return wrongType();
  const gone = membersOf(operand);
  return setOf(membersOf(current).filter((member) => !gone.some((other) => equalValues(member, other))));
}

function place(item: AttributeMap, steps: Steps, value: AttributeValue): void {
  const { container, last } = parentOf(item, steps);
  if (Array.isArray(container)) container[Math.min(Number(last), container.length)] = value;
  else container[last] = value;
}

function remove(item: AttributeMap, steps: Steps): void {
  const { container, last } = parentOf(item, steps);
  if (Array.isArray(container)) container.splice(Number(last), 1);
  else delete container[last];
}

function parentOf(
  item: AttributeMap,
  steps: Steps,
): { container: AttributeMap | AttributeValue[]; last: string | number } {
  const last = steps.at(-1) ?? '';
  const parent: AttributeValue | undefined = steps.length === 1 ? { M: item } : valueAt(item, steps.slice(0, -1));
  const container = typeof last === 'number' ? parent?.L : parent?.M;
  if (!container) throw invalid('The document path provided in the update expression is invalid for update');
  return { container, last };
}

export const pathsOf = (paths: readonly Path[], given: Placeholders): Steps[] =>
  paths.map((path) => stepsOf(path, given));
