/** Whether two values are the same data, in whatever order their keys are and however their texts are composed. */
export const isSameData = (one: unknown, other: unknown): boolean => canonicalJson(one) === canonicalJson(other);

/** JSON with the keys of objects in order and texts in NFC: equal for equal data. */
export function canonicalJson(value: unknown): string {
  const json: string | undefined = JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part === 'string') return part.normalize('NFC');
    if (part === null || typeof part !== 'object' || Array.isArray(part)) return part;
    // Stryker disable next-line EqualityOperator: no object has a key twice
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
  // Stryker disable next-line StringLiteral: any text does that is no JSON, and the empty one is none
  return json ?? 'undefined';
}
