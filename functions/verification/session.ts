import * as z from 'zod/mini';
import { hourMs } from '../values/duration.ts';
import { type Entity, field } from '../values/shape.ts';

/** Every field of a session, once: its item (aws/session-items.ts) and its view (http/sessions/token-sessions.ts) follow from this. */
export const sessionFields = {
  /** `blt` and 16 hexadecimal digits. */
  uid: field(z.string(), 'shown'),
  token_uid: field(z.string()),
  api_key: field(z.string()),
  digest: field(z.string()),
  /** The token's epoch when it was opened; under another it is over. */
  epoch: field(z.number()),
  /** What the program calls itself, or empty. */
  client: field(z.string(), 'shown'),
  remote_addr: field(z.string(), 'shown'),
  /** ISO 8601 instants, UTC, with milliseconds. */
  opened_at: field(z.string(), 'shown'),
  /** Its own lifetime only: the token's expiry is compared each time. */
  expires_at: field(z.string(), 'shown'),
} as const;

/** One program working with a token. Its permissions are its token's at the moment of each request. */
export interface Session extends Entity<typeof sessionFields> {}

/** A session lives that long at most. */
export const lifetimeMs = 12 * hourMs;

/** Rows of one token are spread over so many partitions, so that its end is not bound to one partition's writes. */
export const shards = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'] as const;

/** Until when a session can act: its own lifetime, and never past its token's expiry. */
export function endOf(session: Pick<Session, 'expires_at'>, token: { readonly expires_at: string | null }): string {
  const [end = session.expires_at] = [session.expires_at, token.expires_at ?? session.expires_at].sort();
  return end;
}

/** Whether a session is open under the token's present epoch and within its own lifetime. */
export function isOpen(
  session: Pick<Session, 'epoch' | 'expires_at'>,
  token: { readonly epoch: number },
  now: Date,
): boolean {
  return session.epoch === token.epoch && now.getTime() < Date.parse(session.expires_at);
}
