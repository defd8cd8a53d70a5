import * as z from 'zod/mini';
import type { AuditEntry } from '../stacks/audit-entry.ts';
import { decoded, open } from './decoded.ts';
import { auditReasonFrom } from './stored-reasons.ts';

const AuditItem = z.object({
  uid: z.string(),
  stack: z.string(),
  created_at: z.string(),
  created_by: z.string(),
  module: open,
  event_type: open,
  outcome: open,
  reason: z.optional(open),
  metadata: z.object({ uid: z.string(), title: z.string() }),
  changes: z.array(z.object({ field: z.string(), from: z.unknown(), to: z.unknown() })),
  request_id: z.string(),
  remote_addr: z.string(),
});

export const auditFrom = /* @__PURE__ */ decoded(
  AuditItem,
  ({ reason, ...entry }): AuditEntry => ({
    ...entry,
    ...(reason === undefined ? {} : { reason: auditReasonFrom(reason, entry) }),
  }),
);
