import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Fault } from '../simulation/simulated-dynamo.ts';
import { type Person, type SimulatedProduct, scopes } from '../simulation/simulated-product.ts';
import { lawOf, type Scene } from '../simulation/simulated-races.ts';
import { fixture } from '../simulation/simulated-stack.ts';
import { inconsistencies } from '../support/row-consistency.ts';
import { type Answered, type Call, checkAnswers, checkKeys } from './11-what-was-answered.ts';

const { stack, live } = fixture;
const bothAdmins: readonly Person[] = ['owner', 'admin'];
const faults: readonly Fault['kind'][] = [
  'lose-answer',
  'reset',
  'late',
  'throttle',
  'conflict',
  'unprocessed',
  'internal-error',
];

const names = fc.constantFrom('ci-deploy', 'first', 'second');
const calls: fc.Arbitrary<Call> = fc.oneof(
  fc.record({ what: fc.constant('create' as const), name: names }),
  fc.record({ what: fc.constant('create' as const), name: names, key: fc.constantFrom('key 1', 'key 2') }),
  fc.record({ what: fc.constant('rename' as const), name: names }),
  fc.record({ what: fc.constant('describe' as const), name: names }),
  fc.record({ what: fc.constant('delete' as const), name: names }),
);
const histories = fc.array(fc.array(calls, { minLength: 1, maxLength: 2 }), { minLength: 2, maxLength: 2 });

/** Whatever goes wrong on the way: what is acknowledged is there, what is refused is not, nothing is doubled, all rows agree. */
export const acknowledgedIsDurable = lawOf({ histories, story: (scene) => tell(scene, makeWeather(scene)) });

/** Without faults: also of two deletions one is acknowledged, and an edit is applied, refused for good, or 409. */
export const nothingIsLost = lawOf({ histories, story: (scene) => tell(scene, () => undefined) });

async function tell(scene: Scene<Call[][]>, clearUp: () => void): Promise<() => void> {
  const { product, history, tally } = scene;
  const caller = new Caller(scene);
  await Promise.all(history.map((some, index) => caller.callAll(some, bothAdmins[index] ?? 'owner')));
  clearUp();
  await caller.askAgain();
  return () => {
    const rows = product.rows();
    assert.deepEqual(inconsistencies(rows), []);
    checkAnswers(caller.answers, product, rows);
    checkKeys(caller.answers, rows);
    for (const { call, refused, created } of caller.answers)
      tally.saw(`${call.what} ${refused ?? (created?.value === null ? 'replayed' : 'done')}`);
  };
}

/** Callers as they are: who is told to try again does so, with the same key. */
class Caller {
  readonly answers: Answered[] = [];
  readonly #product: SimulatedProduct;
  #newest = live.uid;

  constructor({ product }: Scene<unknown>) {
    this.#product = product;
  }

  async callAll(some: readonly Call[], who: Person): Promise<void> {
    for (const call of some) {
      const refused = await this.call(call, who);
      if (refused === 'unavailable' || refused === 'conflict') await this.call(call, who);
    }
  }

  /** Who gave a key and was never told of a token asks once more. */
  async askAgain(): Promise<void> {
    const keyed = Map.groupBy(this.answers, ({ who, call }) => call.key && `${who} ${call.key}`);
    keyed.delete(undefined);
    for (const [first, ...others] of [...keyed.values()])
      if (first && ![first, ...others].some(({ created }) => created)) await this.call(first.call, first.who);
  }

  async call(call: Call, who: Person): Promise<Answered['refused']> {
    const answer = { call, who, ...(await this.#send(call, who)) };
    this.answers.push(answer);
    if ('created' in answer && answer.created) this.#newest = answer.created.token.uid;
    return answer.refused;
  }

  async #send({ what, name, key }: Call, who: Person): Promise<Omit<Answered, 'call' | 'who'>> {
    const uid = this.#newest;
    if (what === 'create') {
      const fields = { name, scope: scopes.readOnly };
      const { done, ...answer } = await this.#product.create(who, {
        stack,
        fields,
        ...(key ? { idempotencyKey: key } : {}),
      });
      return { ...answer, ...(done ? { created: done } : {}) };
    }
    if (what === 'delete') {
      const { done, ...answer } = await this.#product.delete(who, { stack, uid, confirmName: name });
      return { ...answer, ...(done ? { deleted: done } : {}) };
    }
    const fields = what === 'rename' ? { name } : { description: name };
    const { done, ...answer } = await this.#product.edit(who, { stack, uid, fields });
    return { ...answer, ...(done ? { edited: done.token } : {}) };
  }
}

/** From now and then a fault to one in most attempts; storage may forget request tokens with it. */
function makeWeather({ product: { dynamo }, choose, tally }: Scene<unknown>): () => void {
  const rarity = faults.length * (1 + choose(6));
  const clear = faults.map((kind) =>
    dynamo.inject({
      kind,
      when: () => {
        const isFaulty = choose(rarity) === 0;
        if (isFaulty) tally.saw(kind);
        if (isFaulty && choose(2) === 0) dynamo.forgetRequestTokens();
        return isFaulty;
      },
    }),
  );
  return () => {
    for (const stop of clear) stop();
  };
}
