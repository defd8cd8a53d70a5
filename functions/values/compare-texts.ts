/** Orders two texts by their UTF-16 code units, for `sort`: negative, 0 where they are equal, or positive. */
export function compareTexts(a: string, b: string): number {
  return Number(a > b) - Number(a < b);
}
