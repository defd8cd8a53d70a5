/** Query: the key condition, the rows it selects, pages, filter and projection. */
import type { AttributeValue, QueryInput } from '@aws-sdk/client-dynamodb';
import { project, projecting } from './dynamo-documents.ts';
import { invalid } from './dynamo-errors.ts';
import { holds } from './dynamo-evaluation.ts';
import { parseCondition, parseProjection } from './dynamo-expressions.ts';
import { checkFilter, keyConditions } from './dynamo-key-conditions.ts';
import { bind } from './dynamo-placeholders.ts';
import type { IndexSpec, Row, SimulatedTable } from './dynamo-table.ts';
import { type AttributeMap, compareValues, sizeOfMap, storableMap } from './dynamo-values.ts';
import { refuseUnknown } from './dynamo-writes.ts';

const FIELDS = [
  'TableName',
  'IndexName',
  'KeyConditionExpression',
  'FilterExpression',
  'ProjectionExpression',
  'ExpressionAttributeNames',
  'ExpressionAttributeValues',
  'ConsistentRead',
  'Limit',
  'ScanIndexForward',
  'ExclusiveStartKey',
  'Select',
];
const PAGE_BYTES = 1024 * 1024;

export interface Page {
  readonly Items?: AttributeMap[];
  readonly Count: number;
  readonly ScannedCount: number;
  readonly LastEvaluatedKey?: AttributeMap;
}
/** A query that has been checked; the rows may then be read one after the other, each at its own point in time. */
export interface PreparedQuery {
  /** the rows to read, as of now */
  rows(): readonly Row[];
  readonly consistent: boolean;
  page(images: ReadonlyMap<Row, AttributeMap | undefined>): Page;
}

export function prepareQuery(table: SimulatedTable, input: QueryInput): PreparedQuery {
  checkInput(input);
  const index = indexOf(table, input);
  const parsed = parse(input);
  const given = bind(input, parsed);
  const { partition, sort } = keyConditions(parsed.KeyConditionExpression.tree, {
    table,
    schema: index ?? table.spec,
    given,
  });
  const filter = parsed.FilterExpression?.tree;
  if (filter) checkFilter(filter, index ?? table.spec, given);
  const start = startOf(table, index, input);
  if (start && !isEqual(start[(index ?? table.spec).partitionKey], partition))
    throw invalid('The provided starting key is outside query boundaries based on provided conditions');
  const inRange = (item: AttributeMap) => !sort || holds(sort, item, given);
  const compare = ordering(table, index, input);
  const rules = {
    limit: input.Limit ?? Number.POSITIVE_INFINITY,
    keep: (item: AttributeMap) => !filter || holds(filter, item, given),
    shown: projecting(parsed.ProjectionExpression?.tree, given),
    countOnly: input.Select === 'COUNT',
  };
  return {
    rows: () =>
      index
        ? [...table.indexPartition(index, partition)]
        : table.partition(partition).filter((row) => inRange(row.key)),
    consistent: input.ConsistentRead === true,
    page: (images) => {
      const found = [...images.values()]
        .filter((item) => item !== undefined)
        .filter((item) => !index || (isEntry(index, item, partition) && inRange(item)))
        .filter((item) => !start || compare(item, start) > 0);
      return pageOf(
        found.sort(compare).map((item) => entry(table, index, item)),
        rules,
      );
    },
  };
}

function checkInput(input: QueryInput): void {
  refuseUnknown('Query', input, FIELDS);
  if (input.Select !== undefined && input.Select !== 'COUNT')
    throw new Error(`The simulated DynamoDB does not implement Select ${input.Select}`);
  if (input.Limit !== undefined && input.Limit < 1)
    throw invalid(
      "1 validation error detected: Value at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1",
    );
}

function parse({ KeyConditionExpression: key, FilterExpression: filter, ProjectionExpression: parts }: QueryInput) {
  return {
    KeyConditionExpression: parseCondition(key ?? '', 'KeyConditionExpression'),
    FilterExpression: filter === undefined ? undefined : parseCondition(filter, 'FilterExpression'),
    ProjectionExpression: parts === undefined ? undefined : parseProjection(parts, 'ProjectionExpression'),
  };
}

const isEntry = (index: IndexSpec, item: AttributeMap, partition: AttributeValue): boolean =>
  isEqual(item[index.partitionKey], partition) && item[index.sortKey] !== undefined;

function indexOf(table: SimulatedTable, input: QueryInput): IndexSpec | undefined {
  if (input.IndexName === undefined) return undefined;
  const index = table.spec.indexes?.[input.IndexName];
  if (!index) throw invalid(`The table does not have the specified index: ${input.IndexName}`);
  if (input.ConsistentRead) throw invalid('Consistent reads are not supported on global secondary indexes');
  return index;
}

const isEqual = (left: AttributeValue | undefined, right: AttributeValue): boolean =>
  left !== undefined && compareValues(left, right) === 0;

interface Entry {
  readonly item: AttributeMap;
  readonly key: AttributeMap;
}

function entry(table: SimulatedTable, index: IndexSpec | undefined, item: AttributeMap): Entry {
  const key = project(
    item,
    keyNames(table, index).map((name) => [name]),
  );
  return { key, item: index?.projection === 'KEYS_ONLY' ? key : item };
}

interface PageRules {
  readonly limit: number;
  readonly keep: (item: AttributeMap) => boolean;
  readonly shown: (item: AttributeMap) => AttributeMap;
  readonly countOnly: boolean;
}

/** A page ends after `Limit` items or 1 MB, both before the filter. */
function pageOf(entries: readonly Entry[], { limit, keep, shown, countOnly }: PageRules): Page {
  let [bytes, evaluated] = [0, 0];
  const kept: AttributeMap[] = [];
  for (const { item } of entries) {
    if (evaluated === limit || bytes > PAGE_BYTES) break;
    evaluated++;
    bytes += sizeOfMap(item);
    if (keep(item)) kept.push(item);
  }
  const last = entries[evaluated - 1];
  const more = evaluated < entries.length || evaluated === limit;
  return {
    ...(!countOnly && { Items: kept.map(shown) }),
    Count: kept.length,
    ScannedCount: evaluated,
    ...(more && last && { LastEvaluatedKey: last.key }),
  };
}

/** The attributes that place an item in a table or an index, and that a page's key consists of. */
const keyNames = ({ spec }: SimulatedTable, index: IndexSpec | undefined): string[] => [
  ...new Set([spec.partitionKey, spec.sortKey, ...(index ? [index.partitionKey, index.sortKey] : [])]),
];

/** Orders a partition by its sort key, an index's partition then by the item's own key. */
function ordering(
  table: SimulatedTable,
  index: IndexSpec | undefined,
  { ScanIndexForward: forward = true }: QueryInput,
) {
  const { partitionKey, sortKey } = table.spec;
  const names = index ? [index.sortKey, partitionKey, sortKey] : [sortKey];
  const sign = forward ? 1 : -1;
  return (left: AttributeMap, right: AttributeMap): number => sign * compareBy(names, left, right);
}

/** The key that a page goes on after. */
function startOf(
  table: SimulatedTable,
  index: IndexSpec | undefined,
  { ExclusiveStartKey: given }: QueryInput,
): AttributeMap | undefined {
  if (!given) return undefined;
  const names = keyNames(table, index);
  if (Object.keys(given).length !== names.length || names.some((name) => !given[name]))
    throw invalid('The provided starting key is invalid');
  return storableMap(given);
}

function compareBy(names: readonly string[], left: AttributeMap, right: AttributeMap): number {
  for (const name of names) {
    const [a, b] = [left[name], right[name]];
    const order = a && b && compareValues(a, b);
    if (order) return order;
  }
  return 0;
}
