import * as z from 'zod/mini';
import { openEnum } from '../open-enum.ts';
import { readAuditEntry, readAuditLog } from '../stacks/read-audit-log.ts';
import type { StackRepository } from '../stacks/stack-repository.ts';
import { memberOf, requireStack } from './caller.ts';
import type { Endpoint } from './endpoint.ts';
import { type PageQuery, pageOf, pageQuery } from './list-query.ts';
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
  module: openEnum(['management_token', 'stack']),
  event_type: openEnum(['create', 'update', 'delete']),
  outcome: openEnum(['done', 'refused']),
  reason: z.optional(z.string()),
  metadata: z.object({ uid: z.string(), title: z.string() }),
  changes: z.array(z.object({ field: z.string(), from: z.unknown(), to: z.unknown() })),
  request_id: z.string(),
  remote_addr: z.string(),
});

/** The newest first. The schema leaves out what a row has for `query` alone. */
export const AuditLogSchema = z.object({ logs: z.array(AuditEntryViewSchema), count: z.optional(z.number()) });
/** One entry, under the name that the JavaScript SDK asks for. */
export const OneAuditEntrySchema = z.object({ logs: AuditEntryViewSchema });

/** What is searched and counted is read: that many of the newest entries, and a log never ends. */
const mostSearched = 2000;
/** What `query` may name: the fields, and whom or what an entry is about. */
const fields = [...Object.keys(AuditEntryViewSchema.shape), 'metadata.uid', 'metadata.title'];

const isSearch = ({ withCount, where }: PageQuery) => withCount || Object.keys(where).length > 0;
const rowOf = ({ metadata, ...entry }: z.output<typeof AuditEntryViewSchema>) => ({
  ...entry,
  metadata,
  'metadata.uid': metadata.uid,
  'metadata.title': metadata.title,
});

/** `GET /v3/audit-logs` */
export const listAuditLogEndpoint = ({ stacks, signIn }: AuditLogDependencies): Endpoint => ({
  failed: 'The audit log could not be read. Please try again.',
  handle: async (request) => {
    const { uid } = await memberOf(request, signIn);
    let asked: PageQuery | undefined;
    const page = () => {
      asked = pageQuery(request.query, fields);
      return isSearch(asked) ? { limit: mostSearched, skip: 0 } : asked;
    };
    const entries = await readAuditLog(stacks, { caller: uid, stack: requireStack(request), page });
    const rows = entries.map((entry) => rowOf(AuditEntryViewSchema.parse(entry)));
    const found = asked && isSearch(asked) ? pageOf(rows, asked) : { page: rows, count: rows.length };
    const count = asked?.withCount ? { count: found.count } : {};
    return { status: 200, body: AuditLogSchema.parse({ logs: found.page, ...count }) };
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
    return { status: 200, body: OneAuditEntrySchema.parse({ logs: entry }) };
  },
});
