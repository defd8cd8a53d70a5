import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { RunOptions } from '../simulation/simulated-hygiene.ts';
import { day } from '../simulation/simulated-product.ts';
import { fixture } from '../simulation/simulated-stack.ts';
import { type HygieneScene, hygieneFixture, hygieneLawOf } from '../support/hygiene-races.ts';
import { changeSkews, earlyEvents, sweeps } from './07-histories.ts';

const { stack } = fixture;
const { tokens } = hygieneFixture;
const second = 1000;

const moments = fc.record({
  token: fc.nat({ max: tokens.length - 1 }),
  /** From the token's expiry, by the clock of who verifies; or years later. */
  off: fc.constantFrom(-7 * day, -1, -1, 0, 0, 1, 5 * second, day, 2 * day, 2 * day, 3 * day, 500 * day),
  runs: fc.array(sweeps(earlyEvents), { minLength: 1, maxLength: 2 }),
  /** At once with the runs, or before them. */
  edit: fc.constantFrom('extend', 'extend', 'shorten', 'now', 'never', 'none', 'none', 'none'),
  isBeside: fc.boolean(),
  lags: fc.boolean(),
  /** Whether TTL has deleted what it may. */
  isTidied: fc.boolean(),
});
type Moment = ReturnType<typeof moments.generate>['value'];
/** Days after its expiry a token is cleaned up, and years later somebody extends it. Among all histories that is rare. */
const extendedTooLate = fc
  .tuple(moments, moments, moments, fc.constantFrom(0, 1))
  .map(([first, second, last, token]): readonly Moment[] => [
    { ...first, token, off: 3 * day, edit: 'none' },
    { ...second, token, off: 5 * day, edit: 'none' },
    { ...last, token, off: 500 * day, edit: 'extend', isBeside: false },
  ]);
interface History {
  readonly moments: readonly Moment[];
  readonly ahead: number;
}

/** Whatever runs, cleans up or is tidied beside it: good until the very instant, and never after. */
export const hygieneOnlyTidies = hygieneLawOf({
  histories: fc.record({
    moments: fc.oneof(
      { weight: 7, arbitrary: fc.array(moments, { minLength: 2, maxLength: 3 }) },
      { weight: 1, arbitrary: extendedTooLate },
    ),
    ahead: changeSkews,
  }),
  story: async (scene: HygieneScene<History>) => {
    scene.product.time.ahead.verification = scene.history.ahead;
    const watch = new Watch(scene);
    for (const moment of scene.history.moments) await watch.live(moment);
  },
});

/** What was acknowledged of each token's expiry. Nothing of it is read from storage. */
class Watch {
  readonly #scene: HygieneScene<History>;
  readonly #expiries: (number | 'stopped')[];

  constructor(scene: HygieneScene<History>) {
    this.#scene = scene;
    this.#expiries = hygieneFixture.expiries.map((expiry) => expiry ?? Number.POSITIVE_INFINITY);
  }

  async live({ token, off, runs, edit, isBeside, lags, isTidied }: Moment): Promise<void> {
    const { product, hygiene, history, atOnce, tally } = this.#scene;
    const now = product.now().getTime();
    const expiry = this.#expiries[token];
    const isAhead = typeof expiry === 'number' && Number.isFinite(expiry) && expiry + off - history.ahead >= now;
    hygiene.to(isAhead ? expiry + off - history.ahead : now, { lags });
    if (isTidied && (await hygiene.tidy()) > 0) tally.saw('tidied');
    const change = () => this.#edit(token, edit);
    if (!isBeside) await change();
    const sweepAll = runs.map((run: RunOptions) => () => hygiene.sweep(run));
    const verify = isBeside && edit !== 'none' ? change : () => this.#verify(token);
    await atOnce([verify, ...sweepAll]);
    for (const index of tokens.keys()) await this.#verify(index);
  }

  async #verify(index: number): Promise<void> {
    const { product, history, tally } = this.#scene;
    const [token, expiry] = [tokens[index], this.#expiries[index]];
    assert(token && expiry !== undefined);
    const now = product.now().getTime() + history.ahead;
    const verdict = await product.verify({ value: token.value, stack });
    const isGood = expiry !== 'stopped' && now < expiry;
    assert.equal(
      verdict.active,
      isGood,
      `${token.name} is ${verdict.active ? '' : 'not '}good at ${now}, and ends at ${expiry}.`,
    );
    if (now === expiry) tally.saw('over this instant');
    if (typeof expiry === 'number' && now === expiry - 1) tally.saw('good for another ms');
    if (isGood && now > Math.max(...hygieneFixture.expiries.map(Number))) tally.saw('good for long');
    if (!verdict.active && verdict.reason !== 'expired') tally.saw(verdict.reason);
  }

  async #edit(index: number, edit: string): Promise<void> {
    const token = tokens[index];
    if (edit === 'none' || !token) return;
    const { product, tally } = this.#scene;
    const now = product.now().getTime();
    const later = now + (edit === 'extend' ? 5 * day : 10 * second);
    const expires_on = edit === 'never' ? null : edit === 'now' ? 'now' : new Date(later).toISOString();
    const { done, refused } = await product.edit('owner', { stack, uid: token.uid, fields: { expires_on } });
    tally.saw(`${edit} ${refused ?? 'done'}`);
    if (!done) return;
    const { state, expires_at } = done.token;
    const ends = expires_at === null ? Number.POSITIVE_INFINITY : Date.parse(expires_at);
    this.#expiries[index] = state === 'stopped' ? 'stopped' : ends;
  }
}
