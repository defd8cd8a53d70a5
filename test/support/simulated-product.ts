/** The real use cases over the real repositories and storage, over the simulated DynamoDB: a stack with its people and tokens. */
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Scheduler } from 'fast-check';
import { DynamoCredentialReader } from '../../functions/aws/dynamo-credential-reader.ts';
import { DynamoStackRepository } from '../../functions/aws/dynamo-stack-repository.ts';
import { DynamoTokenRepository } from '../../functions/aws/dynamo-token-repository.ts';
import { keysOf, type Tables } from '../../functions/aws/keys.ts';
import { createStorage } from '../../functions/aws/storage.ts';
import { Refusal, type RefusalKind } from '../../functions/refusals.ts';
import {
  type Verification,
  type VerificationDependencies,
  verifyCredential,
} from '../../functions/sessions/verify-credential.ts';
import { type Actor, personUid } from '../../functions/stacks/person.ts';
import { type CreateToken, createToken } from '../../functions/tokens/create-token.ts';
import { type DeleteToken, deleteToken } from '../../functions/tokens/delete-token.ts';
import { type EditToken, editToken } from '../../functions/tokens/edit-token.ts';
import type { Verdict } from '../../functions/tokens/judge.ts';
import { fetchToken, listTokens } from '../../functions/tokens/read-tokens.ts';
import type { TokenDependencies } from '../../functions/tokens/token-repository.ts';
import { type AttributeMap, type Change, type Choice, SimulatedDynamo, type TableSpec } from './simulated-dynamo.ts';

export type Client = Pick<SimulatedDynamo, 'send'>;
/** Puts a bug between the repositories and storage, on purpose. */
export type Sabotage = (dynamo: SimulatedDynamo) => Client;
export type Person = 'owner' | 'admin' | 'developer' | 'outsider';

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
export const issuer = 'https://issuer.example.test';

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

export const startMs = Date.parse('2026-03-01T08:00:00.000Z');
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
  readonly #deps: TokenDependencies & VerificationDependencies;
  readonly #changes: Change[] = [];
  readonly #commits: Commit[] = [];
  #ms = startMs;
  /** Counts requests and random bytes, so that none is ever given twice. */
  #made: number;

  constructor({ scheduler, choose, sabotage }: Surroundings, made = 0) {
    this.#made = made;
    this.dynamo = new SimulatedDynamo({
      tables: specs,
      transactionsConflict: true,
      retries: 2,
      onCommit: (change) => this.#changes.push(change),
      ...(scheduler ? { scheduler } : {}),
      ...(choose ? { choose } : {}),
    });
    const client = sabotage ? sabotage(this.dynamo) : this.dynamo;
    const pause = async (ms: number) => scheduler?.schedule(Promise.resolve(), `${ms} ms pass`);
    const storage = createStorage(client, { pause, jitter: () => 1 });
    this.stacks = new DynamoStackRepository(storage, tables);
    this.#deps = {
      tokens: new DynamoTokenRepository(storage, tables),
      credentials: new DynamoCredentialReader(storage, tables),
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
    this.#made += 1;
    made.writeUInt32BE(this.#made, bytes - 4);
    return made;
  }

  actor(who: Person): Actor {
    this.#made += 1;
    const identity = { issuer, sub: who };
    return { uid: personUid(identity), identity, request_id: `request-${this.#made}`, remote_addr: '192.0.2.1' };
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
      return await verifyCredential(this.#deps, verification);
    } catch (error) {
      if (error instanceof Refusal) return { active: false, reason: error.kind };
      throw error;
    }
  }

  /** Every committed change of an item of a table, in commit order. `at` counts the changes of all tables. */
  commits(table: string): Commit[] {
    for (let at = this.#commits.length; at < this.#changes.length; at += 1) {
      const change = this.#changes[at];
      const read = (image: AttributeMap | undefined) => (image ? unmarshall(image) : null);
      if (change)
        this.#commits.push({ at, table: change.table, before: read(change.before), after: read(change.after) });
    }
    return this.#commits.filter((commit) => commit.table === table);
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
  readonly at: number;
  readonly table: string;
  readonly before: Row | null;
  readonly after: Row | null;
}
