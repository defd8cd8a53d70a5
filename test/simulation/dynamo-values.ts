/** AttributeValues: their type, size, order and equality, and what of them may be stored. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { invalid } from './dynamo-errors.ts';
import { canonicalNumber, compareNumbers } from './dynamo-numbers.ts';

export type AttributeMap = Record<string, AttributeValue>;
export type AttributeType = 'S' | 'N' | 'B' | 'BOOL' | 'NULL' | 'L' | 'M' | 'SS' | 'NS' | 'BS';

const TYPES: ReadonlySet<string> = new Set(['S', 'N', 'B', 'BOOL', 'NULL', 'L', 'M', 'SS', 'NS', 'BS']);
export const isAttributeType = (text: string): text is AttributeType => TYPES.has(text);

export function typeOf(value: AttributeValue): AttributeType {
  for (const type in value) if (isAttributeType(type)) return type;
  throw invalid('Supplied AttributeValue is empty, must contain exactly one of the supported datatypes');
}

/** The value as it would be stored: numbers canonical, sets checked. Throws ValidationException. */
export function storable(value: AttributeValue, depth = 0): AttributeValue {
  const type = typeOf(value);
  if (Object.keys(value).length > 1)
    throw invalid(
      'Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes',
    );
  if (depth > 31) throw invalid('Nesting Levels have exceeded supported limits');
  if (value.N !== undefined) return { N: canonicalNumber(value.N) };
  if (value.L !== undefined) return { L: value.L.map((element) => storable(element, depth + 1)) };
  if (value.M !== undefined) return { M: storableMap(value.M, depth + 1) };
  if (value.NS !== undefined) return { NS: distinct('Number', value.NS.map(canonicalNumber)) };
  if (value.SS !== undefined) return { SS: distinct('string', value.SS) };
  if (value.BS !== undefined) return { BS: distinctBinaries(value.BS) };
  if (type === 'NULL' && value.NULL !== true) throw invalid('Null attribute value types must have the value of true');
  return value;
}

export function storableMap(map: AttributeMap, depth = 0): AttributeMap {
  const stored: AttributeMap = {};
  for (const name in map) {
    const value = map[name];
    if (value !== undefined) stored[name] = storable(value, depth);
  }
  return stored;
}

const EMPTY_OR_TWICE = 'One or more parameter values were invalid:';

function distinct(kind: string, members: string[]): string[] {
  if (members.length === 0) throw invalid(`${EMPTY_OR_TWICE} An ${kind} set  may not be empty`);
  if (new Set(members).size < members.length)
    throw invalid(`${EMPTY_OR_TWICE} Input collection [${members.join(', ')}] contains duplicates.`);
  return members;
}

function distinctBinaries(members: Uint8Array[]): Uint8Array[] {
  distinct(
    'binary',
    members.map((member) => Buffer.from(member).toString('base64')),
  );
  return members;
}

/** Bytes that count against the limit of 400 KB. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html */
export function sizeOfMap(map: AttributeMap): number {
  let size = 0;
  for (const name in map) {
    const value = map[name];
    if (value !== undefined) size += Buffer.byteLength(name) + sizeOf(value);
  }
  return size;
}

export function sizeOf(value: AttributeValue): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  if (value.N !== undefined) return numberSize(value.N);
  if (value.B !== undefined) return value.B.length;
  if (value.M !== undefined) return 3 + Object.keys(value.M).length + sizeOfMap(value.M);
  if (value.L !== undefined) return 3 + sum(value.L, (element) => 1 + sizeOf(element));
  if (value.SS !== undefined) return sum(value.SS, Buffer.byteLength);
  if (value.NS !== undefined) return sum(value.NS, numberSize);
  if (value.BS !== undefined) return sum(value.BS, (member) => member.length);
  return 1;
}

const numberSize = (text: string): number => Math.ceil(text.replace(/[-.]|^0\.0*|0+$/g, '').length / 2) + 1;
const sum = <T>(members: readonly T[], size: (member: T) => number): number =>
  members.reduce((total, member) => total + size(member), 0);

/** Order of two strings, numbers or binaries; undefined when the types differ or have no order. */
export function compareValues(left: AttributeValue, right: AttributeValue): number | undefined {
  if (left.S !== undefined && right.S !== undefined) return compareStrings(left.S, right.S);
  if (left.N !== undefined && right.N !== undefined) return compareNumbers(left.N, right.N);
  if (left.B !== undefined && right.B !== undefined) return Buffer.compare(left.B, right.B);
  return undefined;
}

/** By UTF-8 bytes, which differs from JavaScript's order (UTF-16 units) once surrogates take part. */
export function compareStrings(left: string, right: string): number {
  if (left === right) return 0;
  if (SURROGATE.test(left) || SURROGATE.test(right)) return Buffer.compare(Buffer.from(left), Buffer.from(right));
  return left < right ? -1 : 1;
}

const SURROGATE = /[\ud800-\udfff]/;

export function equalValues(left: AttributeValue, right: AttributeValue): boolean {
  const type = typeOf(left);
  if (type !== typeOf(right)) return false;
  const order = compareValues(left, right);
  if (order !== undefined) return order === 0;
  if (left.M !== undefined && right.M !== undefined) return equalMaps(left.M, right.M);
  if (left.L !== undefined && right.L !== undefined) return equalLists(left.L, right.L);
  if (left.BOOL !== undefined) return left.BOOL === right.BOOL;
  return type === 'NULL' || equalSets(membersOf(left), membersOf(right));
}

export function equalMaps(left: AttributeMap, right: AttributeMap): boolean {
  const names = Object.keys(left);
  return names.length === Object.keys(right).length && names.every((name) => equalOptional(left[name], right[name]));
}

const equalOptional = (left: AttributeValue | undefined, right: AttributeValue | undefined): boolean =>
  left !== undefined && right !== undefined && equalValues(left, right);

const equalLists = (left: AttributeValue[], right: AttributeValue[]): boolean =>
  left.length === right.length && left.every((element, at) => equalOptional(element, right[at]));

const equalSets = (left: AttributeValue[], right: AttributeValue[]): boolean =>
  left.length === right.length && left.every((member) => right.some((other) => equalValues(member, other)));

/** A set's members as values of their own; nothing for any other type. */
export function membersOf(value: AttributeValue): AttributeValue[] {
  if (value.SS !== undefined) return value.SS.map((S) => ({ S }));
  if (value.NS !== undefined) return value.NS.map((N) => ({ N }));
  return value.BS?.map((B) => ({ B })) ?? [];
}

/** The set of these members (all of one type); undefined when there are none, for an empty set cannot exist. */
export function setOf(members: readonly AttributeValue[]): AttributeValue | undefined {
  const pick = <T>(get: (member: AttributeValue) => T | undefined): T[] =>
    members.map(get).filter((member) => member !== undefined);
  const [first] = members;
  if (first === undefined) return undefined;
  if (first.S !== undefined) return { SS: pick((member) => member.S) };
  if (first.N !== undefined) return { NS: pick((member) => member.N) };
  return { BS: pick((member) => member.B) };
}

/** Text that is the same exactly for equal key values. */
export const keyText = (value: AttributeValue): string =>
  value.S ?? value.N ?? Buffer.from(value.B ?? []).toString('base64');
