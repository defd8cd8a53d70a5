import { randomBytes, randomUUID } from 'node:crypto';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Context } from 'aws-lambda';
import { DynamoAuditLog } from '../../functions/aws/dynamo-audit-log.ts';
import { DynamoCredentialReader } from '../../functions/aws/dynamo-credential-reader.ts';
import { DynamoHygieneRepository } from '../../functions/aws/dynamo-hygiene-repository.ts';
import { DynamoInvitations } from '../../functions/aws/dynamo-invitations.ts';
import { DynamoManagedSessions } from '../../functions/aws/dynamo-managed-sessions.ts';
import { DynamoPersonRepository } from '../../functions/aws/dynamo-person-repository.ts';
import { DynamoRateWindows } from '../../functions/aws/dynamo-rate-windows.ts';
import { DynamoRevocationRepository } from '../../functions/aws/dynamo-revocation-repository.ts';
import { DynamoSessionRepository } from '../../functions/aws/dynamo-session-repository.ts';
import { DynamoStackChanges } from '../../functions/aws/dynamo-stack-changes.ts';
import { DynamoStackRepository } from '../../functions/aws/dynamo-stack-repository.ts';
import { DynamoTokenRepository } from '../../functions/aws/dynamo-token-repository.ts';
import { createStorage } from '../../functions/aws/storage/storage.ts';
import { createHandler as createAuditLogs } from '../../functions/http/audit-logs.lambda.ts';
import { createHandler as createBranches } from '../../functions/http/branches.lambda.ts';
import type { HttpEvent } from '../../functions/http/chain/endpoint.ts';
import { createHandler as createChangeStacks } from '../../functions/http/change-stacks.lambda.ts';
import { createHandler as createChangeTokens } from '../../functions/http/change-tokens.lambda.ts';
import { createHandler as createReadTokens } from '../../functions/http/read-tokens.lambda.ts';
import { createHandler as createStacks } from '../../functions/http/stacks.lambda.ts';
import { createHandler as createTokenHygiene } from '../../functions/http/token-hygiene.lambda.ts';
import { createStack, type StackDependencies } from '../../functions/stacks/create-stack.ts';
import type { ChangeStacksDependencies } from '../../functions/stacks/edit-stack.ts';
import { personUid } from '../../functions/stacks/person.ts';
import { shareStack } from '../../functions/stacks/share-stack.ts';
import { tableSpecs, tables } from '../simulation/simulated-dependencies.ts';
import { type Change, SimulatedDynamo } from '../simulation/simulated-dynamo.ts';
import { requireDescribedAt } from '../support/described-answers.ts';
import type { ItemChange } from '../support/stored-changes.ts';

const issuer = 'https://issuer.example.test';

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
  readonly #changes: Change[] = [];
  readonly #deps: ChangeStacksDependencies & StackDependencies;
  readonly #doors: readonly { readonly routes: RegExp; readonly handler: ReturnType<typeof createStacks> }[];
  /** Counts what the caller was invited to; each time their JWT is newer, and has another address. */
  #invitations = 0;

  constructor() {
    const dynamo = new SimulatedDynamo({ tables: tableSpecs, onCommit: (change) => this.#changes.push(change) });
    const options = { pause: async () => {}, jitter: () => 1 };
    const storage = createStorage(dynamo, options);
    const deps = {
      tokens: new DynamoTokenRepository(storage, tables),
      stacks: new DynamoStackRepository(storage, tables),
      auditLog: new DynamoAuditLog(dynamo as ConstructorParameters<typeof DynamoAuditLog>[0], storage, tables),
      hasTime: () => true,
      changes: new DynamoStackChanges(storage, tables),
      invitations: new DynamoInvitations(storage, tables),
      people: new DynamoPersonRepository(storage, tables),
      sessions: new DynamoManagedSessions(storage, tables),
      hygiene: new DynamoHygieneRepository(storage, tables),
      signIn: { recognize: async () => ({ identity: this.#identity(), scopes: [] }) },
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
    this.#deps = deps;
    const sessions = new DynamoSessionRepository(storage, tables, options);
    const credentials = new DynamoCredentialReader(storage, tables);
    const windows = new DynamoRateWindows(storage, tables);
    const uses = { used: async () => {}, usedDead: async () => {}, refused: async () => {} };
    const revocations = new DynamoRevocationRepository(storage, tables);
    this.#doors = [
      { routes: /^GET .*management_tokens/, handler: createReadTokens({ ...deps, sessions, revocations }) },
      { routes: /audit-logs/, handler: createAuditLogs(deps) },
      { routes: /management_tokens/, handler: createChangeTokens(deps) },
      { routes: /POST \/v3\/stacks$|GET \/v3\/stacks(\/users|$)/, handler: createStacks(deps) },
      { routes: /^GET .*\/branch/, handler: createBranches({ ...deps, credentials, windows, uses }) },
      {
        routes: /(PUT|POST|DELETE) \/v3\/stacks(\/(un)?share|\/transfer|\/branch|$)/,
        handler: createChangeStacks(deps),
      },
      { routes: /token_hygiene/, handler: createTokenHygiene(deps) },
    ];
  }

  /** The processor's time in milliseconds: what is made to cost time costs that, and a machine that is busy with others does not. */
  spent(): number {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  }

  async watched<T>(_: object, run: () => Promise<T>): Promise<{ done: T; changed: readonly ItemChange[] }> {
    this.#changes.splice(0);
    const done = await run();
    const read = (image: Change['after']) => (image ? unmarshall(image) : undefined);
    return { done, changed: this.#changes.map(({ before, after }) => ({ before: read(before), after: read(after) })) };
  }

  /** By somebody with a stack of their own, as a developer. */
  async invite(): Promise<string> {
    this.#invitations += 1;
    const identity = { issuer, sub: `host ${this.#invitations}` };
    const actor = { uid: personUid(identity), identity, request_id: randomUUID(), remote_addr: '192.0.2.2' };
    const { stack } = await createStack(this.#deps, { actor, fields: { name: 'Inviting' } });
    const fields = { emails: [this.#identity().email] };
    await shareStack(this.#deps, { actor, stack: stack.api_key, fields });
    return stack.api_key;
  }

  #identity() {
    const address = { email: `owner-${this.#invitations}@example.test`, email_verified: true };
    return { issuer, sub: 'owner', ...address, issued_at: this.#invitations };
  }

  async send(request: InProcessRequest): Promise<InProcessReply> {
    const door = this.#doors.find(({ routes }) => routes.test(request.route));
    if (!door) throw new Error(`No door for ${request.route}.`);
    const context = { awsRequestId: randomUUID() } as Context;
    const { statusCode: status = 0, headers, body = '' } = await door.handler(eventOf(request), context);
    const named = Object.entries(headers ?? {}).map(([name, value]): [string, string] => [name, String(value)]);
    const reply = { status, headers: new Headers(named), text: body, body: JSON.parse(body) };
    requireDescribedAt(request.route, reply);
    return reply;
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
