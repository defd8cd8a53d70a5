import { describe, expect, it } from 'vitest';
import { BranchNameSchema, NameSchema } from '../../functions/values/names.ts';

const required = 'is a required field';
const tooLong = 'can be at most 50 characters long.';
const forbidden = 'cannot have control characters, text-direction overrides or unpaired surrogates.';
const messages = (name: unknown) => NameSchema.safeParse(name).error?.issues.map(({ message }) => message) ?? [];

describe('a name', () => {
  it.for([
    ['one character', 'a'],
    ['50 characters', 'a'.repeat(50)],
    ['50 characters outside the first plane', '\u{1f511}'.repeat(50)],
    ['spaces around it', ' padded '],
    ['a number sign, a slash and quotes', 'a#b/c"d\'e'],
    ['Arabic and Hebrew', '\u0645\u0641\u062a\u0627\u062d \u05de\u05e4\u05ea\u05d7'],
    ['a family joined by zero-width joiners', '\u{1f469}\u200d\u{1f469}\u200d\u{1f467}'],
    ['a zero-width space inside', 'a\u200bb'],
    ['an ideographic space inside', '\u65e5\u672c\u3000\u8a9e'],
  ])('with %s is kept as it is', ([, name]) => {
    expect(NameSchema.parse(name)).toBe(name);
  });

  it('is kept in NFC', () => {
    expect(NameSchema.parse('cafe\u0301')).toBe('caf\u00e9');
    expect(NameSchema.parse('\u212b')).toBe('\u00c5');
  });

  it('is counted in code points after NFC', () => {
    expect(NameSchema.parse('e\u0301'.repeat(50))).toBe('\u00e9'.repeat(50));
    expect(messages('e\u0301'.repeat(51))).toEqual([tooLong]);
    expect(messages('\u{1f511}'.repeat(51))).toEqual([tooLong]);
  });

  it.for([undefined, null, 5, true, {}, [], ''])('that is %j is missing', (name) => {
    expect(messages(name)).toEqual([required]);
  });

  it.for([
    ['spaces', '   '],
    ['no-break spaces', '\u00a0\u202f'],
    ['zero-width characters', '\u200b\u200c\u200d\u2060\ufeff'],
    ['soft hyphens', '\u00ad\u00ad'],
    ['braille blanks', '\u2800'],
    ['Hangul fillers', '\u3164\uffa0'],
    ['variation selectors', '\ufe0f\u{e0100}'],
    ['line separators', '\u2028\u2029'],
  ])('of nothing but %s is missing', ([, name]) => {
    expect(messages(name)).toContain(required);
  });

  it.for([
    ['a null', 'a\0b'],
    ['a tab', 'a\tb'],
    ['a line feed', 'a\nb'],
    ['a delete', 'a\u007fb'],
    ['a C1 control', 'a\u0085b'],
    ['a line separator', 'a\u2028b'],
    ['a paragraph separator', 'a\u2029b'],
    ['a right-to-left override', 'a\u202eb'],
    ['an isolate', 'a\u2066b'],
    ['a right-to-left mark', 'a\u200fb'],
    ['an Arabic letter mark', 'a\u061cb'],
    ['a lone high surrogate', 'a\ud83d'],
    ['a lone low surrogate', '\udd11b'],
  ])('with %s is refused', ([, name]) => {
    expect(messages(name)).toEqual([forbidden]);
  });

  it('that breaks two rules is told both', () => {
    expect(messages(`${'a'.repeat(50)}\n`)).toEqual([tooLong, forbidden]);
  });
});

describe('the name of a branch', () => {
  it.for(['main', 'v2', '0', 'feature-1_x', '$all', 'a'.repeat(64)])('can be %j', (name) => {
    expect(BranchNameSchema.safeParse(name).success).toBe(true);
  });

  it.for(['', '-a', '_a', 'a b', 'a/b', 'a#b', '$ALL', '$all ', 'main\n', 'm\u00e4in', 'a'.repeat(65), 5, null])(
    'cannot be %j',
    (name) => {
      expect(BranchNameSchema.safeParse(name).success).toBe(false);
    },
  );

  it('has to be text', () => {
    expect(BranchNameSchema.safeParse(5).error?.issues.map(({ message }) => message)).toEqual(['must be text.']);
  });
});
