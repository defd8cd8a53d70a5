import { randomBytes, randomUUID } from 'node:crypto';
import type { Context } from 'aws-lambda';
import { DynamoHygieneRepository } from '../../functions/aws/dynamo-hygiene-repository.ts';
import { DynamoInvitations } from '../../functions/aws/dynamo-invitations.ts';
import { DynamoManagedSessions } from '../../functions/aws/dynamo-managed-sessions.ts';
import { DynamoRevocationRepository } from '../../functions/aws/dynamo-revocation-repository.ts';
import { DynamoSessionRepository } from '../../functions/aws/dynamo-session-repository.ts';
import { DynamoStackChanges } from '../../functions/aws/dynamo-stack-changes.ts';
import { DynamoStackRepository } from '../../functions/aws/dynamo-stack-repository.ts';
import { DynamoTokenRepository } from '../../functions/aws/dynamo-token-repository.ts';
import type { Tables } from '../../functions/aws/keys.ts';
import { createStorage } from '../../functions/aws/storage.ts';
import { createHandler as createAuditLogs } from '../../functions/http/audit-logs.lambda.ts';
import { createHandler as createChangeStacks } from '../../functions/http/change-stacks.lambda.ts';
import { createHandler as createChangeTokens } from '../../functions/http/change-tokens.lambda.ts';
import type { HttpEvent } from '../../functions/http/endpoint.ts';
import { createHandler as createReadTokens } from '../../functions/http/read-tokens.lambda.ts';
import { createHandler as createStacks } from '../../functions/http/stacks.lambda.ts';
import { createHandler as createTokenHygiene } from '../../functions/http/token-hygiene.lambda.ts';
import { type Change, SimulatedDynamo } from '../support/simulated-dynamo.ts';

const tables: Tables = { tokens: 'tokens', sessions: 'sessions', audit: 'audit', usage: 'usage' };

export interface InProcessRequest {
  /** Route key. */
  readonly route: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export interface InProcessReply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of every shape, and says what it expects of them
  readonly body: any;
}

/** The doors for members, over the real repositories and the simulated DynamoDB; their caller is always the owner. */
export class DoorsInProcess {
  /** Every change of an item since the beginning, or since they were taken out. */
  readonly changes: Change[] = [];
  readonly #doors: readonly { readonly routes: RegExp; readonly handler: ReturnType<typeof createStacks> }[];

  constructor() {
    const specs = Object.values(tables).map((name) => ({ name, partitionKey: 'pk', sortKey: 'sk' }));
    const due = { due: { partitionKey: 'due_shard', sortKey: 'due_at', projection: 'KEYS_ONLY' } } as const;
    const dynamo = new SimulatedDynamo({
      tables: specs.map((spec) => (spec.name === tables.tokens ? { ...spec, indexes: due } : spec)),
      onCommit: (change) => this.changes.push(change),
    });
    const options = { pause: async () => {}, jitter: () => 1 };
    const storage = createStorage(dynamo, options);
    const identity = { issuer: 'https://issuer.example.test', sub: 'owner' };
    const deps = {
      tokens: new DynamoTokenRepository(storage, tables),
      stacks: new DynamoStackRepository(storage, tables),
      changes: new DynamoStackChanges(storage, tables),
      invitations: new DynamoInvitations(storage, tables),
      sessions: new DynamoManagedSessions(storage, tables),
      hygiene: new DynamoHygieneRepository(storage, tables),
      signIn: { recognize: async () => ({ identity, scopes: [] }) },
      now: () => new Date(),
      random: (bytes: number): Uint8Array => randomBytes(bytes),
      organization: {
        uid: 'blt00000000000000aa',
        limits: { read: 10, write: 10 },
        supportContact: 'support@example.test',
      },
      organizationUid: 'blt00000000000000aa',
      newStackPlan: { max_tokens: 45, manage_rate_limits: true },
      problemTypes: 'https://tokenward.example/problems/',
    };
    const sessions = new DynamoSessionRepository(storage, tables, options);
    const revocations = new DynamoRevocationRepository(storage, tables);
    this.#doors = [
      { routes: /^GET .*management_tokens/, handler: createReadTokens({ ...deps, sessions, revocations }) },
      { routes: /audit-logs/, handler: createAuditLogs(deps) },
      { routes: /management_tokens/, handler: createChangeTokens(deps) },
      { routes: /(POST|GET) \/v3\/stacks$/, handler: createStacks(deps) },
      { routes: /(PUT|POST) \/v3\/stacks(\/(un)?share|\/transfer|\/branch|$)/, handler: createChangeStacks(deps) },
      { routes: /token_hygiene/, handler: createTokenHygiene(deps) },
    ];
  }

  /** The processor's time in milliseconds: what is made to cost time costs that, and a machine that is busy with others does not. */
  spent(): number {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  }

  async send(request: InProcessRequest): Promise<InProcessReply> {
    const door = this.#doors.find(({ routes }) => routes.test(request.route));
    if (!door) throw new Error(`No door for ${request.route}.`);
    const context = { awsRequestId: randomUUID() } as Context;
    const { statusCode: status = 0, headers, body = '' } = await door.handler(eventOf(request), context);
    const named = Object.entries(headers ?? {}).map(([name, value]): [string, string] => [name, String(value)]);
    return { status, headers: new Headers(named), text: body, body: JSON.parse(body) };
  }
}

/** As the gateway makes it: a body that is not known to be text comes in base64. */
function eventOf({ route, params = {}, query = '', headers = {}, body = '' }: InProcessRequest): HttpEvent {
  const [method = '', rawPath = ''] = route.split(' ');
  const isBase64Encoded = typeof body !== 'string';
  return {
    version: '2.0',
    routeKey: route,
    rawPath,
    rawQueryString: query,
    headers: { authtoken: 'a.b.c', ...headers },
    pathParameters: params,
    requestContext: { http: { method, path: rawPath, sourceIp: '192.0.2.1' }, routeKey: route },
    ...(body.length > 0 ? { body: isBase64Encoded ? body.toString('base64') : body } : {}),
    isBase64Encoded,
  } as unknown as HttpEvent;
}
