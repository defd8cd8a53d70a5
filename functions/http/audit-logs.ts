import * as z from 'zod/mini';
import { readAuditEntry, readAuditLog } from '../stacks/read-audit-log.ts';
import type { StackRepository } from '../stacks/stack-repository.ts';
import { memberOf, requireStack } from './caller.ts';
import type { Endpoint } from './endpoint.ts';
import { wholeNumberIn } from './query.ts';
import type { SignIn } from './sign-in.ts';

export interface AuditLogDependencies {
  readonly stacks: StackRepository;
  readonly signIn: SignIn;
}

/** An audit entry as owners and admins see it. */
export const AuditEntryViewSchema = z.object({
  uid: z.string(),
  stack: z.string(),
  created_at: z.string(),
  created_by: z.string(),
  module: z.string(),
  event_type: z.string(),
  outcome: z.enum(['done', 'refused']),
  reason: z.optional(z.string()),
  metadata: z.object({ uid: z.string(), title: z.string() }),
  changes: z.array(z.object({ field: z.string(), from: z.unknown(), to: z.unknown() })),
  request_id: z.string(),
  remote_addr: z.string(),
});

/** `GET /v3/audit-logs` */
export const listAuditLogEndpoint = ({ stacks, signIn }: AuditLogDependencies): Endpoint => ({
  failed: 'The audit log could not be read. Please try again.',
  handle: async (request) => {
    const { uid } = await memberOf(request, signIn);
    const page = () => ({
      limit: wholeNumberIn(request.query, 'limit', { absent: 100, most: 100 }),
      skip: wholeNumberIn(request.query, 'skip', { absent: 0, most: 10_000 }),
    });
    const entries = await readAuditLog(stacks, { caller: uid, stack: requireStack(request), page });
    return { status: 200, body: { logs: entries.map((entry) => AuditEntryViewSchema.parse(entry)) } };
  },
});

/** `GET /v3/audit-logs/{uid}` */
export const fetchAuditEntryEndpoint = ({ stacks, signIn }: AuditLogDependencies): Endpoint => ({
  failed: 'The audit log could not be read. Please try again.',
  handle: async (request) => {
    const { uid } = await memberOf(request, signIn);
    const entry = await readAuditEntry(stacks, {
      caller: uid,
      stack: requireStack(request),
      uid: request.params.uid ?? '',
    });
    return { status: 200, body: { logs: AuditEntryViewSchema.parse(entry) } };
  },
});
