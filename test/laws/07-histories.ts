/** What may happen to a stack's tokens, and how it is told. */
import assert from 'node:assert/strict';
import fc, { type Arbitrary } from 'fast-check';
import type { HygieneSettings } from '../../functions/hygiene/settings.ts';
import type { RunOptions } from '../simulation/simulated-hygiene.ts';
import { type Fate, fates } from '../simulation/simulated-mailer.ts';
import { scopes } from '../simulation/simulated-scopes.ts';
import { fixture } from '../simulation/simulated-stack.ts';
import { beginning, type HygieneScene, hygieneFixture } from '../support/hygiene-races.ts';
import { storm, type Trouble, troubles } from '../support/weather.ts';

const { stack } = fixture;
const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

export type Act =
  /** So many steps after what happens at once with it. */
  | ({ readonly what: 'sweep'; readonly after?: number } & RunOptions)
  | { readonly what: 'expire'; readonly token: number; readonly on: number | 'now' | 'never' | 'as at first' }
  | { readonly what: 'describe' | 'flag' | 'delete'; readonly token: number }
  | { readonly what: 'create'; readonly on: number }
  | { readonly what: 'settings'; readonly fields: Partial<HygieneSettings> };

/** What happens at one instant. */
export interface Scene {
  /** It is so many ms from one of the instants that something is due at; or that later. */
  readonly when: { readonly due: number; readonly off: number } | { readonly later: number };
  /** Whether the index lags. */
  readonly lags: boolean;
  /** At once, where it is more than one. */
  readonly acts: readonly Act[];
  readonly trouble: Trouble | undefined;
}

/** Longer than a run that died holds a digest. */
const soon = 11 * minute;
/** Once so many runs have been on the millisecond, all that is left is met together, long after. */
const exactRuns = 2;
const mostRuns = 30;

const skews = fc.constantFrom(0, 0, -8 * second, 3 * second, 8 * second);
/** By how many ms an event's `time` is ahead. */
export const earlyEvents = fc.constantFrom(0, 0, 8 * second, 2 * hour, 3 * day, 400 * day);
/** About as late as an event can be that was tried again and again. */
export const lateEvents = fc.constantFrom(0, -9 * minute, -20 * minute, -2 * hour, -7 * hour);

export const sweeps = (event: Arbitrary<number> = earlyEvents): Arbitrary<Extract<Act, { what: 'sweep' }>> =>
  fc
    .record({
      what: fc.constant('sweep' as const),
      event,
      ahead: skews,
      cut: fc.oneof(
        { weight: 3, arbitrary: fc.constant({}) },
        { weight: 2, arbitrary: fc.record({ death: fc.integer({ min: 1, max: 90 }) }) },
        { weight: 1, arbitrary: fc.record({ things: fc.nat({ max: 4 }) }) },
      ),
    })
    .map(({ cut, ...run }) => ({ ...run, ...cut }));

const tokens = fc.nat({ max: 3 });
const expiries = fc.constantFrom(
  ...[10 * minute, 12 * hour, day, day + 5 * second, 2 * day, 7 * day, 7 * day + 5 * second, 7.5 * day, 20 * day],
);
export const expirings = (token: Arbitrary<number> = tokens): Arbitrary<Act> =>
  fc.record({
    what: fc.constant('expire' as const),
    token,
    on: fc.oneof(expiries, fc.constantFrom('now' as const, 'never' as const, 'as at first' as const)),
  });
const otherEdits: Arbitrary<Act> = fc.oneof(
  fc.record({ what: fc.constantFrom('describe' as const, 'flag' as const, 'delete' as const), token: tokens }),
  fc.record({ what: fc.constant('create' as const), on: expiries }),
);
export const settingsChanges: Arbitrary<Act> = fc
  .record(
    {
      warn_days: fc.constantFrom([7, 1], [10, 1], [3], []),
      mail_to: fc.constantFrom<HygieneSettings['mail_to'][]>(['owner'], ['owner', 'admins'], []),
      mail_about: fc.constantFrom('all' as const, 'flagged' as const),
      send_hour: fc.constantFrom(8, 20),
      cleanup_after_days: fc.constantFrom(null, 1, 2, 3),
      max_cleanup_per_day: fc.constantFrom(1, 2),
    },
    { requiredKeys: [] },
  )
  .map((fields) => ({ what: 'settings' as const, fields }));

export const whens: Arbitrary<Scene['when']> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      due: fc.nat({ max: 3 }),
      off: fc.constantFrom(0, 0, -1, 1, -5 * second, 5 * second, 11 * minute, 2 * hour),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ later: fc.constantFrom(0, 5 * minute, 11 * minute, 5 * hour, 3 * day, 9 * day) }),
  },
);

export interface SceneOptions {
  readonly acts?: Arbitrary<Act>;
  readonly sweeps?: ReturnType<typeof sweeps>;
  readonly when?: Arbitrary<Scene['when']>;
}

/** A run in most scenes, and something beside it in many. */
export function scenes({ acts, sweeps: runs = sweeps(), when = whens }: SceneOptions = {}): Arbitrary<Scene> {
  const others = acts ?? fc.oneof({ weight: 4, arbitrary: expirings() }, otherEdits, settingsChanges);
  return fc.record({
    when,
    lags: fc.boolean(),
    acts: fc.oneof(
      { weight: 3, arbitrary: fc.tuple(runs) },
      { weight: 2, arbitrary: fc.tuple(others) },
      {
        weight: 1,
        arbitrary: fc.tuple(
          runs,
          fc.tuple(runs, fc.nat({ max: 60 })).map(([run, after]) => ({ ...run, after })),
        ),
      },
      { weight: 1, arbitrary: fc.tuple(runs, others) },
      { weight: 1, arbitrary: fc.tuple(others, others) },
    ),
    trouble: fc.option(troubles([2, 4, 12]), { nil: undefined, freq: 2 }),
  });
}

/** Tells the acts of each scene, one scene after the other. */
export class Stage {
  readonly #scene: HygieneScene<unknown>;
  #created: { readonly uid: string; readonly name: string } | undefined;
  #names = 0;

  constructor(scene: HygieneScene<unknown>) {
    this.#scene = scene;
  }

  async tell({ when, lags, acts, trouble }: Scene): Promise<void> {
    const { hygiene, product, atOnce } = this.#scene;
    const now = product.now().getTime();
    const all = hygiene.due();
    const to = 'later' in when ? now + when.later : (all[when.due % Math.max(all.length, 1)] ?? now) + when.off;
    hygiene.to(Math.max(now, to), { lags });
    const period = hygiene.periods.at(-1);
    if (period) period.isTroubled = trouble !== undefined;
    const clearUp = trouble ? storm([trouble], this.#scene) : undefined;
    const told = acts.map((act) => () => this.#do(act));
    // What a fault leaves on its way is waited for, too.
    if (told.length > 1 || trouble) await atOnce(told);
    else await told[0]?.();
    clearUp?.();
    for (const { isDead } of period?.runs ?? []) if (isDead) this.#scene.tally.saw('died');
  }

  /** What becomes of mails is mostly good, where it is not always. */
  mail(isRough: boolean): void {
    const { hygiene, choose } = this.#scene;
    const fate = (): Fate => fates[isRough ? Math.max(0, choose(2 * fates.length) - fates.length) : 0] ?? 'sent';
    hygiene.mailer.fate = fate;
    hygiene.mailer.slowness = () => (isRough && choose(4) === 0 ? 80 : 1);
  }

  /** Time goes on and nothing goes wrong: each run leaves nothing undone that is due. */
  async comeToRest({ most = Number.POSITIVE_INFINITY } = {}): Promise<void> {
    const { hygiene, product } = this.#scene;
    this.mail(false);
    hygiene.to(product.now().getTime() + soon);
    for (let runs = 0; ; runs += 1) {
      const [next] = hygiene.due();
      if (next === undefined || runs >= most) return;
      assert(runs < mostRuns, 'It does not come to rest.');
      const now = Math.max(next, product.now().getTime());
      hygiene.to(runs < exactRuns ? now : now + 30 * day);
      await hygiene.sweep();
      const [still] = hygiene.due();
      assert(still === undefined || still > product.now().getTime(), 'Something is due and was not done.');
    }
  }

  async #do(act: Act): Promise<void> {
    const { hygiene, product, tally } = this.#scene;
    if (act.what === 'sweep') await this.#sweep(act);
    else if (act.what === 'settings') tally.saw(`settings ${await hygiene.change('owner', act.fields)}`);
    else if (act.what === 'create') await this.#create(act.on);
    else {
      const { uid, name } = this.#token(act.token);
      const answer =
        act.what === 'delete'
          ? await product.delete('owner', { stack, uid, confirmName: name })
          : await product.edit('owner', { stack, uid, fields: this.#fields(act) });
      tally.saw(`${act.what} ${answer.refused ?? 'done'}`);
    }
  }

  async #sweep(act: Extract<Act, { what: 'sweep' }>): Promise<void> {
    const { hygiene, product, tally } = this.#scene;
    for (let steps = act.after ?? 0; steps > 0; steps -= 1) await product.pause();
    const report = await hygiene.sweep(act);
    if (!report) return tally.saw('came to nothing');
    if (!report.complete) tally.saw('stopped, for its time was up');
    if (report.failed.length > 0) tally.saw('some failed');
  }

  async #create(on: number): Promise<void> {
    const { product, tally } = this.#scene;
    this.#names += 1;
    const name = `delta ${this.#names}`;
    const fields = { name, scope: scopes.everything, expires_on: this.#after(on) };
    const { done, refused } = await product.create('admin', { stack, fields });
    if (done) this.#created = { uid: done.token.uid, name };
    tally.saw(`create ${refused ?? 'done'}`);
  }

  #token(index: number): { uid: string; name: string } {
    return (index === 3 ? this.#created : hygieneFixture.tokens[index]) ?? hygieneFixture.tokens[0];
  }

  #fields(act: Exclude<Act, { what: 'sweep' | 'settings' | 'create' }>): Record<string, unknown> {
    const at = this.#scene.product.now().getTime();
    if (act.what !== 'expire')
      return act.what === 'flag' ? { is_email_notification_enabled: act.token % 2 === 0 } : { description: `at ${at}` };
    if (act.on === 'as at first') return { expires_on: new Date(beginning + 8 * day + 3 * hour).toISOString() };
    if (act.on === 'never') return { expires_on: null };
    return { expires_on: act.on === 'now' ? 'now' : this.#after(act.on) };
  }

  #after(ms: number): string {
    return new Date(this.#scene.product.now().getTime() + ms).toISOString();
  }
}

export const changeSkews = skews;
