/** The real use cases over the real repositories and storage, over the simulated DynamoDB: a stack with its people and tokens. */
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Scheduler } from 'fast-check';
import { DynamoStackRepository } from '../../functions/aws/dynamo-stack-repository.ts';
import { DynamoTokenRepository } from '../../functions/aws/dynamo-token-repository.ts';
import { keysOf, type Tables } from '../../functions/aws/keys.ts';
import { createStorage } from '../../functions/aws/storage.ts';
import { Refusal, type RefusalKind } from '../../functions/refusals.ts';
import { auditEntry } from '../../functions/stacks/audit-entry.ts';
import { createStack } from '../../functions/stacks/create-stack.ts';
import { type Actor, personUid } from '../../functions/stacks/person.ts';
import type { Role, Stack } from '../../functions/stacks/stack.ts';
import { type CreateToken, createToken } from '../../functions/tokens/create-token.ts';
import { type DeleteToken, deleteToken } from '../../functions/tokens/delete-token.ts';
import { type EditToken, editToken } from '../../functions/tokens/edit-token.ts';
import type { Verdict } from '../../functions/tokens/judge.ts';
import { fetchToken, listTokens } from '../../functions/tokens/read-tokens.ts';
import type { TokenDependencies } from '../../functions/tokens/token-repository.ts';
import { type Verification, verifyToken } from '../../functions/tokens/verify-token.ts';
import { type Choice, SimulatedDynamo, type TableSpec } from './simulated-dynamo.ts';

export type Client = Pick<SimulatedDynamo, 'send'>;
/** Puts a bug between the repositories and storage, on purpose. */
export type Sabotage = (client: Client) => Client;
export type Person = 'owner' | 'admin' | 'secondAdmin' | 'developer' | 'outsider';

/** What a call came to. `request` is in the audit entry of what it did. Anything but a refusal is a bug, and is thrown. */
export interface Answer<T> {
  readonly request: string;
  readonly done?: T;
  readonly refused?: RefusalKind;
}

export interface Surroundings {
  readonly scheduler?: Scheduler;
  readonly choose?: (n: number, what: Choice) => number;
  readonly sabotage?: Sabotage;
}

export const tables: Tables = { tokens: 'tokens', sessions: 'sessions', audit: 'audit', usage: 'usage' };
export const keys = keysOf(tables);
export const day = 86_400_000;

/** Scopes to choose from, by what they let a program do with environments. */
export const scopes = {
  everything: [
    { module: '$all', acl: { read: true, write: true } },
    { module: 'branch', branches: ['$all'], acl: { read: true } },
  ],
  readOnly: [
    { module: 'environment', acl: { read: true } },
    { module: 'branch', branches: ['main', 'development'], acl: { read: true } },
  ],
  otherBranch: [
    { module: 'environment', acl: { read: true, write: true } },
    { module: 'branch', branches: ['development'], acl: { read: true } },
  ],
  otherModule: [
    { module: 'entry', acl: { read: true, write: true } },
    { module: 'branch', branches: ['main'], acl: { read: true } },
  ],
};

const startMs = Date.parse('2026-03-01T08:00:00.000Z');
const specs: TableSpec[] = Object.values(tables).map((name) => ({
  name,
  partitionKey: 'pk',
  sortKey: 'sk',
  ...(name === tables.tokens
    ? { indexes: { due: { partitionKey: 'due_shard', sortKey: 'due_at', projection: 'KEYS_ONLY' } } }
    : {}),
}));

export class SimulatedProduct {
  readonly dynamo: SimulatedDynamo;
  readonly stacks: DynamoStackRepository;
  /** Every committed change of an item, in commit order, as plain data. */
  readonly commits: Commit[] = [];
  readonly #deps: TokenDependencies;
  #ms = startMs;
  #requests = 0;
  #bytes = 0;

  constructor({ scheduler, choose, sabotage }: Surroundings) {
    this.dynamo = new SimulatedDynamo({
      tables: specs,
      transactionsConflict: true,
      retries: 2,
      onCommit: ({ table, before, after }) =>
        this.commits.push({
          table,
          before: before ? unmarshall(before) : null,
          after: after ? unmarshall(after) : null,
        }),
      ...(scheduler ? { scheduler } : {}),
      ...(choose ? { choose } : {}),
    });
    const client = sabotage ? sabotage(this.dynamo) : this.dynamo;
    const pause = async (ms: number) => scheduler?.schedule(Promise.resolve(), `${ms} ms pass`);
    const storage = createStorage(client, { pause, jitter: () => 1 });
    this.stacks = new DynamoStackRepository(storage, tables);
    this.#deps = {
      tokens: new DynamoTokenRepository(storage, tables),
      now: () => this.now(),
      random: (bytes) => this.random(bytes),
      organization: { limits: { read: 10, write: 10 }, supportContact: 'support@example.test' },
    };
  }

  /** Never the same instant twice. */
  now(): Date {
    this.#ms += 1;
    return new Date(this.#ms);
  }

  pass(ms: number): void {
    this.#ms += ms;
  }

  /** Bytes that are never the same twice, and the same in every run. */
  random(bytes: number): Uint8Array {
    const made = Buffer.alloc(bytes);
    this.#bytes += 1;
    made.writeUInt32BE(this.#bytes, bytes - 4);
    return made;
  }

  actor(who: Person): Actor {
    this.#requests += 1;
    const identity = { issuer: 'https://issuer.example.test', sub: who };
    return { uid: personUid(identity), identity, request_id: `request-${this.#requests}`, remote_addr: '192.0.2.1' };
  }

  create(who: Person, command: Omit<CreateToken, 'actor'>) {
    return this.#answer(who, (actor) => createToken(this.#deps, { ...command, actor }));
  }

  edit(who: Person, command: Omit<EditToken, 'actor'>) {
    return this.#answer(who, (actor) => editToken(this.#deps, { ...command, actor }));
  }

  delete(who: Person, command: Omit<DeleteToken, 'actor'>) {
    return this.#answer(who, (actor) => deleteToken(this.#deps, { ...command, actor }));
  }

  list(who: Person, stack: string) {
    return this.#answer(who, ({ uid }) => listTokens(this.#deps.tokens, { caller: uid, stack }));
  }

  fetch(who: Person, { stack, uid }: { stack: string; uid: string }) {
    return this.#answer(who, (actor) => fetchToken(this.#deps.tokens, { caller: actor.uid, stack, uid }));
  }

  /** A verdict; a refusal is that storage could not answer. */
  async verify(verification: Verification): Promise<Verdict | { active: false; reason: RefusalKind }> {
    try {
      return await verifyToken(this.#deps, verification);
    } catch (error) {
      if (error instanceof Refusal) return { active: false, reason: error.kind };
      throw error;
    }
  }

  /** Everything that is stored now. */
  rows(): Record<'tokens' | 'audit' | 'usage', Row[]> {
    const of = (table: string) => this.dynamo.items(table).map((item) => unmarshall(item));
    return { tokens: of(tables.tokens), audit: of(tables.audit), usage: of(tables.usage) };
  }

  async #answer<T>(who: Person, ask: (actor: Actor) => Promise<T>): Promise<Answer<T>> {
    const actor = this.actor(who);
    try {
      return { request: actor.request_id, done: await ask(actor) };
    } catch (error) {
      if (error instanceof Refusal) return { request: actor.request_id, refused: error.kind };
      throw error;
    }
  }
}

export type Row = Record<string, unknown>;

export interface Commit {
  readonly table: string;
  readonly before: Row | null;
  readonly after: Row | null;
}

/** A token of the fixture, as its creator knows it. */
export interface KnownToken {
  readonly uid: string;
  readonly value: string;
  readonly name: string;
}

/** What is there before each race begins. */
export interface Fixture {
  readonly stack: string;
  readonly otherStack: string;
  /** Live, may do everything, expires in 60 days. */
  readonly live: KnownToken;
  /** Stopped by "expire now". */
  readonly stopped: KnownToken;
  /** Of the other stack. */
  readonly foreign: KnownToken;
  readonly rows: readonly (readonly [string, ReturnType<SimulatedDynamo['items']>[number]])[];
}

export const fixture: Fixture = await makeFixture();

/** A product with the fixture's rows, where nothing has happened yet. */
export function simulatedProduct(surroundings: Surroundings): SimulatedProduct {
  const product = new SimulatedProduct(surroundings);
  for (const [table, item] of fixture.rows) product.dynamo.put(table, item);
  product.pass(day);
  return product;
}

async function makeFixture(): Promise<Fixture> {
  const product = new SimulatedProduct({});
  const stack = await makeStack(product, 'owner', 'Web');
  await addMembers(product, stack, { admin: 'admin', secondAdmin: 'admin', developer: 'developer' });
  const other = await makeStack(product, 'outsider', 'Shop');
  const live = await makeToken(product, { who: 'owner', stack, name: 'ci-deploy' });
  const stopped = await makeToken(product, { who: 'owner', stack, name: 'paused' });
  await product.edit('owner', { stack: stack.api_key, uid: stopped.uid, fields: { expires_on: 'now' } });
  const foreign = await makeToken(product, { who: 'outsider', stack: other, name: 'ci-deploy' });
  const rows = Object.values(tables).flatMap((table) =>
    product.dynamo.items(table).map((item) => [table, item] as const),
  );
  return { stack: stack.api_key, otherStack: other.api_key, live, stopped, foreign, rows };
}

async function makeStack(product: SimulatedProduct, who: Person, name: string): Promise<Stack> {
  const { stack } = await createStack(
    {
      stacks: product.stacks,
      now: () => product.now(),
      random: (bytes) => product.random(bytes),
      organizationUid: 'blt00000000000000ff',
      newStackPlan: { max_tokens: 4, manage_rate_limits: true },
    },
    { actor: product.actor(who), fields: { name } },
  );
  await product.stacks.addBranch(stack, 'development', memberEntry(product, stack));
  return stack;
}

async function addMembers(
  product: SimulatedProduct,
  stack: Stack,
  roles: Partial<Record<Person, Role>>,
): Promise<void> {
  for (const [person, role] of Object.entries(roles)) {
    const { uid, identity } = product.actor(person as Person);
    const { issuer, sub } = identity;
    await product.stacks.addMember(stack, { uid, role, issuer, sub }, memberEntry(product, stack));
  }
}

function memberEntry(product: SimulatedProduct, { api_key: stack, name }: Stack) {
  const operation = Buffer.from(product.random(16)).toString('hex');
  const event = { stack, module: 'stack', event_type: 'update', metadata: { uid: stack, title: name } } as const;
  return auditEntry(event, { actor: product.actor('owner'), at: product.now(), operation });
}

async function makeToken(
  product: SimulatedProduct,
  { who, stack, name }: { who: Person; stack: Stack; name: string },
): Promise<KnownToken> {
  const expires_on = new Date(startMs + 60 * day).toISOString();
  const fields = { name, scope: scopes.everything, expires_on };
  const { done } = await product.create(who, { stack: stack.api_key, fields });
  if (!done?.value) throw new Error('The fixture has no token.');
  return { uid: done.token.uid, value: done.value, name };
}
