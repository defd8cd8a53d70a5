// Long because it is one table: what the document says of each route, and nothing else.
import * as z from 'zod/mini';
import { HygieneSettingsSchema, ShownHygieneSchema } from '../../hygiene/setting-rules.ts';
import { AliasTargetSchema, NewBranchSchema } from '../../stacks/change-branches.ts';
import { NewStackSchema } from '../../stacks/create-stack.ts';
import { StackEditSchema } from '../../stacks/edit-stack.ts';
import { NewEnvironmentSchema } from '../../stacks/environment.ts';
import { ShareSchema } from '../../stacks/share-stack.ts';
import { TransferSchema } from '../../stacks/transfer-stack.ts';
import { UnshareSchema } from '../../stacks/unshare-stack.ts';
import { fieldSchemas } from '../../tokens/token-fields.ts';
import type { RouteKey } from '../chain/routes.ts';
import { ChangedHygieneSchema, HygienePreviewSchema, HygieneViewSchema } from '../hygiene/token-hygiene.ts';
import { IntrospectionSchema } from '../oauth/introspect.ts';
import { SessionViewSchema } from '../sessions/token-sessions.ts';
import { AuditEntryViewSchema, AuditLogSchema, OneAuditEntrySchema } from '../stacks/audit-logs.ts';
import { BranchAliasesSchema, BranchesSchema, OneAliasSchema, OneBranchSchema } from '../stacks/branch-views.ts';
import { ChangedAliasSchema, ChangedBranchSchema } from '../stacks/change-branches.ts';
import { NoticeSchema } from '../stacks/change-stacks.ts';
import {
  ChangedStackSchema,
  PersonViewSchema,
  StackSchema,
  StacksSchema,
  StackViewSchema,
  UsersSchema,
} from '../stacks/stacks.ts';
import { RevocationViewSchema } from '../tokens/fetch-revocation.ts';
import { TokenCountSchema, TokenListSchema } from '../tokens/list-tokens.ts';
import { DeletionPreviewSchema } from '../tokens/preview-deletion.ts';
import { CreatedTokenSchema, TokenViewSchema } from '../tokens/token-view.ts';

/** Who calls a route, and so which credentials it takes. A reader is a member, or a token or session of the stack. */
export type Caller = 'member' | 'reader' | 'program' | 'session' | 'service' | 'anybody';

/** What the document says of a route. */
export interface DescribedRoute {
  readonly summary: string;
  readonly caller: Caller;
  /** Whether `api_key` may be left out, or means nothing here. Absent: it is required. */
  readonly stack?: 'optional' | 'none';
  /** What it takes in the query and in headers, beside credential and stack. */
  readonly parameters?: readonly string[];
  readonly body?: { readonly schema: z.ZodMiniType; readonly isForm?: true; readonly isOptional?: true };
  /** What it answers when it is done. */
  readonly done: { readonly status: 200 | 201; readonly schema: z.ZodMiniType; readonly headers?: readonly string[] };
  /** Whether it answers 304 without a body to somebody who has the same already. */
  readonly isCached?: true;
  /** Beside 413: every route refuses a body that is too large, also one that takes none. */
  readonly errors: readonly number[];
}

const { name, scope, ...more } = fieldSchemas;
const optional = Object.fromEntries(Object.entries(more).map(([field, schema]) => [field, z.optional(schema)]));
const newToken = z.object({ name, scope, ...optional });
const anyToken = z.object({ name: z.optional(name), scope: z.optional(scope), ...optional });
const environment = z.object({ uid: z.string(), name: z.string(), created_by: z.string(), created_at: z.string() });
const hygiene = z.object({ token_hygiene: z.partial(HygieneSettingsSchema) });
const value = { schema: z.object({ token: z.string() }), isForm: true } as const;

/** What is in the document once, under a name. */
export const schemaNames = z.registry<{ id: string }>();
for (const [id, schema] of Object.entries({
  Token: TokenViewSchema,
  Stack: StackViewSchema,
  Person: PersonViewSchema,
  Session: SessionViewSchema,
  AuditEntry: AuditEntryViewSchema,
  Hygiene: ShownHygieneSchema,
  Scope: scope,
  NewToken: newToken,
  TokenEdit: anyToken,
}))
  schemaNames.add(schema, { id });

const ofMember = [400, 401, 403, 412, 503];
const ofToken = [...ofMember, 404];
const withBody = [415, 422];
const ofProgram = [400, 401, 403, 412, 429, 503];
const part = ['limit', 'skip', 'include_count'];
const page = [...part, 'query'];
const etag = ['ETag'];
export const cached = ['ETag', 'Cache-Control'];

const changesStack = (
  summary: string,
  schema: z.ZodMiniType,
  done: DescribedRoute['done'] = { status: 200, schema: NoticeSchema },
): DescribedRoute => ({
  summary,
  caller: 'member',
  body: { schema },
  done,
  errors: [...ofMember, ...withBody, 409],
});

/** Every route that a caller can name, with what it takes and answers: from the schemas that the endpoints parse with. */
export const describedRoutes: Readonly<Record<Exclude<RouteKey, '$default'>, DescribedRoute>> = {
  'GET /v3/stacks/management_tokens': {
    summary: 'List management tokens, the newest first',
    caller: 'member',
    parameters: [...page, 'count', 'asc', 'desc', 'typeahead'],
    done: { status: 200, schema: z.union([TokenListSchema, TokenCountSchema]) },
    errors: [...ofMember, 422],
  },
  'POST /v3/stacks/management_tokens': {
    summary: 'Create a management token; the only answer with its value',
    caller: 'member',
    parameters: ['Idempotency-Key'],
    body: { schema: z.object({ token: newToken }) },
    done: { status: 201, schema: CreatedTokenSchema, headers: etag },
    errors: [...ofMember, ...withBody, 409],
  },
  'GET /v3/stacks/management_tokens/{uid}': {
    summary: 'Read a management token',
    caller: 'member',
    done: { status: 200, schema: z.object({ token: TokenViewSchema }), headers: etag },
    errors: ofToken,
  },
  'PUT /v3/stacks/management_tokens/{uid}': {
    summary: 'Edit a management token; it holds at the next request',
    caller: 'member',
    parameters: ['If-Match'],
    body: { schema: z.object({ token: anyToken }) },
    done: { status: 200, schema: z.object({ notice: z.string(), token: TokenViewSchema }), headers: etag },
    errors: [...ofToken, ...withBody, 409],
  },
  'DELETE /v3/stacks/management_tokens/{uid}': {
    summary: 'Delete a management token by its exact name',
    caller: 'member',
    parameters: ['confirm_name', 'x-confirm-name', 'If-Match'],
    done: { status: 200, schema: z.object({ notice: z.string(), revocation: z.object({ href: z.string() }) }) },
    errors: [...ofToken, 409, 422],
  },
  'GET /v3/stacks/management_tokens/{uid}/delete_preview': {
    summary: 'What deleting a token would end',
    caller: 'member',
    done: { status: 200, schema: z.object({ preview: DeletionPreviewSchema }) },
    errors: ofToken,
  },
  'GET /v3/stacks/management_tokens/{uid}/revocation': {
    summary: 'The receipt of a deletion, or of the latest revocation of a token that lives',
    caller: 'member',
    done: { status: 200, schema: z.object({ revocation: RevocationViewSchema }) },
    errors: ofToken,
  },
  'GET /v3/stacks/management_tokens/{uid}/sessions': {
    summary: 'The live sessions of a token',
    caller: 'member',
    parameters: ['limit', 'cursor'],
    done: {
      status: 200,
      schema: z.object({ sessions: z.array(SessionViewSchema), cursor: z.optional(z.string()) }),
    },
    errors: [...ofToken, 422],
  },
  'POST /v3/stacks/management_tokens/{uid}/successor': {
    summary: 'Create a token that follows another, which expires after an overlap',
    caller: 'member',
    parameters: ['Idempotency-Key', 'If-Match'],
    body: {
      schema: z.object({
        overlap: z.optional(z.string()),
        name: z.optional(name),
        token: z.optional(anyToken),
      }),
      isOptional: true,
    },
    done: { status: 201, schema: CreatedTokenSchema, headers: etag },
    errors: [...ofToken, ...withBody, 409],
  },
  'DELETE /v3/stacks/management_tokens/{uid}/sessions': {
    summary: 'End all sessions of a token; the token stays',
    caller: 'member',
    done: { status: 200, schema: NoticeSchema },
    errors: [...ofToken, 409],
  },
  'DELETE /v3/stacks/management_tokens/{uid}/sessions/{session_uid}': {
    summary: 'End one session of a token',
    caller: 'member',
    done: { status: 200, schema: NoticeSchema },
    errors: [...ofToken, 409],
  },
  'POST /v3/stacks': {
    summary: 'Create a stack',
    caller: 'member',
    stack: 'none',
    body: { schema: z.object({ stack: NewStackSchema }) },
    done: { status: 201, schema: ChangedStackSchema },
    errors: [400, 401, 403, 409, ...withBody, 503],
  },
  'GET /v3/stacks': {
    summary:
      'One stack where api_key names it, else all of the caller; takes up invitations, and an address that has changed',
    caller: 'member',
    stack: 'optional',
    done: { status: 200, schema: z.union([StackSchema, StacksSchema]) },
    parameters: ['include_collaborators', ...part],
    errors: [...ofMember, 409, 422],
  },
  'GET /v3/stacks/branches': {
    summary: 'The branches that scopes choose from',
    caller: 'reader',
    parameters: part,
    done: { status: 200, schema: BranchesSchema },
    errors: [...ofMember, 422],
  },
  'GET /v3/stacks/branches/{uid}': {
    summary: 'One branch',
    caller: 'reader',
    done: { status: 200, schema: OneBranchSchema },
    errors: ofToken,
  },
  'GET /v3/stacks/branch_aliases': {
    summary: 'The aliases that scopes choose from; the uid of each is its branch',
    caller: 'reader',
    parameters: part,
    done: { status: 200, schema: BranchAliasesSchema },
    errors: [...ofMember, 422],
  },
  'GET /v3/stacks/branch_aliases/{alias}': {
    summary: 'One alias',
    caller: 'reader',
    done: { status: 200, schema: OneAliasSchema },
    errors: ofToken,
  },
  'GET /v3/stacks/users': {
    summary: 'The people, machines and invitations of a stack',
    caller: 'member',
    parameters: part,
    done: { status: 200, schema: UsersSchema },
    errors: [...ofMember, 422],
  },
  'PUT /v3/stacks': changesStack('Edit the name and description of a stack', z.object({ stack: StackEditSchema }), {
    status: 200,
    schema: ChangedStackSchema,
  }),
  'POST /v3/stacks/share': changesStack('Invite people, add machines, change roles', ShareSchema),
  'POST /v3/stacks/unshare': changesStack('Remove a member, or withdraw an invitation', UnshareSchema),
  'POST /v3/stacks/transfer_ownership': changesStack('Make another member the owner', TransferSchema),
  'POST /v3/stacks/branches': changesStack('Add a branch', z.object({ branch: NewBranchSchema }), {
    status: 201,
    schema: ChangedBranchSchema,
  }),
  'PUT /v3/stacks/branch_aliases/{alias}': changesStack(
    'Make an alias, or point it to another branch',
    z.object({ branch_alias: AliasTargetSchema }),
    { status: 200, schema: ChangedAliasSchema },
  ),
  'DELETE /v3/stacks/branch_aliases/{alias}': {
    summary: 'Delete an alias: what a scope names by it alone is refused from then on',
    caller: 'member',
    parameters: ['force'],
    done: { status: 200, schema: NoticeSchema },
    errors: [...ofToken, 409, 422],
  },
  'GET /v3/stacks/token_hygiene': {
    summary: 'When people are warned, and what became of the last mails',
    caller: 'member',
    done: { status: 200, schema: HygieneViewSchema },
    errors: ofMember,
  },
  'PUT /v3/stacks/token_hygiene': changesStack('Change when people are warned', hygiene, {
    status: 200,
    schema: ChangedHygieneSchema,
  }),
  'POST /v3/stacks/token_hygiene/preview': {
    summary: 'What the next run would do',
    caller: 'member',
    body: { schema: z.partial(hygiene), isOptional: true },
    done: { status: 200, schema: z.object({ preview: HygienePreviewSchema }) },
    errors: [...ofMember, ...withBody],
  },
  'GET /v3/audit-logs': {
    summary: 'The audit log, the newest first',
    caller: 'member',
    parameters: ['limit', 'skip_entries', 'cursor', 'include_count', 'query'],
    done: { status: 200, schema: AuditLogSchema },
    errors: [...ofMember, 422],
  },
  'GET /v3/audit-logs/{uid}': {
    summary: 'One entry of the audit log',
    caller: 'member',
    done: { status: 200, schema: OneAuditEntrySchema },
    errors: ofToken,
  },
  'GET /v3/environments': {
    summary: 'The sample of a protected resource',
    caller: 'program',
    parameters: ['branch', ...part],
    done: { status: 200, schema: z.object({ environments: z.array(environment), count: z.optional(z.number()) }) },
    errors: [...ofProgram, 422],
  },
  'POST /v3/environments': {
    summary: 'Create a sample of a protected resource',
    caller: 'program',
    parameters: ['branch'],
    body: { schema: z.object({ environment: NewEnvironmentSchema }) },
    done: { status: 201, schema: z.object({ notice: z.string(), environment }) },
    errors: [...ofProgram, ...withBody],
  },
  'POST /v3/token_sessions': {
    summary: 'Open a session with a management token; its value is shown once',
    caller: 'program',
    body: {
      schema: z.object({ session: z.optional(z.object({ client: z.optional(z.string()) })) }),
      isOptional: true,
    },
    done: { status: 201, schema: z.object({ session: z.extend(SessionViewSchema, { token: z.string() }) }) },
    errors: [400, 401, 412, 429, ...withBody, 503],
  },
  'GET /v3/token_sessions/current': {
    summary: 'The session that asks',
    caller: 'session',
    done: {
      status: 200,
      schema: z.object({
        session: SessionViewSchema,
        token: z.pick(TokenViewSchema, { uid: true, name: true, scope: true, expires_at: true }),
      }),
    },
    errors: [400, 401, 412, 503],
  },
  'DELETE /v3/token_sessions/current': {
    summary: 'End the session that asks',
    caller: 'session',
    done: { status: 200, schema: NoticeSchema },
    errors: [400, 401, 412, 503],
  },
  'POST /oauth2/introspect': {
    summary: 'Whether a token or session is good (RFC 7662)',
    caller: 'service',
    body: value,
    done: { status: 200, schema: IntrospectionSchema },
    errors: [400, 401, 403, 415, 503],
  },
  'POST /oauth2/revoke': {
    summary: 'Stop a token, or end a session, by its value (RFC 7009)',
    caller: 'anybody',
    stack: 'none',
    body: value,
    done: { status: 200, schema: z.object({}) },
    errors: [400, 409, 415, 503],
  },
  'GET /openapi.json': {
    summary: 'This document',
    caller: 'anybody',
    stack: 'none',
    parameters: ['If-None-Match'],
    done: { status: 200, schema: z.looseObject({ openapi: z.string() }), headers: cached },
    isCached: true,
    errors: [],
  },
};
