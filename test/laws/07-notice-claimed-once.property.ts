import fc from 'fast-check';
import { type HygieneScene, hygieneLawOf } from '../support/hygiene-races.ts';
import { changeSkews, lateEvents, type Scene, Stage, scenes, sweeps } from './07-histories.ts';
import { Ledger } from './07-ledger.ts';
import { checkClaims } from './07-what-was-claimed.ts';
import { checkMails, checkNothingIsLost } from './07-what-was-told.ts';

const second = 1000;
const hour = 3600 * second;
const day = 24 * hour;

export interface History {
  readonly scenes: readonly Scene[];
  readonly isMailRough: boolean;
  /** By how many ms the clocks of those who edit are ahead. */
  readonly ahead: number;
}

const histories = (runs = sweeps()) =>
  fc.record({
    scenes: fc.array(scenes({ sweeps: runs }), { minLength: 1, maxLength: 3 }),
    isMailRough: fc.constantFrom(true, true, true, false),
    ahead: changeSkews,
  });

/** Of each token, expiry and threshold one notice, before anybody is told; each person is told once; and none is lost. */
export const noticeClaimedOnce = hygieneLawOf({ histories: histories(), story: tell });

/** A run whose event was handed over again and again, for an hour or more, beside the run whose hour it is. */
export const noticeClaimedOnceThoughLate = hygieneLawOf({
  histories: fc
    .record({ event: lateEvents, after: fc.nat({ max: 80 }), other: fc.boolean() })
    .map(({ event, after, other }): History => {
      const [late, prompt] = [{ what: 'sweep' as const, event }, { what: 'sweep' as const }];
      const acts = other ? [late, { ...prompt, after }] : [prompt, { ...late, after }];
      const claim = { when: { due: 0, off: 0 }, lags: false, acts: [prompt], trouble: undefined };
      const send = { when: { due: 0, off: -Math.min(event, 0) }, lags: false, acts, trouble: undefined };
      return { scenes: [claim, send], isMailRough: true, ahead: 0 };
    }),
  story: tell,
});

/**
 * A run whose clock is ahead, and whose index lags, sends a digest seconds before its hour, when another claims a notice for that very
 * digest.
 */
export const closedBeforeItIsRead = hygieneLawOf({
  histories: fc
    .record({ after: fc.nat({ max: 80 }), isMailRough: fc.boolean() })
    .map(({ after, isMailRough }): History => {
      const scene = { lags: false, trouble: undefined };
      const [hasty, prompt] = [
        { what: 'sweep' as const, event: 8 * second, ahead: 8 * second },
        { what: 'sweep' as const, after },
      ];
      const on = 7 * day + 21 * hour - 5 * second;
      const scenes: Scene[] = [
        { ...scene, when: { due: 0, off: 0 }, acts: [prompt] },
        { ...scene, when: { later: hour }, acts: [{ what: 'expire', token: 0, on }] },
        { ...scene, lags: true, when: { due: 0, off: 0 }, acts: [hasty, prompt] },
      ];
      return { scenes, isMailRough, ahead: 0 };
    }),
  story: tell,
});

async function tell(scene: HygieneScene<History>): Promise<void> {
  const { product, hygiene, history, tally } = scene;
  product.time.ahead.change = history.ahead;
  const stage = new Stage(scene);
  stage.mail(history.isMailRough);
  for (const each of history.scenes) await stage.tell(each);
  await stage.comeToRest();
  const ledger = new Ledger(product, scene.snapshot);
  checkClaims(ledger, hygiene, tally);
  checkNothingIsLost(ledger, checkMails(ledger, hygiene, tally), { hygiene, tally });
}
