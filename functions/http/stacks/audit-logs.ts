import * as z from 'zod/mini';
import type { AuditEntry } from '../../stacks/audit-entry.ts';
import {
  type AuditQuery,
  type ReadAuditLogDependencies,
  readAuditEntry,
  readAuditLog,
} from '../../stacks/read-audit-log.ts';
import type { SignIn } from '../../stacks/sign-in.ts';
import { openEnum } from '../../values/open-enum.ts';
import { Refusal } from '../../values/refusals.ts';
import { memberOf, requireStack } from '../chain/caller.ts';
import type { Endpoint } from '../chain/endpoint.ts';
import { matching, type PageQuery, pageQuery } from '../chain/list-query.ts';
import { oneOf } from '../chain/query.ts';

import { cursorOf, positionAt } from './audit-cursor.ts';

export type AuditLogDependencies = ReadAuditLogDependencies & { readonly signIn: SignIn };

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

/** The newest first. */
export const AuditLogSchema = z.object({
  logs: z.array(AuditEntryViewSchema),
  /** With `include_count`: how many match, of those that were looked at. */
  count: z.optional(z.number()),
  /** Where the next page begins; absent at the end. */
  cursor: z.optional(z.string()),
  /** The search stopped before the end of the log; `cursor` goes on with it. */
  incomplete: z.optional(z.literal(true)),
});
/** One entry, under the name that the JavaScript SDK asks for. */
export const OneAuditEntrySchema = z.object({ logs: AuditEntryViewSchema });

/** What `query` may name: the fields, and whom or what an entry is about. */
const fields = [...Object.keys(AuditEntryViewSchema.shape), 'metadata.uid', 'metadata.title'];

const rowOf = (entry: AuditEntry) => ({
  ...AuditEntryViewSchema.parse(entry),
  'metadata.uid': entry.metadata.uid,
  'metadata.title': entry.metadata.title,
});

/** `GET /v3/audit-logs` */
export const listAuditLogEndpoint = (deps: AuditLogDependencies): Endpoint => ({
  failed: 'The audit log could not be read. Please try again.',
  handle: async (request) => {
    const { uid: caller } = await memberOf(request, deps.signIn);
    const stack = requireStack(request);
    let where: PageQuery['where'] = {};
    const query = () => {
      const asked = auditQuery(request.query, stack);
      where = asked.where;
      return asked.query;
    };
    const { entries, count, next, isIncomplete, withCount } = await readAuditLog(deps, { caller, stack, query });
    const body = {
      logs: entries,
      ...(withCount ? { count } : {}),
      ...(next ? { cursor: cursorOf(next, { stack, where }) } : {}),
      ...(isIncomplete ? { incomplete: true } : {}),
    };
    return { status: 200, body: AuditLogSchema.parse(body) };
  },
});

const mostSkipped = 1000;

/** @throws {Refusal} `invalid`, `malformed` */
function auditQuery(
  query: URLSearchParams,
  stack: string,
): { readonly query: AuditQuery; readonly where: PageQuery['where'] } {
  requireReachable(oneOf(query, 'skip'));
  const { where, ...page } = pageQuery(query, fields);
  const from = positionAt(oneOf(query, 'cursor'), { stack, where });
  if (Object.keys(where).length === 0) return { query: { ...page, from }, where };
  const isWanted = matching(where);
  const { 'metadata.uid': subject } = where;
  const search = {
    matches: (entry: AuditEntry) => isWanted(rowOf(entry)),
    subject: typeof subject === 'string' ? subject : null,
  };
  return { query: { ...page, from, search }, where };
}

/** Everything that is skipped is read, so this limit is lower than that of other lists. It is checked before theirs. */
function requireReachable(skip: string | null): void {
  if (skip === null || (/^(0|[1-9]\d{0,3})$/.test(skip) && Number(skip) <= mostSkipped)) return;
  const problem = `must be a whole number from 0 to ${mostSkipped}. To go on, send the cursor of an answer as "cursor".`;
  throw new Refusal('malformed', { errors: { skip: [problem] } });
}

/** `GET /v3/audit-logs/{uid}` */
export const fetchAuditEntryEndpoint = (deps: AuditLogDependencies): Endpoint => ({
  failed: 'The audit log could not be read. Please try again.',
  handle: async (request) => {
    const { uid: caller } = await memberOf(request, deps.signIn);
    const asked = { caller, stack: requireStack(request), uid: request.params.uid ?? '' };
    return { status: 200, body: OneAuditEntrySchema.parse({ logs: await readAuditEntry(deps, asked) }) };
  },
});
