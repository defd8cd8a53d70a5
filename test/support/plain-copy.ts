/** A deep copy of JSON-like data with binaries: what structuredClone does, many times faster for small items. */
export function plainCopy<T>(value: T): T {
  // The copy has the shape of what was copied, which the compiler cannot see through the recursion.
  return copied(value) as T;
}

function copied(value: unknown): unknown {
  if (!isObject(value)) return value;
  if (Array.isArray(value)) return value.map(copied);
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  const copy: Record<string, unknown> = {};
  for (const name in value) copy[name] = copied(value[name]);
  return copy;
}

/** Makes JSON-like data unchangeable in depth, so that whoever is given it needs no copy. Binaries cannot be frozen, and stay. */
export function frozen<T>(value: T): T {
  if (!isObject(value) || value instanceof Uint8Array || Object.isFrozen(value)) return value;
  for (const name in value) frozen(value[name]);
  return Object.freeze(value);
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
