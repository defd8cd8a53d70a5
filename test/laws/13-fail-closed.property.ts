import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import fc from 'fast-check';
import * as z from 'zod/mini';
import type { Answer } from '../../functions/http/chain/endpoint.ts';
import { problemOf } from '../../functions/http/chain/problem.ts';
import { type Door, doors, type Question } from '../simulation/simulated-doors.ts';
import type { RequestRecord } from '../simulation/simulated-dynamo.ts';
import { keys, type SimulatedProduct, scopes, tables } from '../simulation/simulated-product.ts';
import { lawOf, type Tally } from '../simulation/simulated-races.ts';
import { fixture, productWithSessions, sessionFixture } from '../simulation/simulated-stack.ts';
import { toldBy, VerdictOracle } from '../support/verdict-oracle.ts';
import { storm, troubles } from '../support/weather.ts';
import { type ChangeKind, change, changes } from './02-changes.ts';

const { stack, live, stopped } = fixture;
const values = [live.value, ...sessionFixture.sessions.slice(0, 2).map(({ value }) => value), stopped.value];
const questions = fc.tuple(fc.constantFrom(...doors), fc.constantFrom(...values));

const histories = fc.record({
  troubles: fc.array(troubles([1, 2, 4]), { minLength: 1, maxLength: 2 }),
  asked: fc.array(questions, { minLength: 2, maxLength: 2 }),
  changes: fc.array(fc.oneof(changes, fc.constant('create' as const)), { minLength: 1, maxLength: 2 }),
  another: fc.array(changes, { maxLength: 1 }),
  afterwards: fc.tuple(questions, changes),
});

/**
 * Whatever goes wrong: nothing is "active" but by a strong read that was answered in that very verification; what is not known is
 * `unavailable` or `conflict`, and says when to try again; what is said is true. When storage answers again everything works.
 */
export const failClosed = lawOf({
  product: productWithSessions,
  histories,
  story: async ({ product, history, tally, choose }) => {
    const inspection = new Inspection(product, tally);
    const clearUp = storm(history.troubles, { product, choose, tally });
    const ask = async () => {
      for (const [door, value] of history.asked) await inspection.ask(door, value);
    };
    const changeAll = async (some: readonly (ChangeKind | 'create')[], who: 'owner' | 'admin') => {
      for (const what of some) await inspection.change(what, who);
    };
    await Promise.all([ask(), changeAll(history.changes, 'owner'), changeAll(history.another, 'admin')]);
    clearUp();
    const [[door, value], what] = history.afterwards;
    inspection.isFair = true;
    await inspection.ask(door, value);
    await inspection.change(what, 'owner');
    return () => {
      checkProblems(product, tally);
      inspection.checkAcknowledged();
    };
  },
});

/** Those that leave an audit entry whenever they are done. */
const audited: readonly string[] = ['create', 'delete', 'end all', 'end one'];

class Inspection {
  /** Nothing goes wrong any more, but for what is still under way. */
  isFair = false;
  readonly #product: SimulatedProduct;
  readonly #tally: Tally;
  readonly #oracle: VerdictOracle;
  readonly #requests = new AsyncLocalStorage<RequestRecord[]>();
  readonly #begun = new Set<string>();
  readonly #acknowledged: string[] = [];
  #tries = 0;

  constructor(product: SimulatedProduct, tally: Tally) {
    this.#product = product;
    this.#tally = tally;
    this.#oracle = new VerdictOracle(product, sessionFixture.snapshot);
    // No fault: whose attempt it is is noted as it arrives.
    product.dynamo.inject({ kind: 'reset', when: () => this.#note() });
  }

  #note(): false {
    const attempt = this.#product.dynamo.requests.at(-1);
    if (attempt) this.#requests.getStore()?.push(attempt);
    return false;
  }

  async ask(door: Door, value: string): Promise<void> {
    const question = { value, stack, ...(door === 'environments' ? { branch: 'main' } : {}) };
    const beginning = this.#oracle.begin();
    const requests: RequestRecord[] = [];
    const { says, answer } = await this.#requests.run(requests, () => this.#product.doors.ask(door, question));
    this.#tally.saw(this.isFair ? `afterwards ${says}` : says);
    if (says === 'unavailable') return assert(!this.isFair, `${door} is closed.`);
    const words = this.#oracle.words(question, beginning);
    const told = new Set([...words].map((word) => toldBy(door, question, word)));
    // What is opened is verified as a session: it may be over where the token is not.
    if (door === 'opening' && this.#begun.size > 0) told.add('unauthenticated');
    assert(told.has(says), `${door} says ${says}; it is one of ${[...told]}.`);
    if (says === 'active') assertRead(wantedFor(question, answer), requests);
  }

  async change(what: ChangeKind | 'create', who: 'owner' | 'admin'): Promise<void> {
    this.#begun.add(what);
    this.#tries += 1;
    // No name twice: what was refused as unknown may have been done.
    const fields = { name: `new ${this.#tries}`, scope: scopes.readOnly };
    const asked = what === 'create' ? this.#product.create(who, { stack, fields }) : change(this.#product, what, who);
    const { refused = 'done', request } = await asked;
    if (refused === 'done' && audited.includes(what)) this.#acknowledged.push(request);
    this.#tally.saw(`${this.isFair ? 'afterwards ' : ''}${what} ${refused}`);
    const isUnknown = refused === 'unavailable' || refused === 'conflict';
    if (isUnknown) return assert(!this.isFair, `${what} is refused: ${refused}.`);
    assert(refused === 'done' || this.#mayBe(refused), `${what} is refused: ${refused}.`);
  }

  checkAcknowledged(): void {
    const entries = new Set(this.#product.commits(tables.audit).map(({ after }) => after?.request_id));
    for (const request of this.#acknowledged)
      assert(entries.has(request), `${request} was acknowledged, and not done.`);
  }

  /** True only where somebody has begun what makes it true. */
  #mayBe(refused: string): boolean {
    const has = (...some: readonly ChangeKind[]) => some.some((what) => this.#begun.has(what));
    if (refused === 'token-not-found') return has('delete');
    if (refused === 'session-not-found') return has('end one', 'end own', 'revoke session');
    const isOver = has(
      'delete',
      'end all',
      'expire now',
      'revoke token',
      'end one',
      'end own',
      'revoke session',
      'extend',
    );
    return refused === 'unauthenticated' && isOver;
  }
}

type Key = ReturnType<typeof keys.token>;

/** What has to be read for an "active"; what was opened just now, too. */
function wantedFor({ value }: Question, answer: Answer | undefined): Key[] {
  const [kind, token, session] = value.split('_');
  const opened = answer && openedSchema.safeParse(answer.body).data?.session.uid;
  const uid = opened ?? (kind === 'css' ? `blt${session}` : undefined);
  return [keys.token(`blt${token}`), ...(uid ? [keys.session(`blt${token}`, uid)] : [])];
}

const openedSchema = z.object({ session: z.object({ uid: z.string(), token: z.string() }) });

/** Of all that was asked of storage in one verification, one strong read was answered that could say so. */
function assertRead(wanted: readonly Key[], requests: readonly RequestRecord[]): void {
  const asked = requests
    .filter(({ answered, committed, error }) => answered && committed && error === undefined)
    .map(({ operation, input }) => (operation === 'GetItem' ? [input] : Object.values(input.RequestItems ?? {})));
  const isRead = (parts: readonly Record<string, unknown>[], { pk, sk }: Key) => {
    const key = JSON.stringify({ pk: { S: pk }, sk: { S: sk } });
    return parts.some((part) => part.ConsistentRead === true && JSON.stringify(part).includes(key));
  };
  const isAnswered = asked.some((parts) => wanted.every((key) => isRead(parts, key)));
  assert(isAnswered, `Active, and nobody has read ${wanted.map(({ pk }) => pk).join(' and ')}.`);
}

/** Every refusal that says to try again says when, on the wire too. */
function checkProblems({ refusals }: SimulatedProduct, tally: Tally): void {
  for (const refusal of refusals) {
    const { document, headers } = problemOf(refusal, {
      requestId: 'request',
      types: '/',
      failed: null,
      isOAuth: false,
    });
    const status = { unavailable: 503, conflict: 409 }[String(refusal.kind)];
    assert(document.status < 500 || document.status === 503);
    if (status === undefined) continue;
    assert.equal(document.status, status);
    assert.match(headers['retry-after'] ?? '', /^[1-9]\d*$/);
    tally.saw(`${status} with Retry-After`);
  }
}
