import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Use } from '../simulation/simulated-dependencies.ts';
import type { Door } from '../simulation/simulated-doors.ts';
import {
  type Answer,
  day,
  keys,
  SimulatedProduct,
  type Surroundings,
  tables,
} from '../simulation/simulated-product.ts';
import { lawOf, type Tally } from '../simulation/simulated-races.ts';
import { fixture, type KnownSession, simulatedProduct } from '../simulation/simulated-stack.ts';
import { type Beginning, toldBy, VerdictOracle } from '../support/verdict-oracle.ts';

const { stack, live } = fixture;
const second = 1000;
const hour = day / 24;

/** The live token with two sessions: the first ends 3 s before the token expires, the other 7 s after. */
const atTheEnd = await makeEnd();

async function makeEnd() {
  const product = simulatedProduct({});
  const sessions: KnownSession[] = [];
  const open = async () => {
    const { done } = await product.sessions.open({ value: live.value, stack });
    assert(done);
    sessions.push({ uid: done.session.uid, value: done.value });
    return Date.parse(done.session.expires_at);
  };
  const expiry = (await open()) + 3 * second;
  product.pass(10 * second);
  await open();
  const fields = { expires_on: new Date(expiry).toISOString() };
  assert((await product.edit('owner', { stack, uid: live.uid, fields })).done);
  return { sessions, expiry, snapshot: product.dynamo.snapshot() };
}

/** The token's and its sessions' rows, with a TTL that is long over. */
const rowsWithTtl = atTheEnd.snapshot.flatMap(([table, items]) =>
  items
    .filter(({ pk, sk }) => pk?.S?.startsWith('SESSION#') || (pk?.S === `TOKEN#${live.uid}` && sk?.S === 'META'))
    .map((item) => [table, { ...item, ttl: { N: '1' } }] as const),
);

/** 20 s before the token expires. */
function productAtTheEnd(surroundings: Surroundings): SimulatedProduct {
  const product = new SimulatedProduct(surroundings, 3000);
  product.dynamo.load(atTheEnd.snapshot);
  product.time.stand(atTheEnd.expiry - 20 * second);
  return product;
}

const clock = fc.integer({ min: -8, max: 8 }).map((seconds) => seconds * second);
const values = [live.value, ...atTheEnd.sessions.map(({ value }) => value)];
const steps = fc.record({
  door: fc.constantFrom<Door[]>('verification', 'introspection', 'environments', 'opening', 'current session'),
  value: fc.oneof(fc.constant(live.value), fc.constantFrom(...values)),
  /** Before it, time passes until the clock of who answers is that far from the end of what is asked about, or by two seconds. */
  until: fc.constantFrom(-1, 0, 0, 1, 'later' as const, 'at once' as const),
});
type Step = ReturnType<typeof steps.generate>['value'];
const edits = fc.constantFrom('expire now', 'revoke', 'extend', 'never', 'shorten', 'describe');

const histories = fc.record({
  ahead: fc.record({ verification: clock, introspection: clock, opening: clock, change: clock }),
  /** Whether the rows have a TTL that is long over: nothing looks at it. */
  ttl: fc.boolean(),
  program: fc.array(steps, { minLength: 2, maxLength: 3 }),
  byOwner: fc.array(edits, { maxLength: 2 }),
  byAnother: fc.array(edits, { maxLength: 1 }),
  last: fc.constantFrom('verification' as const, 'introspection' as const),
});

/** Good if and only if `now < expires_at`, by the clock of who verifies, and nobody stopped it; whatever others' clocks say. */
export const expiryIsAComparison = lawOf({
  product: productAtTheEnd,
  histories,
  story: async ({ product, history, tally }) => {
    Object.assign(product.time.ahead, history.ahead);
    if (history.ttl) for (const [table, item] of rowsWithTtl) product.dynamo.put(table, item);
    const watch = new Watch(product, tally);
    const editAll = async (some: readonly string[], who: 'owner' | 'admin') => {
      for (const what of some) await watch.edit(what, who);
    };
    const verifyAll = async () => {
      for (const step of history.program) {
        watch.letPass(step);
        await watch.ask(step);
      }
    };
    await Promise.all([verifyAll(), editAll(history.byOwner, 'owner'), editAll(history.byAnother, 'admin')]);
    await watch.ask({ door: history.last, value: live.value });
    product.pass(day);
    for (const value of values.slice(0, 2)) await watch.ask({ door: 'introspection', value });
    return () => {
      const images = product.commits(tables.tokens).flatMap(({ after }) => (after?.uid === live.uid ? [after] : []));
      if (!history.ttl) assert(!images.some((image) => 'ttl' in image), 'A token that is not deleted has a ttl.');
    };
  },
});

const useOf = (door: Door): Use => (door === 'opening' || door === 'introspection' ? door : 'verification');

type Known = { readonly expires_at: number } | 'stopped' | undefined;

/** What has been acknowledged, and so must hold. Nothing of it is read from storage. */
class Watch {
  readonly #product: SimulatedProduct;
  readonly #tally: Tally;
  readonly #oracle: VerdictOracle;
  /** The token's expiry, or that it is stopped; undefined while an edit is under way, or the last ones crossed. */
  #known: Known = { expires_at: atTheEnd.expiry };
  /** Every edit of the expiry that has begun, and how many of them are under way. */
  #begun = 0;
  #underWay = 0;
  /** The token was stopped or extended: no session of before lives again. */
  #isRenewed = false;

  constructor(product: SimulatedProduct, tally: Tally) {
    this.#product = product;
    this.#tally = tally;
    this.#oracle = new VerdictOracle(product, atTheEnd.snapshot);
  }

  /** Time never goes back, and all that happens in the race takes less than a minute: instances' clocks may differ by that. */
  letPass({ door, value, until }: Step): void {
    if (until === 'at once') return;
    const now = this.#product.now().getTime();
    const [, , session] = value.split('_');
    const key = value.startsWith('css_') ? keys.session(live.uid, `blt${session}`) : keys.token(live.uid);
    const end = Date.parse(String(this.#oracle.states(key, this.#product.moment)[0]?.expires_at));
    const wait = until === 'later' ? 2 * second : end + until - now - (this.#product.time.ahead[useOf(door)] ?? 0);
    const isSoon = wait > 0 && now + wait < atTheEnd.expiry + 20 * second;
    if (isSoon) this.#product.pass(wait);
    if (isSoon && until !== 'later') this.#tally.saw(`${until} ms from the end`);
  }

  async ask({ door, value }: Pick<Step, 'door' | 'value'>): Promise<void> {
    const question = { value, stack, ...(door === 'environments' ? { branch: 'main' } : {}) };
    const ahead = this.#product.time.ahead[useOf(door)] ?? 0;
    const [known, begun, beginning] = [this.#known, this.#begun, this.#oracle.begin()];
    const isOld = this.#isRenewed && value !== live.value;
    const { says } = await this.#product.doors.ask(door, question);
    if (says === 'unavailable') return;
    const isActive = says === 'active';
    const words = this.#oracle.words(question, beginning, ahead);
    const told = new Set([...words].map((word) => toldBy(door, question, word)));
    // What is opened is verified as a session: of that, only that it is not good is told.
    const isOpeningRefused = door === 'opening' && says === 'unauthenticated' && this.#begun > 0;
    assert(told.has(says) || isOpeningRefused, `${door} says ${says}; it is one of ${[...told]}.`);
    assert(!(isOld && isActive), 'A session lives again.');
    if (isOld) this.#tally.saw('an old session stays dead');
    const isOfToken = value === live.value && door !== 'current session';
    if (isOfToken && begun === this.#begun) this.#hold(known, { isActive, ahead, beginning });
  }

  /** Nothing moved the expiry meanwhile: a comparison says it all. */
  #hold(
    known: Known,
    { isActive, ahead, beginning }: { isActive: boolean; ahead: number; beginning: Beginning },
  ): void {
    if (known === undefined) return;
    const [from, to] = [beginning.ms + ahead, this.#product.now().getTime() + ahead];
    if (known === 'stopped') {
      assert(!isActive, 'What was stopped is good.');
      this.#tally.saw(
        ahead < (this.#product.time.ahead.change ?? 0) ? 'stopped, by a clock that is behind' : 'stopped',
      );
      return;
    }
    if (to < known.expires_at) assert(isActive, 'It has not expired, and nobody stopped it.');
    if (from >= known.expires_at) assert(!isActive, 'It has expired.');
    if (known.expires_at !== atTheEnd.expiry && isActive) this.#tally.saw('good again');
    if (from === known.expires_at) this.#tally.saw('expired this instant');
    if (to === known.expires_at - 1) this.#tally.saw('good for another ms');
  }

  async edit(what: string, who: 'owner' | 'admin'): Promise<void> {
    if (what === 'describe') {
      await this.#product.edit(who, { stack, uid: live.uid, fields: { description: who } });
      return;
    }
    const isAlone = this.#underWay === 0;
    this.#known = undefined;
    this.#begun += 1;
    this.#underWay += 1;
    const begun = this.#begun;
    const { expires_at, answer } = await this.#move(what, who);
    this.#underWay -= 1;
    this.#begun += 1;
    this.#tally.saw(`${what} ${answer.refused ?? 'done'}`);
    if (!answer.done) return;
    if (what !== 'shorten') this.#isRenewed = true;
    if (isAlone && this.#begun === begun + 1) this.#known = expires_at === 'stopped' ? expires_at : { expires_at };
  }

  async #move(
    what: string,
    who: 'owner' | 'admin',
  ): Promise<{ expires_at: number | 'stopped'; answer: Answer<unknown> }> {
    const { sessions } = this.#product;
    if (what === 'revoke') return { expires_at: 'stopped', answer: await sessions.revoke(live.value) };
    const edit = (expires_on: string | null) =>
      this.#product.edit(who, { stack, uid: live.uid, fields: { expires_on } });
    if (what === 'expire now') return { expires_at: 'stopped', answer: await edit('now') };
    if (what === 'never') return { expires_at: Number.POSITIVE_INFINITY, answer: await edit(null) };
    const now = this.#product.now('change').getTime();
    const expires_at = what === 'extend' ? atTheEnd.expiry + hour : now + 5 * second;
    return { expires_at, answer: await edit(new Date(expires_at).toISOString()) };
  }
}
