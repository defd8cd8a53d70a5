import assert from 'node:assert/strict';
import fc from 'fast-check';
import { mayHaveArrived } from '../simulation/simulated-mailer.ts';
import type { Row } from '../simulation/simulated-product.ts';
import { expiredFixture, type HygieneScene, hygieneLawOf } from '../support/hygiene-races.ts';
import { expirings, Stage, sweeps } from './07-histories.ts';
import { Ledger } from './07-ledger.ts';
import { checkMails } from './07-what-was-told.ts';

const minute = 60_000;
const hour = 60 * minute;
/** Longer than a run that died holds a digest. */
const soon = 25 * minute;
/** Before a day is over, which would make room for another clean-up. */
const later = 23 * hour;

const histories = ({ off, before }: { off: number; before: number }) =>
  fc.record({
    /** So many runs come before, each when something is due. */
    before: fc.nat({ max: before }),
    edits: fc.array(expirings(fc.nat({ max: 2 })), { maxLength: 1 }),
    when: fc.record({ due: fc.nat({ max: 3 }), off: fc.constant(off) }),
    limit: fc.constantFrom(1, 2),
    /** So much later than the run that is alone. */
    late: fc.constantFrom(0, 0, 5000, 9 * minute),
    atOnce: fc.array(sweeps(), { minLength: 1, maxLength: 2 }),
    again: fc.array(sweeps(), { maxLength: 1 }),
    lags: fc.boolean(),
  });
type History = ReturnType<ReturnType<typeof histories>['generate']>['value'];

/** Twice, late, at once, or after it died: notices, rows and mails are those of one run. */
export const sweepTwice = hygieneLawOf({ histories: histories({ off: 0, before: 5 }), story: tell });

/** The same where clean-ups are due, and more of them than the limit allows. */
export const cleanUpTwice = hygieneLawOf({
  histories: histories({ off: hour, before: 0 }),
  story: tell,
  snapshot: expiredFixture.snapshot,
  from: expiredFixture.from,
});

async function tell(scene: HygieneScene<History>): Promise<void> {
  const { product, hygiene, history, tally } = scene;
  await hygiene.change('owner', { max_cleanup_per_day: history.limit });
  for (let runs = history.before; runs > 0; runs -= 1) {
    hygiene.to(Math.max(hygiene.due()[0] ?? 0, product.now().getTime()));
    await hygiene.sweep();
  }
  await new Stage(scene).tell({ when: history.when, lags: false, acts: history.edits.slice(0, 1), trouble: undefined });
  const at = product.now().getTime();
  const sent = hygiene.mailer.tries.length;
  const alone = scene.copy();
  await alone.hygiene.sweep();
  // What is due meanwhile is told by another run: that is not the same one, later.
  if (alone.hygiene.due().some((due) => due > at && due <= at + soon)) return;
  hygiene.to(at + history.late, { lags: history.lags });
  await scene.atOnce(history.atOnce.map((run) => () => hygiene.sweep(run)));
  for (const run of history.again) await hygiene.sweep(run);
  for (const world of [alone, scene]) await goOn(world, at);
  assert.deepEqual(rowsOf(scene, sent), rowsOf(alone, 0));
  await checkAgain(scene);
  checkMails(new Ledger(product, scene.snapshot), hygiene, tally);
  if (hygiene.runs.some(({ isDead }) => isDead)) tally.saw('died');
  tally.saw('the same');
}

/** As every 15 minutes, when nothing goes wrong. */
async function goOn({ hygiene }: Pick<HygieneScene<unknown>, 'hygiene'>, at: number): Promise<void> {
  for (const after of [soon, later]) {
    hygiene.to(at + after);
    await hygiene.sweep();
  }
}

/** Once more at the same instant: nothing is left to do. */
async function checkAgain({ product, hygiene }: HygieneScene<unknown>): Promise<void> {
  const before = product.moment;
  await hygiene.sweep();
  assert.equal(product.moment, before, 'A run that has nothing to do changes something.');
}

type World = Pick<HygieneScene<unknown>, 'product' | 'hygiene' | 'snapshot' | 'tally'>;

/**
 * What one run and several must leave alike: all but ids and instants.
 * @param sent how many mails were sent before
 */
function rowsOf({ product, hygiene, snapshot, tally }: World, sent: number) {
  const { tokens, audit } = product.rows();
  const under = (prefix: string) => tokens.filter(({ pk }) => String(pk).startsWith(prefix));
  const metas = under('TOKEN#').filter(({ sk }) => sk === 'META');
  const ledger = new Ledger(product, snapshot);
  for (const { threshold } of ledger.notices) tally.saw(`notice ${threshold.replace(/\d+/, 'n')}`);
  const mails = checkMails(ledger, hygiene, tally).slice(sent);
  // Runs at once may send in several mails what one run sends in one: what counts is who is told of what.
  const told = ledger.notices.flatMap(({ token_uid, expires_at, threshold, send_at, name }) =>
    mails
      .filter((mail) => mail.send_at === send_at && mayHaveArrived(mail) && mail.mail.text.includes(`* ${name} (`))
      .map(({ person }) => `${token_uid} ${expires_at} ${threshold}: ${person}`),
  );
  const waiting = new Set(under('DIGEST#').flatMap(({ sk, due_at }) => (due_at ? String(sk) : [])));
  const noticesOf = (some: Ledger['held']) =>
    some.map(({ token_uid, expires_at, threshold }) => `${token_uid} ${expires_at} ${threshold}`).sort();
  return {
    tokens: metas.map(essenceOf),
    stack: under('STACK#').map(({ pk, sk, cleaned, ...row }) => [sk, row.tokens, lengthOf(cleaned)]),
    notices: under('NOTICE#').map(({ pk, sk }) => `${pk} ${sk}`),
    held: noticesOf(ledger.held),
    waiting: noticesOf(ledger.held.filter(({ send_at }) => waiting.has(send_at))),
    told: [...new Set(told)].sort(),
    receipts: under('TOKEN#').flatMap(({ sk, token_uid, reason }) =>
      String(sk).startsWith('RECEIPT#') ? [`${token_uid} ${reason}`] : [],
    ),
    audit: audit.map(({ metadata, event_type, outcome }) => JSON.stringify([metadata, event_type, outcome])).sort(),
  };
}

/** What waits for clean-up waits from the last one on; everything else is due when it is due. */
function essenceOf({ uid, state, version, epoch, expires_at, armed_under, next_action, due_at }: Row) {
  return {
    uid,
    state,
    version,
    epoch,
    expires_at,
    armed_under,
    next_action,
    due_at: next_action === 'clean_up' || due_at,
  };
}

const lengthOf = (list: unknown) => (Array.isArray(list) ? list.length : 0);
