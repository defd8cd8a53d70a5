import { Refusal } from '../../values/refusals.ts';
import type { HttpRequest } from './endpoint.ts';

/** A version that no token has: what is compared strongly and cannot be equal. */
const never = -1;

/**
 * The version in `If-Match`, or nothing where any will do (absent, or `*`). A weak tag, and one that is not ours, never matches.
 * RFC 9110, 13.1.1
 * @throws {Refusal} `malformed`
 */
export function versionOf({ event }: HttpRequest): { version?: number } {
  const header = event.headers['if-match']?.trim();
  if (header === undefined || header === '*') return {};
  const match = /^(W\/)?"([^"]*)"$/.exec(header);
  if (!match) throw new Refusal('malformed', { errors: { 'If-Match': ['must be one entity tag, as in ETag, or *.'] } });
  return { version: !match[1] && /^[1-9]\d{0,14}$/.test(match[2] ?? '') ? Number(match[2]) : never };
}
