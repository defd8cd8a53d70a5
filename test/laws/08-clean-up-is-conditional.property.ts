import fc, { type Arbitrary } from 'fast-check';
import { expiredFixture, type HygieneScene, hygieneLawOf } from '../support/hygiene-races.ts';
import { type Act, changeSkews, expirings, lateEvents, type Scene, Stage, scenes } from './07-histories.ts';
import { Ledger } from './07-ledger.ts';
import { checkClaims } from './07-what-was-claimed.ts';
import { checkCleanUps } from './08-what-was-cleaned-up.ts';

const second = 1000;
const hour = 3_600_000;
const day = 24 * hour;

interface History {
  /** How many tokens may be cleaned up a day, to begin with. */
  readonly limit: number;
  readonly scenes: readonly Scene[];
  /** By how many ms the clocks of those who edit are ahead. */
  readonly ahead: number;
}

const settings: Arbitrary<Act> = fc
  .record(
    {
      cleanup_after_days: fc.constantFrom(null, 1, 2, 3),
      max_cleanup_per_day: fc.constantFrom(1, 2, 3),
    },
    { requiredKeys: [] },
  )
  .map((fields) => ({ what: 'settings', fields }));
const others = fc.oneof(
  { weight: 3, arbitrary: expirings(fc.nat({ max: 2 })) },
  {
    weight: 1,
    arbitrary: fc.record({ what: fc.constantFrom('describe' as const, 'delete' as const), token: fc.nat({ max: 2 }) }),
  },
  { weight: 2, arbitrary: settings },
);
/** Around the next clean-up, and a day after the last. */
const whens = fc.oneof(
  fc.record({ due: fc.nat({ max: 1 }), off: fc.constantFrom(0, 0, -1, 1, -5 * second, hour) }),
  fc.record({ later: fc.constantFrom(0, 5 * hour, day - 1, day, day + 1) }),
);

const histories = fc.record({
  limit: fc.constantFrom(1, 2, 3),
  scenes: fc.array(scenes({ acts: others, when: whens }), { minLength: 1, maxLength: 3 }),
  ahead: changeSkews,
});

const { snapshot, from } = expiredFixture;

/** Only what expired long ago by the true clock, only as it was seen, and never more than the limit. */
export const cleanUpIsConditional = hygieneLawOf({ histories, story: tell, snapshot, from });

/** A run whose event was handed over again and again, for an hour or more; the next is on time. */
export const cleanUpIsConditionalThoughLate = hygieneLawOf({
  histories: fc
    .record({
      event: lateEvents,
      limit: fc.constantFrom(1, 2),
      off: fc.constantFrom(0, hour, 8 * hour),
      isBeside: fc.boolean(),
    })
    .map(({ event, limit, off, isBeside }): History => {
      const [late, prompt] = [{ what: 'sweep' as const, event }, { what: 'sweep' as const }];
      const first = {
        when: { due: 0, off },
        lags: false,
        acts: isBeside ? [late, prompt] : [late],
        trouble: undefined,
      };
      const next = { when: { due: 0, off: 0 }, lags: false, acts: [prompt], trouble: undefined };
      return { limit, scenes: [first, next, next], ahead: 0 };
    }),
  story: tell,
  snapshot,
  from,
});

/** The settings are changed when a run is under way: what they say holds from then on. */
export const changedMeanwhile = hygieneLawOf({
  histories: settings.map((change): History => {
    const acts = [{ what: 'sweep' as const }, change];
    return { limit: 3, scenes: [{ when: { due: 0, off: hour }, lags: false, acts, trouble: undefined }], ahead: 0 };
  }),
  story: tell,
  snapshot,
  from,
});

async function tell(scene: HygieneScene<History>): Promise<void> {
  const { product, hygiene, history, tally } = scene;
  product.time.ahead.change = history.ahead;
  await hygiene.change('owner', { max_cleanup_per_day: history.limit });
  const stage = new Stage(scene);
  for (const each of history.scenes) await stage.tell(each);
  await stage.comeToRest({ most: 2 });
  const ledger = new Ledger(product, scene.snapshot);
  checkClaims(ledger, hygiene, tally);
  checkCleanUps({ product, hygiene, ledger, tally });
}
