/** One table of the double: its rows with their last versions, its index entries, and the checks of keys and items. */

import { frozen } from '../support/plain-copy.ts';
import { invalid, misfit } from './dynamo-errors.ts';
import { type AttributeMap, compareValues, equalMaps, keyText, sizeOf, sizeOfMap, typeOf } from './dynamo-values.ts';

export interface KeySchema {
  readonly partitionKey: string;
  readonly sortKey: string;
}
export interface IndexSpec extends KeySchema {
  readonly projection: 'KEYS_ONLY' | 'ALL';
}
/** `keyTypes`: key attributes, of the table or an index, that are not strings. */
export interface TableSpec extends KeySchema {
  readonly name: string;
  readonly indexes?: Readonly<Record<string, IndexSpec>>;
  readonly keyTypes?: Readonly<Record<string, 'S' | 'N' | 'B'>>;
}

/** A place for an item, whether or not there is one: the newest version first, undefined where there was no item. */
export interface Row {
  readonly key: AttributeMap;
  versions: readonly (AttributeMap | undefined)[];
  /** whether a transaction with this item is between its preparation and its commit */
  held: boolean;
}

/** How many versions an eventually consistent read may choose from. DynamoDB gives no bound. */
const VERSIONS = 4;
const MAX_ITEM_BYTES = 400 * 1024;

export class SimulatedTable {
  readonly spec: TableSpec;
  readonly #partitions = new Map<string, { rows: Map<string, Row>; inOrder: Row[] }>();
  readonly #indexes: readonly (readonly [IndexSpec, Map<string, Set<Row>>])[];

  constructor(spec: TableSpec) {
    this.spec = spec;
    this.#indexes = Object.values(spec.indexes ?? {}).map((index) => [index, new Map()]);
  }

  /** The row of a key; made when there is none. */
  row(key: AttributeMap): Row {
    const found = this.find(key);
    if (found) return found;
    const row: Row = { key, versions: [undefined], held: false };
    const [partition, sort] = this.#texts(key);
    const place = this.#partitions.get(partition) ?? { rows: new Map(), inOrder: [] };
    this.#partitions.set(partition, place);
    place.rows.set(sort, row);
    place.inOrder.splice(this.#position(place.inOrder, row), 0, row);
    return row;
  }

  find(key: AttributeMap): Row | undefined {
    const [partition, sort] = this.#texts(key);
    return this.#partitions.get(partition)?.rows.get(sort);
  }

  /** The rows of one partition, in the order of the sort key. */
  partition(value: AttributeMap[string]): readonly Row[] {
    return this.#partitions.get(keyText(value))?.inOrder ?? [];
  }

  /** The rows that are, or lately were, under this partition of an index; in no order. */
  indexPartition(index: IndexSpec, value: AttributeMap[string]): Iterable<Row> {
    return this.#indexes.find(([spec]) => spec === index)?.[1].get(keyText(value)) ?? [];
  }

  commit(row: Row, image: AttributeMap | undefined): void {
    row.versions = [frozen(image), ...row.versions.slice(0, VERSIONS - 1)];
    for (const [index, entries] of this.#indexes) {
      const value = image?.[index.partitionKey];
      if (!value || !image?.[index.sortKey]) continue;
      const rows = entries.get(keyText(value));
      if (rows) rows.add(row);
      else entries.set(keyText(value), new Set([row]));
    }
  }

  /** Every replica catches up: reads can only see what is there now. */
  settle(): void {
    for (const row of this.#rows()) row.versions = row.versions.slice(0, 1);
  }

  items(): AttributeMap[] {
    return [...this.#rows()].map((row) => row.versions[0]).filter((image) => image !== undefined);
  }

  /** Takes an item's key out of it, or checks a key alone. Throws ValidationException. */
  keyOf(attributes: AttributeMap, exact: boolean): AttributeMap {
    const { partitionKey, sortKey } = this.spec;
    const mismatch = 'The provided key element does not match the schema';
    if (exact && Object.keys(attributes).length !== 2) throw misfit(mismatch);
    const key: AttributeMap = {};
    for (const name of [partitionKey, sortKey]) {
      const value = attributes[name];
      if (!value)
        throw misfit(
          exact ? mismatch : `One or more parameter values were invalid: Missing the key ${name} in the item`,
        );
      if (typeOf(value) !== this.keyType(name))
        throw misfit(
          exact
            ? mismatch
            : `One or more parameter values were invalid: Type mismatch for key ${name} expected: ${this.keyType(name)} actual: ${typeOf(value)}`,
        );
      this.#checkKeySize(name, value);
      key[name] = value;
    }
    return key;
  }

  keyType(name: string): 'S' | 'N' | 'B' {
    return this.spec.keyTypes?.[name] ?? 'S';
  }

  /** Throws ValidationException when the item cannot be stored. */
  checkItem(item: AttributeMap, tooLarge = 'Item size has exceeded the maximum allowed size'): void {
    if (sizeOfMap(item) > MAX_ITEM_BYTES) throw invalid(tooLarge);
    for (const [name, index] of Object.entries(this.spec.indexes ?? {}))
      for (const attribute of [index.partitionKey, index.sortKey])
        this.#checkIndexKey(name, attribute, item[attribute]);
  }

  #checkIndexKey(index: string, attribute: string, value: AttributeMap[string] | undefined): void {
    if (!value) return;
    if (typeOf(value) !== this.keyType(attribute))
      throw misfit(
        `One or more parameter values were invalid: Type mismatch for Index Key ${attribute} Expected: ${this.keyType(attribute)} Actual: ${typeOf(value)} IndexName: ${index}`,
      );
    if (keyText(value) === '')
      throw invalid(
        `One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty string value. IndexName: ${index}, IndexKey: ${attribute}`,
      );
  }

  #checkKeySize(name: string, value: AttributeMap[string]): void {
    if (keyText(value) === '')
      throw invalid(
        `One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: ${name}`,
      );
    if (name === this.spec.partitionKey && sizeOf(value) > 2048)
      throw invalid(
        'One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes',
      );
    if (name === this.spec.sortKey && sizeOf(value) > 1024)
      throw invalid(
        'One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of 1024 bytes',
      );
  }

  *#rows(): Iterable<Row> {
    for (const { inOrder } of this.#partitions.values()) yield* inOrder;
  }

  #texts(key: AttributeMap): [string, string] {
    const [partition, sort] = [key[this.spec.partitionKey], key[this.spec.sortKey]];
    if (!partition || !sort) throw invalid('The provided key element does not match the schema');
    return [keyText(partition), keyText(sort)];
  }

  #position(rows: readonly Row[], row: Row): number {
    let [low, high] = [0, rows.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareRows(this.spec.sortKey, rows[middle], row) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function compareRows(sortKey: string, left: Row | undefined, right: Row): number {
  const [a, b] = [left?.key[sortKey], right.key[sortKey]];
  return (a && b && compareValues(a, b)) ?? 0;
}

/** Whether a write changed anything: the stream has no record of one that did not. */
export const isChange = (before: AttributeMap | undefined, after: AttributeMap | undefined): boolean =>
  before && after ? !equalMaps(before, after) : before !== after;
