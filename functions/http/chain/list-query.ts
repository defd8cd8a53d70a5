import { canonicalJson } from '../../values/canonical-json.ts';
import { invalid } from '../../values/refusals.ts';
import { readJson } from './body.ts';
import { oneOf } from './query.ts';

/** Which part of a list a caller asked for. */
export interface Page {
  /** Infinity where none was given, in a list that is not cut by itself. */
  readonly limit: number;
  readonly skip: number;
  /** `include_count`: how many there are, beside the page of them. */
  readonly withCount: boolean;
}

/** The same of a list whose elements can be chosen by their fields. */
export interface PageQuery extends Page {
  /** `query`: values that fields must equal. */
  readonly where: Readonly<Record<string, unknown>>;
}

/** The same of a list that is small enough to be put into another order. */
export interface ListQuery extends PageQuery {
  /** `count`: how many match, instead of a page of them. */
  readonly onlyCount: boolean;
  /** `asc` and `desc`, in the order in which they were given. */
  readonly order: readonly { readonly field: string; readonly direction: 1 | -1 }[];
  /** `typeahead`: what a name begins with, or null for any. */
  readonly prefix: string | null;
}

export const mostPerPage = 100;
export const mostSkipped = 10_000;

/** `limit`, 1 to 100. @throws {Refusal} `invalid`, and `malformed` where it is given twice */
export function limitIn(query: URLSearchParams, absent: number = mostPerPage): number {
  return wholeNumberIn(query, 'limit', { absent, least: 1, most: mostPerPage });
}

/**
 * The parameters that every list takes; sessions are gone through by a cursor instead. Unknown ones are ignored.
 * @param absent the limit where none is given
 * @throws {Refusal} `invalid`, and `malformed` for what is given twice
 */
export function pageIn(query: URLSearchParams, absent: number = mostPerPage): Page {
  return {
    limit: limitIn(query, absent),
    skip: wholeNumberIn(query, 'skip', { absent: 0, least: 0, most: mostSkipped }),
    withCount: oneOf(query, 'include_count') === 'true',
  };
}

/** The elements on a page, and `count` where it was asked for. */
export function cut<T>(all: readonly T[], { limit, skip, withCount }: Page): { page: T[]; count?: number } {
  return { page: all.slice(skip, skip + limit), ...(withCount ? { count: all.length } : {}) };
}

function wholeNumberIn(
  query: URLSearchParams,
  name: string,
  { absent, least, most }: { readonly absent: number; readonly least: number; readonly most: number },
): number {
  const text = oneOf(query, name);
  if (text === null) return absent;
  const number = /^(0|[1-9]\d{0,8})$/.test(text) ? Number(text) : Number.NaN;
  if (!(number >= least && number <= most))
    throw invalid({ [name]: [`must be a whole number from ${least} to ${most}.`] });
  return number;
}

/**
 * Reads the parameters of a list. Unknown ones are ignored.
 * @param fields what an element has: what it can be sorted and asked by
 * @throws {Refusal} `invalid`, and `malformed` for what is given twice
 */
export function listQuery(query: URLSearchParams, fields: readonly string[]): ListQuery {
  return {
    ...pageQuery(query, fields),
    onlyCount: oneOf(query, 'count') === 'true',
    order: orderIn(query, fields),
    prefix: oneOf(query, 'typeahead'),
  };
}

/** Reads the parameters of a list that has one order. @throws {Refusal} as above */
export function pageQuery(query: URLSearchParams, fields: readonly string[]): PageQuery {
  return { ...pageIn(query), where: equalities(oneOf(query, 'query'), fields) };
}

function orderIn(query: URLSearchParams, fields: readonly string[]): ListQuery['order'] {
  const names = [...query.keys()].filter((name) => name === 'asc' || name === 'desc');
  return names.map((name) => {
    const field = oneOf(query, name) ?? '';
    // The field is not repeated: whatever was put there by mistake would come back in an error.
    if (!fields.includes(field)) throw invalid({ [name]: ['must be the name of a field.'] });
    return { field, direction: name === 'asc' ? 1 : -1 };
  });
}

function equalities(text: string | null, fields: readonly string[]): ListQuery['where'] {
  if (text === null) return {};
  const { value: where, problem } = readJson(text);
  if (problem) throw invalid({ query: [problem] });
  if (where === null || typeof where !== 'object' || Array.isArray(where))
    throw invalid({ query: ['must be a JSON object of fields and the values that they must have.'] });
  const entries = Object.entries(where);
  if (!entries.every(([field]) => fields.includes(field)))
    throw invalid({ query: ['can name fields only: it knows equality, and no operators.'] });
  if (entries.some(([, value]) => holdsOperator(value)))
    throw invalid({ query: ['knows equality only: a value cannot hold an operator.'] });
  return Object.fromEntries(entries);
}

function holdsOperator(value: unknown): boolean {
  return value !== null && typeof value === 'object' && Object.keys(value).some((name) => name.startsWith('$'));
}

type Row = Readonly<Record<string, unknown>>;

/** The elements that match, and those of them that are on the page: the order is the given one where nothing else tells them apart. */
export function pageOf<T extends Row>(
  rows: readonly T[],
  { limit, skip, where, order = [], prefix = null }: PageQuery & Partial<Pick<ListQuery, 'order' | 'prefix'>>,
): { readonly page: readonly T[]; readonly count: number } {
  const isWanted = matching(where);
  const start = prefix === null ? '' : folded(prefix);
  const found = rows.filter((row) => isWanted(row) && (start === '' || folded(String(row.name)).startsWith(start)));
  const sorted = found.sort((a, b) => compared(a, b, order));
  return { page: sorted.slice(skip, skip + limit), count: found.length };
}

/** Whether an element has the values that `query` asks for. */
export function matching(where: PageQuery['where']): (row: Row) => boolean {
  const wanted = Object.entries(where).map(([field, value]) => [field, canonicalJson(value)] as const);
  return (row) => wanted.every(([field, value]) => canonicalJson(row[field]) === value);
}

/** Who types ahead does not mind the shift key. */
const folded = (text: string) => text.normalize('NFC').toLowerCase();

function compared(a: Row, b: Row, order: ListQuery['order']): number {
  for (const { field, direction } of order) {
    const [one, other] = [sortable(a, field), sortable(b, field)];
    if (one === other) continue;
    // What is not there (never expires, never used) comes last, whichever the direction.
    if (one === null) return 1;
    if (other === null) return -1;
    return (one < other ? -1 : 1) * direction;
  }
  return 0;
}

function sortable(row: Row, field: string): string | number | null {
  // As it was given it may be a date or have another zone: in time, the instant says which is the earlier.
  const value = field === 'expires_on' ? row.expires_at : row[field];
  if (value === null || value === undefined) return null;
  return typeof value === 'string' || typeof value === 'number' ? value : canonicalJson(value);
}
