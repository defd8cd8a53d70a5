import { Refusal } from '../../values/refusals.ts';

/** A parameter of the query, or null. @throws {Refusal} `malformed` where it is given twice */
export function oneOf(query: URLSearchParams, name: string): string | null {
  const [value, ...more] = query.getAll(name);
  if (more.length > 0) throw new Refusal('malformed', { errors: { [name]: ['is given twice.'] } });
  return value ?? null;
}
