import { createHash, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** Gives that many random bytes from a cryptographically secure source. */
export type Randomness = (bytes: number) => Uint8Array;

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const secretBytes = 32;
const secretLength = 43;
const checksumLength = 6;

/** What a well-formed value says of itself: uids. Whether it is good is for `judge` to say. */
export interface PresentedCredential {
  /** The token's. */
  readonly token: string;
  /** The session's, where the value is a session's. */
  readonly session?: string;
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
  return sealed(`cs_${uid.slice(3)}_`, random);
}

/** A fresh session value: `css_<16 hex of the token's uid>_<16 hex of the session's uid>_<43 base62><6 base62>`. */
export function mintSessionValue(token: string, session: string, random: Randomness): string {
  return sealed(`css_${token.slice(3)}_${session.slice(3)}_`, random);
}

/** Reads a value as presented, a token's or a session's, or null where it can be neither. Reads no storage. */
export function parseCredential(value: string): PresentedCredential | null {
  const match = /^cs(?:_|s_(?=[0-9a-f]{16}_[0-9a-f]{16}_))([0-9a-f]{16})_(?:([0-9a-f]{16})_)?[0-9A-Za-z]{49}$/.exec(
    value,
  );
  if (!match?.[1] || value.startsWith('css') !== (match[2] !== undefined)) return null;
  if (checksum(value.slice(0, -checksumLength)) !== value.slice(-checksumLength)) return null;
  return { token: `blt${match[1]}`, ...(match[2] ? { session: `blt${match[2]}` } : {}) };
}

/** Whether a text holds a value of ours, somewhere: then it is no text to keep or to show. */
export function holdsValue(text: string): boolean {
  // Only looked ahead at, because what merely looks like a value may end in the beginning of one.
  const shape = /(?=(css?_[0-9a-f]{16}_(?:[0-9a-f]{16}_)?[0-9A-Za-z]{49}))/g;
  // As a list: the console has this too, and its browsers may know no `some` of iterators.
  return [...text.matchAll(shape)].flat().some((part) => parseCredential(part) !== null);
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

function sealed(prefix: string, random: Randomness): string {
  const body = prefix + base62(BigInt(`0x${Buffer.from(random(secretBytes)).toString('hex')}`), secretLength);
  return body + checksum(body);
}

function checksum(body: string): string {
  return base62(BigInt(crc32(body)), checksumLength);
}

function base62(number: bigint, length: number): string {
  let digits = '';
  for (let rest = number; digits.length < length; rest /= 62n) digits = alphabet[Number(rest % 62n)] + digits;
  return digits;
}
