import { createHash, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** Gives that many random bytes from a cryptographically secure source. */
export type Randomness = (bytes: number) => Uint8Array;

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const secretBytes = 32;
const secretLength = 43;
const checksumLength = 6;

/** What a well-formed token value says of itself. Whether it is good is for `judge` to say. */
export interface PresentedToken {
  readonly value: string;
  readonly uid: string;
}

/** A fresh uid: `blt` and 16 hexadecimal digits. */
export function mintUid(random: Randomness): string {
  return `blt${Buffer.from(random(8)).toString('hex')}`;
}

/** Whether a text can be the uid of anything here; what cannot never becomes a key. */
export function isUid(text: string): boolean {
  return /^blt[0-9a-f]{16}$/.test(text);
}

/**
 * A fresh token value: `cs_<16 hex of the uid>_<43 base62: 256 random bits><6 base62: CRC-32 of all before>`. The uid inside makes
 * verification one strong read of the base item; the checksum turns away what is not ours before anything is read.
 */
export function mintTokenValue(uid: string, random: Randomness): string {
  const body = `cs_${uid.slice(3)}_${base62(BigInt(`0x${Buffer.from(random(secretBytes)).toString('hex')}`), secretLength)}`;
  return body + checksum(body);
}

/** Reads a token value as presented, or null where it cannot be one. Reads no storage. */
export function parseTokenValue(value: string): PresentedToken | null {
  const match = /^cs_([0-9a-f]{16})_[0-9A-Za-z]{49}$/.exec(value);
  if (!match?.[1]) return null;
  const body = value.slice(0, -checksumLength);
  return checksum(body) === value.slice(-checksumLength) ? { value, uid: `blt${match[1]}` } : null;
}

/**
 * What is kept of a value. A plain hash is right for 256 random bits: OWASP ASVS 5.0, 6.5.2 (password hashing is for secrets of
 * less than 112 bits).
 */
export function digestOf(value: string): string {
  return createHash('sha256').update(value).digest('hex');
}

/** Whether a presented value is the one that was digested, in constant time. OWASP ASVS 5.0, 11.2.4 */
export function digestMatches(value: string, digest: string): boolean {
  const [presented, kept] = [Buffer.from(digestOf(value), 'hex'), Buffer.from(digest, 'hex')];
  return presented.length === kept.length && timingSafeEqual(presented, kept);
}

function checksum(body: string): string {
  return base62(BigInt(crc32(body)), checksumLength);
}

function base62(number: bigint, length: number): string {
  let digits = '';
  for (let rest = number; digits.length < length; rest /= 62n) digits = alphabet[Number(rest % 62n)] + digits;
  return digits;
}
