import { invalid, Refusal } from '../refusals.ts';

/** A parameter of the query, or null. @throws {Refusal} `malformed` where it is given twice */
export function oneOf(query: URLSearchParams, name: string): string | null {
  const [value, ...more] = query.getAll(name);
  if (more.length > 0) throw new Refusal('malformed', { errors: { [name]: ['is given twice.'] } });
  return value ?? null;
}

/** A parameter that is a whole number from 0. @throws {Refusal} `invalid`, `malformed` */
export function wholeNumberIn(
  query: URLSearchParams,
  name: string,
  { absent, most }: { readonly absent: number; readonly most: number },
): number {
  const text = oneOf(query, name);
  if (text === null) return absent;
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(number <= most)) throw invalid({ [name]: [`must be a whole number from 0 to ${most}.`] });
  return number;
}
