import * as z from 'zod/mini';
import { type Token, tokenFields } from '../tokens/token.ts';
import type { IdempotencyRecord } from '../tokens/token-repository.ts';
import { storedIn } from '../values/shape.ts';
import { decoded } from './decoded.ts';
import { dueAttributes } from './keys.ts';
import type { Item } from './storage/expressions.ts';
import { reasonFrom } from './stored-reasons.ts';

/** All of a token's fields, and `next` as two attributes: the due index is over `due_at`. */
const TokenItem = z.extend(z.object(storedIn(tokenFields)), {
  next_action: z.optional(z.string()),
  due_at: z.optional(z.string()),
});

export const tokenFrom = /* @__PURE__ */ decoded(
  TokenItem,
  ({ next_action: action, due_at: due, end, ...token }): Token => ({
    ...token,
    next: action && due ? { action, at: due.split('#', 1)[0] ?? due } : null,
    ...(end ? { end: { ...end, reason: reasonFrom(end.reason, { actor: end.by, token_uid: token.uid }) } } : {}),
  }),
);

/** A token as its item, with its place in the due index where something is to be done about it. */
export function tokenItem({ next, ...token }: Token): Item {
  return { ...token, ...(next ? { next_action: next.action, ...dueAttributes(next.at, token.uid, token.uid) } : {}) };
}

const IdempotencyItem = z.object({ id: z.string(), body: z.string(), token_uid: z.string(), created_at: z.string() });

export const idempotencyFrom = /* @__PURE__ */ decoded(IdempotencyItem, (record): IdempotencyRecord => record);
