import { compareTexts } from './compare-texts.ts';

/** Whether two values are the same data, in whatever order their keys are and however their texts are composed. */
export const isSameData = (one: unknown, other: unknown): boolean => canonicalJson(one) === canonicalJson(other);

/** JSON with the keys of objects in order and texts in NFC: equal for equal data. */
export function canonicalJson(value: unknown): string {
  const json: string | undefined = JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part === 'string') return part.normalize('NFC');
    if (part === null || typeof part !== 'object' || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => compareTexts(a, b)));
  });
  // There is no JSON of `undefined`: that it is a text which is no JSON is enough.
  return String(json);
}
