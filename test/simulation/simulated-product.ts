/** The real use cases over the real repositories and storage, over the simulated DynamoDB: a stack with its people and tokens. */
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Scheduler } from 'fast-check';
import { DynamoEnvironmentRepository } from '../../functions/aws/dynamo-environment-repository.ts';
import { DynamoInvitations } from '../../functions/aws/dynamo-invitations.ts';
import { DynamoPersonRepository } from '../../functions/aws/dynamo-person-repository.ts';
import { DynamoStackChanges } from '../../functions/aws/dynamo-stack-changes.ts';
import { DynamoStackRepository } from '../../functions/aws/dynamo-stack-repository.ts';
import { createStorage } from '../../functions/aws/storage/storage.ts';
import { reconcile } from '../../functions/sessions/reconcile.ts';
import { type Actor, personUid } from '../../functions/stacks/person.ts';
import { type CreateToken, createToken } from '../../functions/tokens/create-token.ts';
import { type DeleteToken, deleteToken } from '../../functions/tokens/delete-token.ts';
import { type EditToken, editToken } from '../../functions/tokens/edit-token.ts';
import { fetchToken, listTokens } from '../../functions/tokens/read-tokens.ts';
import { type SucceedToken, succeedToken } from '../../functions/tokens/succeed-token.ts';
import { Refusal, type RefusalKind } from '../../functions/values/refusals.ts';
import type { Verdict } from '../../functions/verification/judge.ts';
import { type Verification, verifyCredential } from '../../functions/verification/verify-credential.ts';
import type { Answer, Person } from './simulated-answer.ts';
import { SimulatedBus } from './simulated-bus.ts';
import { type Commit, type Row, SimulatedCommits } from './simulated-commits.ts';
import {
  type Client,
  type Dependencies,
  DueReceipts,
  dependenciesOver,
  type Tampering,
  tableSpecs,
  tables,
  type Use,
} from './simulated-dependencies.ts';
import { SimulatedDoors } from './simulated-doors.ts';
import { type Change, type Choice, SimulatedDynamo } from './simulated-dynamo.ts';
import { SimulatedSessions } from './simulated-sessions.ts';
import { SimulatedStream } from './simulated-stream.ts';
import { SimulatedTime } from './simulated-time.ts';

export type { Answer, Person } from './simulated-answer.ts';
export type { Commit, Row } from './simulated-commits.ts';
export { type Client, keys, type Tampering, tables } from './simulated-dependencies.ts';
export { scopes } from './simulated-scopes.ts';
/** Puts a bug between the repositories and storage, on purpose. */
export type Sabotage = (dynamo: SimulatedDynamo) => Client;

export interface Surroundings {
  readonly scheduler?: Scheduler;
  readonly choose?: (n: number, what: Choice) => number;
  readonly sabotage?: Sabotage;
  readonly tamper?: Tampering;
}

export const day = 86_400_000;
export const issuer = 'https://issuer.example.test';

export const startMs = Date.parse('2026-03-01T08:00:00.000Z');
/** Two shards are enough for pages of one session and of several. */
const firstDigitStep = 0x80;

export class SimulatedProduct {
  readonly dynamo: SimulatedDynamo;
  readonly stacks: DynamoStackRepository;
  readonly stackChanges: DynamoStackChanges;
  readonly invitations: DynamoInvitations;
  readonly people: DynamoPersonRepository;
  readonly sessions: SimulatedSessions;
  readonly doors: SimulatedDoors;
  /** Every refusal that was answered. */
  readonly refusals: Refusal[] = [];
  readonly time = new SimulatedTime(startMs);
  readonly bus: SimulatedBus;
  readonly stream: SimulatedStream;
  readonly #hop: (step: string) => Promise<void>;
  readonly #client: Client;
  readonly #bug: Pick<Surroundings, 'sabotage' | 'tamper'>;
  readonly #deps: Readonly<Record<Exclude<Use, 'round'>, Dependencies>>;
  readonly #commits = new SimulatedCommits();
  /** Counts requests and random bytes, so that none is ever given twice. */
  #made: number;

  constructor({ scheduler, choose, sabotage, tamper = (deps) => deps }: Surroundings, made = 0) {
    this.#made = made;
    this.#bug = { tamper, ...(sabotage ? { sabotage } : {}) };
    this.#hop = async (step) => scheduler?.schedule(Promise.resolve(), step);
    this.dynamo = new SimulatedDynamo({
      tables: tableSpecs,
      transactionsConflict: true,
      retries: 2,
      onCommit: (change) => this.#committed(change),
      ...(scheduler ? { scheduler } : {}),
      ...(choose ? { choose } : {}),
    });
    this.#client = sabotage ? sabotage(this.dynamo) : this.dynamo;
    this.bus = new SimulatedBus({ hop: this.#hop });
    this.stacks = new DynamoStackRepository(this.#storage(), tables);
    this.stackChanges = new DynamoStackChanges(this.#storage(), tables);
    this.invitations = new DynamoInvitations(this.#storage(), tables);
    this.people = new DynamoPersonRepository(this.#storage(), tables);
    const deps = this.#given(this.#client, this.bus);
    const of = (use: Use) => tamper({ ...deps, now: () => this.now(use) }, use);
    this.#deps = {
      opening: of('opening'),
      verification: of('verification'),
      introspection: of('introspection'),
      change: of('change'),
    };
    this.sessions = new SimulatedSessions({ deps: this.#deps, answer: (who, ask) => this.#answer(who, ask) });
    const environments = new DynamoEnvironmentRepository(this.#storage(), tables);
    this.doors = new SimulatedDoors({ deps: this.#deps, environments, refusals: this.refusals });
    this.stream = new SimulatedStream({
      client: this.#client,
      bus: this.bus,
      hop: this.#hop,
      sessions: () => this.#rowsOf(tables.sessions),
      receipts: () => this.#rowsOf(tables.tokens).filter(({ sk }) => String(sk).startsWith('RECEIPT#')),
      instance: (client, bus) => tamper(this.#given(client, bus), 'round'),
    });
  }

  now(use?: Use): Date {
    return this.time.now(use);
  }

  pass(ms: number): void {
    this.time.pass(ms);
  }

  /** The same rows and the same bug at one instant that does not pass; nothing else happens there. */
  still(at: number): SimulatedProduct {
    const copy = new SimulatedProduct(this.#bug, this.#made);
    copy.dynamo.load(this.dynamo.snapshot());
    copy.time.stand(at);
    return copy;
  }

  /** Others may go first. */
  async pause(): Promise<void> {
    await this.#hop('a moment passes');
  }

  /** Bytes that are never the same twice, and the same in every run; their first digit is 0 or 8. */
  random(bytes: number): Uint8Array {
    const made = Buffer.alloc(bytes);
    this.#made += 1;
    made.writeUInt8((this.#made * firstDigitStep) % 256);
    made.writeUInt32BE(this.#made, bytes - 4);
    return made;
  }

  actor(who: Person): Actor {
    this.#made += 1;
    const identity = { issuer, sub: who };
    return { uid: personUid(identity), identity, request_id: `request-${this.#made}`, remote_addr: '192.0.2.1' };
  }

  create(who: Person, command: Omit<CreateToken, 'actor'>) {
    return this.#answer(who, (actor) => createToken(this.#deps.change, { ...command, actor }));
  }

  edit(who: Person, command: Omit<EditToken, 'actor'>) {
    return this.#answer(who, (actor) => editToken(this.#deps.change, { ...command, actor }));
  }

  succeed(who: Person, command: Omit<SucceedToken, 'actor' | 'fields' | 'overlap'> & Partial<SucceedToken>) {
    return this.#answer(who, (actor) =>
      succeedToken(this.#deps.change, { fields: {}, overlap: undefined, ...command, actor }),
    );
  }

  delete(who: Person, command: Omit<DeleteToken, 'actor'>) {
    return this.#answer(who, (actor) => deleteToken(this.#deps.change, { ...command, actor }));
  }

  list(who: Person, stack: string) {
    return this.#answer(who, ({ uid }) => listTokens(this.#deps.change.tokens, { caller: uid, stack }));
  }

  fetch(who: Person, { stack, uid }: { stack: string; uid: string }) {
    return this.#answer(who, (actor) => fetchToken(this.#deps.change.tokens, { caller: actor.uid, stack, uid }));
  }

  /** A verdict; a refusal is that storage could not answer. */
  async verify(verification: Omit<Verification, 'by'>): Promise<Verdict | { active: false; reason: RefusalKind }> {
    try {
      return await verifyCredential(this.#deps.verification, {
        ...verification,
        by: { client: '', remote_addr: '192.0.2.9' },
      });
    } catch (error) {
      return { active: false, reason: this.#refused(error).kind };
    }
  }

  /** Hours later, with the due index caught up: receipts that are not completed are given another round. */
  async reconcile(): Promise<number> {
    this.pass(day / 4);
    this.dynamo.settle();
    const found = new DueReceipts(this.dynamo, this.#storage(), tables);
    const { overdue_receipts: overdue } = await reconcile({ ...this.#deps.change, found, hasTime: () => true });
    return overdue;
  }

  /** Every committed change of an item of a table, in commit order. `at` counts the changes of all tables. */
  commits(table: string): Commit[] {
    return this.#commits.of(table);
  }

  /** How many changes of items were committed. */
  get moment(): number {
    return this.#commits.count;
  }

  /** Everything that is stored now. */
  rows(): Record<'tokens' | 'sessions' | 'audit' | 'usage', Row[]> {
    const { tokens, sessions, audit, usage } = tables;
    return {
      tokens: this.#rowsOf(tokens),
      sessions: this.#rowsOf(sessions),
      audit: this.#rowsOf(audit),
      usage: this.#rowsOf(usage),
    };
  }

  #rowsOf(table: string): Row[] {
    return this.dynamo.items(table).map((item) => unmarshall(item));
  }

  #committed(change: Change): void {
    this.#commits.add(change);
    this.stream.take(change);
  }

  #storage() {
    return createStorage(this.#client, { pause: (ms) => this.#hop(`${ms} ms pass`), jitter: () => 1 });
  }

  #given(client: Client, bus: Pick<SimulatedBus, 'send'>): Dependencies {
    return dependenciesOver({
      client,
      bus,
      pause: (ms) => this.#hop(`${ms} ms pass`),
      now: () => this.now(),
      random: (bytes) => this.random(bytes),
    });
  }

  async #answer<T>(who: Person, ask: (actor: Actor) => Promise<T>): Promise<Answer<T>> {
    const actor = this.actor(who);
    try {
      return { request: actor.request_id, done: await ask(actor) };
    } catch (error) {
      return { request: actor.request_id, refused: this.#refused(error).kind };
    }
  }

  #refused(error: unknown): Refusal {
    if (!(error instanceof Refusal)) throw error;
    this.refusals.push(error);
    return error;
  }
}
