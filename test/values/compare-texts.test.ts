import { describe, expect, it } from 'vitest';
import { compareTexts } from '../../functions/values/compare-texts.ts';

describe('comparing two texts', () => {
  it.each([
    ['a', 'b', -1],
    ['b', 'a', 1],
    ['a', 'a', 0],
    ['', '', 0],
    ['', 'a', -1],
    // By code unit, not by alphabet: capitals come first, and nothing depends on anybody's language.
    ['Z', 'a', -1],
    ['10', '9', -1],
  ])('%j and %j give %i', (a, b, order) => {
    expect(compareTexts(a, b)).toBe(order);
  });
});
