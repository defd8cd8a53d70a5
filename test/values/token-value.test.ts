import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  digestMatches,
  digestOf,
  holdsValue,
  isUid,
  mintSessionValue,
  mintTokenValue,
  mintUid,
  parseCredential,
} from '../../functions/values/token-value.ts';

const uids = fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => mintUid(() => bytes));
const secrets = fc.uint8Array({ minLength: 32, maxLength: 32 });
const tokenValues = fc.tuple(uids, secrets).map(([uid, secret]) => mintTokenValue(uid, () => secret));
const sessionValues = fc
  .tuple(uids, uids, secrets)
  .map(([token, session, secret]) => mintSessionValue(token, session, () => secret));
const values = fc.oneof(tokenValues, sessionValues);
const characters = fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCodePoint(code));

describe('a token value', () => {
  it('has the published form, whatever the random bits', () => {
    fc.assert(
      fc.property(tokenValues, (value) => {
        expect(value).toMatch(/^cs_[0-9a-f]{16}_[0-9A-Za-z]{49}$/);
      }),
    );
  });

  it('says whose it is', () => {
    fc.assert(
      fc.property(uids, secrets, (uid, secret) => {
        expect(parseCredential(mintTokenValue(uid, () => secret))).toEqual({ token: uid });
      }),
    );
  });

  it('is another for each secret', () => {
    fc.assert(
      fc.property(uids, secrets, secrets, (uid, one, other) => {
        fc.pre(Buffer.compare(one, other) !== 0);
        expect(mintTokenValue(uid, () => one)).not.toBe(mintTokenValue(uid, () => other));
      }),
    );
  });

  it('of all zeros and of all ones still fills its places', () => {
    const [zeros, ones] = [new Uint8Array(32), new Uint8Array(32).fill(255)];
    const uid = 'blt0123456789abcdef';
    expect(mintTokenValue(uid, () => zeros)).toMatch(/^cs_0123456789abcdef_0{43}[0-9A-Za-z]{6}$/);
    expect(parseCredential(mintTokenValue(uid, () => ones))).toEqual({ token: uid });
  });

  it('asks for 256 random bits', () => {
    const asked: number[] = [];
    mintTokenValue('blt0123456789abcdef', (bytes) => {
      asked.push(bytes);
      return new Uint8Array(bytes);
    });
    expect(asked).toEqual([32]);
  });
});

describe('a session value', () => {
  it('says which session of which token it is', () => {
    fc.assert(
      fc.property(uids, uids, secrets, (token, session, secret) => {
        const value = mintSessionValue(token, session, () => secret);
        expect(value).toMatch(/^css_[0-9a-f]{16}_[0-9a-f]{16}_[0-9A-Za-z]{49}$/);
        expect(parseCredential(value)).toEqual({ token, session });
      }),
    );
  });
});

describe('what cannot be a value is turned away unread', () => {
  it('when any one character is another', () => {
    fc.assert(
      fc.property(values, fc.nat(), characters, (value, place, character) => {
        const at = place % value.length;
        fc.pre(value[at] !== character);
        expect(parseCredential(value.slice(0, at) + character + value.slice(at + 1))).toBeNull();
      }),
      { numRuns: 2000 },
    );
  });

  it('when a character is missing, doubled, or exchanged with its neighbour', () => {
    fc.assert(
      fc.property(values, fc.nat(), (value, place) => {
        const at = place % (value.length - 1);
        const [one = '', two = ''] = [value[at], value[at + 1]];
        expect(parseCredential(value.slice(0, at) + value.slice(at + 1))).toBeNull();
        expect(parseCredential(value.slice(0, at) + one + value.slice(at))).toBeNull();
        fc.pre(one !== two);
        expect(parseCredential(value.slice(0, at) + two + one + value.slice(at + 2))).toBeNull();
      }),
    );
  });

  it('when something stands before or after it', () => {
    const value = mintTokenValue('blt0123456789abcdef', (bytes) => new Uint8Array(bytes));
    const [body, otherwise] = [value.slice(0, -6), value.slice(3, -6)];
    // Their checksums are right: it is the form that is not.
    for (const text of [`x${body}`, `${body}0`, `cs_0123456789abcdef_${otherwise}`, `css_${otherwise}`, 'x', ''])
      expect(parseCredential(sealed(text))).toBeNull();
    for (const text of [` ${value}`, `${value} `, `${value}\n`, `Bearer ${value}`, `s${value}`, '', 'cs_'])
      expect(parseCredential(text)).toBeNull();
  });
});

/** With the CRC-32 of a text behind it, in base62. */
function sealed(text: string): string {
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  const sum = crc32(text);
  return text + [5, 4, 3, 2, 1, 0].map((place) => digits[Math.floor(sum / 62 ** place) % 62]).join('');
}

it('a value is found in a text, and what only looks like one is none', () => {
  const zeros = (bytes: number) => new Uint8Array(bytes);
  const uid = 'blt0123456789abcdef';
  const value = mintTokenValue(uid, zeros);
  expect(sealed(value.slice(0, -6))).toBe(value);
  for (const held of [value, mintSessionValue(uid, uid, zeros)])
    for (const text of [
      held,
      `of ${held}.`,
      `${held} and ${held}`,
      `cs_0123456789abcdef_${'A'.repeat(47)}${held}`,
      `css_0123456789abcdef_0123456789abcdef_${'A'.repeat(49)}${held}`,
      `cs_${held}`,
    ])
      expect(holdsValue(text)).toBe(true);
  for (const text of ['', 'cs_', `${value.slice(0, -1)}~`, `cs_0123456789abcdef_${'a'.repeat(49)}`])
    expect(holdsValue(text)).toBe(false);
});

describe('a digest', () => {
  it('is of its own value only', () => {
    fc.assert(
      fc.property(tokenValues, tokenValues, (value, other) => {
        expect(digestOf(value)).toMatch(/^[0-9a-f]{64}$/);
        expect(digestMatches(value, digestOf(value))).toBe(true);
        expect(digestMatches(other, digestOf(value))).toBe(value === other);
      }),
    );
  });

  it.for(['', 'abc', 'zz'.repeat(32)])('that is none (%j) matches nothing', (kept) => {
    expect(digestMatches('cs_value', kept)).toBe(false);
  });
});

describe('a uid', () => {
  it.for(['blt0123456789abcdef'])('can be %s', (text) => expect(isUid(text)).toBe(true));

  it.for([
    '',
    'blt',
    'blt0123456789ABCDEF',
    'blt0123456789abcdef0',
    'blt0123456789abcde',
    'blt0123456789abcdef\n',
    'BLT0123456789abcdef',
    'xblt0123456789abcdef',
  ])('cannot be %j', (text) => expect(isUid(text)).toBe(false));
});
