import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { personUid } from '../../functions/stacks/person.ts';

describe("a person's uid", () => {
  it('is blt and the first 16 hex digits of SHA-256 over issuer, NUL and sub', () => {
    // printf 'https://issuer.example.test\0owner' | sha256sum
    expect(personUid({ issuer: 'https://issuer.example.test', sub: 'owner' })).toBe('bltc362ccb711ea99d0');
  });

  it('is not the same when the border between issuer and sub moves', () => {
    expect(personUid({ issuer: 'https://a', sub: 'bc' })).not.toBe(personUid({ issuer: 'https://ab', sub: 'c' }));
  });

  it('has the form of a uid, whoever it is', () => {
    fc.assert(
      fc.property(fc.webUrl(), fc.string({ unit: 'binary' }), (issuer, sub) => {
        expect(personUid({ issuer, sub })).toMatch(/^blt[0-9a-f]{16}$/);
      }),
    );
  });
});
