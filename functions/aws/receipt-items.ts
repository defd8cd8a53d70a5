import * as z from 'zod/mini';
import { type RunningReceipt, runningReceiptFields, type ShardProgress } from '../sessions/revocation-repository.ts';
import { storedIn } from '../values/shape.ts';
import { decoded } from './decoded.ts';
import { reasonFrom } from './stored-reasons.ts';

/** All of a receipt's fields, and `due_at`, by which the due index brings it back. */
const ReceiptItem = z.extend(z.object(storedIn(runningReceiptFields)), { due_at: z.optional(z.string()) });

const ProgressItem = z.object({
  shard: z.string(),
  upto: z._default(z.string(), ''),
  ended: z._default(z.number(), 0),
  last: z._default(z.boolean(), false),
  cleared: z._default(z.string(), ''),
});

export const receiptFrom = /* @__PURE__ */ decoded(
  ReceiptItem,
  ({ due_at: due, ...receipt }): RunningReceipt => ({
    ...receipt,
    reason: reasonFrom(receipt.reason, receipt),
    next_try_at: due?.split('#', 1)[0] ?? null,
  }),
);

export const progressFrom = /* @__PURE__ */ decoded(ProgressItem, (progress): ShardProgress => progress);
