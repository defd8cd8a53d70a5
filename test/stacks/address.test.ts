import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AddressSchema, normalAddress, verifiedAddress } from '../../functions/stacks/address.ts';

const isSame = (one: string, other: string) => normalAddress(one) === normalAddress(other);
/** Lower case for A to Z and nothing else, written another way than in the product. */
const asciiLower = (text: string) =>
  Array.from({ length: text.length }, (_, at) => text.charCodeAt(at))
    .map((code) => String.fromCharCode(code >= 65 && code <= 90 ? code + 32 : code))
    .join('');
const letterOf = (group: string) => fc.constantFrom(...group);

describe('two addresses', () => {
  it.each([
    ['capitals', 'ADA.K@Example.TEST', 'ada.k@example.test'],
    ['nothing', 'ada@example.test', 'ada@example.test'],
  ])('are the same where they differ in %s', (_, one, other) => {
    expect(isSame(one, other)).toBe(true);
  });

  it.each([
    ['U+212A, the Kelvin sign, and k', '\u212Aate@example.test', 'kate@example.test'],
    ['U+212A and K', '\u212Aate@example.test', 'Kate@example.test'],
    ['U+017F, the long s, and s', '\u017Fam@example.test', 'sam@example.test'],
    ['U+0130, I with a dot, and i', '\u0130da@example.test', 'i\u0307da@example.test'],
    ['U+0131, i without a dot, and i', '\u0131da@example.test', 'ida@example.test'],
    ['U+FF4B, a wide k, and k', '\uFF4Bate@example.test', 'kate@example.test'],
    ['one code point and two', 'jos\u00E9@example.test', 'jose\u0301@example.test'],
    ['a capital beyond ASCII', 'JOS\u00C9@example.test', 'jos\u00E9@example.test'],
    ['U+00DF and ss', 'wei\u00DF@example.test', 'weiss@example.test'],
  ])('are two where they differ in %s', (_, one, other) => {
    expect(isSame(one, other)).toBe(false);
  });

  it('are the same if and only if A to Z is all that they differ in', () => {
    // Each place of both texts is one of a group that some way of folding makes one.
    const groups = ['kK\u212A\uFF4B', 'sS\u017F', 'iI\u0130\u0131', '\u00E5\u00C5\u212B', 'zZ', '@', '.'];
    const place = fc.constantFrom(...groups).chain((group) => fc.tuple(letterOf(group), letterOf(group)));
    let same = 0;
    fc.assert(
      fc.property(fc.array(place, { minLength: 1, maxLength: 4 }), (places) => {
        const [one, other] = [0, 1].map((which) => places.map((both) => both[which]).join('')) as [string, string];
        expect(isSame(one, other)).toBe(asciiLower(one) === asciiLower(other));
        if (isSame(one, other)) same += 1;
      }),
    );
    expect(same).toBeGreaterThan(5);
  });
});

describe('an address', () => {
  it('is read into the spelling by which addresses are compared', () => {
    expect(AddressSchema.parse('Ada@Example.TEST')).toBe('ada@example.test');
    expect(AddressSchema.parse('\u212Aate@example.test')).toBe('\u212Aate@example.test');
  });

  it('that an issuer has verified is kept as the issuer writes it', () => {
    const identity = { issuer: 'https://issuer.example.test', sub: 'ada', email: 'Ada@Example.test' };
    expect(verifiedAddress({ ...identity, email_verified: true })).toBe('Ada@Example.test');
    expect(verifiedAddress({ ...identity, email_verified: false })).toBeNull();
    expect(verifiedAddress(identity)).toBeNull();
  });
});
