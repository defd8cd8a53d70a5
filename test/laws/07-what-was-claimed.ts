/** Holds every change of a token's next action, and every notice, against what ought to have been done. */
import assert from 'node:assert/strict';
import type { NoticeIdentity } from '../../functions/notices/hygiene-repository.ts';
import type { SimulatedHygiene } from '../simulation/simulated-hygiene.ts';
import type { Tally } from '../simulation/simulated-races.ts';
import { hygieneFixture } from '../support/hygiene-races.ts';
import { type DigestMove, type HeldNotice, type Ledger, type Move, type PlacedNotice, wasThere } from './07-ledger.ts';
import { firstAfter, oldestMs, overdue, rearmed, thresholdOf } from './07-what-is-due.ts';
import { goesAt } from './07-when-it-goes.ts';

const day = 86_400_000;
const inUse = hygieneFixture.tokens[0].uid;
const usedAt = hygieneFixture.usedAt;

export function checkClaims(ledger: Ledger, hygiene: SimulatedHygiene, tally: Tally): void {
  assert.deepEqual(ledger.overwritten, [], 'A notice was claimed twice.');
  for (const move of ledger.moves) checkMove(move, { ledger, hygiene, tally });
  const withTokens = new Set(ledger.moves.flatMap(({ notice }) => notice ?? []));
  for (const notice of ledger.notices)
    assert(notice.commit === wasThere || withTokens.has(notice), `${nameOf(notice)} was claimed by itself.`);
  for (const digest of ledger.digests) checkDigest(digest);
  for (const held of ledger.held) checkHeld(held, ledger);
  for (const { commit, send_at, ...notice } of ledger.notices)
    assert(
      commit === wasThere || ledger.heldBy(send_at, commit + place).some((one) => isOf(notice, one)),
      `${nameOf(notice)} is in no digest.`,
    );
}

/** In the transaction of a claim the notice's place in its digest is so many changes later at most: the digest may be between. */
const place = 2;

interface Surroundings {
  readonly ledger: Ledger;
  readonly hygiene: SimulatedHygiene;
  readonly tally: Tally;
}

function checkMove(move: Move, here: Surroundings): void {
  const { before, after, stack } = move;
  if (move.commit === wasThere || after.state === 'deleted') return;
  assert.equal(after.armed_under, stack.hygiene_version, `${after.uid} is armed by settings of before.`);
  const settings = here.ledger.settings(after.armed_under);
  const isMoved = before?.expires_at !== after.expires_at || before.state !== after.state;
  if (!before || after.version !== before.version)
    // What is past when an expiry is set is skipped.
    assert.deepEqual(
      after.next,
      isMoved ? firstAfter(after, settings, Date.parse(after.updated_at)) : before?.next,
      `${after.uid} is not armed for what comes next.`,
    );
  else if (after.armed_under !== before.armed_under) checkRearming(move, before, here);
  else if (move.notice) checkNotice(move.notice, { ...move, before }, here);
  else if (after.next?.at !== before.next?.at) checkAdvance({ ...move, before }, here);
}

function checkRearming(move: Move, before: Move['after'], { ledger, tally }: Surroundings): void {
  const { after, stack } = move;
  const settings = { before: ledger.settings(before.armed_under), after: ledger.settings(after.armed_under) };
  const now = Date.parse(stack.updated_at);
  const expected = rearmed(before, { ...settings, now });
  assert.deepEqual(after.next, expected, `${after.uid} is not re-armed as the settings say.`);
  if (overdue(before, settings.before, now).length > 0) tally.saw('settings changed when something was due');
}

type Handled = Move & { readonly before: NonNullable<Move['before']> };

function checkNotice(notice: PlacedNotice, { before, after, commit, stack }: Handled, here: Surroundings): void {
  const { hygiene, ledger, tally } = here;
  const { claimed_at, threshold, expires_at } = notice;
  const now = Date.parse(claimed_at);
  const runs = hygiene.periodOf(commit).runs;
  assert(
    runs.some(({ believed }) => believed === now),
    `${nameOf(notice)} was claimed at ${claimed_at}, and no run is of then.`,
  );
  assert.equal(expires_at, before.expires_at, `${nameOf(notice)} is about an expiry that moved.`);
  const settings = ledger.settings(before.armed_under);
  const due = overdue(before, settings, now);
  const last = due.at(-1);
  assert(last, `${nameOf(notice)} was not due.`);
  assert.equal(threshold, thresholdOf(last.action), `${nameOf(notice)} is not the most urgent of what was due.`);
  if (last.action === 'clean_up')
    assert(after.next?.action === 'clean_up' && Date.parse(after.next.at) > now, 'What was held back does not wait.');
  else {
    assert(now - last.at <= oldestMs, `${nameOf(notice)} is too old for anybody.`);
    assert.deepEqual(after.next, firstAfter(after, settings, now), `What follows ${nameOf(notice)} is not armed.`);
  }
  checkHour(notice, { now, stack, ledger });
  tally.saw(`claimed ${last.action.replace(/\d+/, 'n')}`);
  if (due.length > 1) tally.saw('several were missed');
}

/** A notice whose digest is closed goes with the next one. */
function checkHour(
  { send_at, commit, ...notice }: PlacedNotice,
  { now, stack, ledger }: Pick<Move, 'stack'> & { now: number; ledger: Ledger },
) {
  const told = { ...notice, isInUse: notice.token_uid === inUse && now - usedAt < 7 * day };
  let expected = goesAt(told, stack.hygiene, now);
  while (ledger.isClosed(new Date(expected).toISOString(), commit))
    expected = goesAt(told, stack.hygiene, expected + 1);
  assert.equal(send_at, new Date(expected).toISOString(), `${nameOf(notice)} of ${now} goes at the wrong time.`);
}

/** Without a notice the next action moves only for one that is there already, for one that is too old, or because it failed. */
function checkAdvance({ before, after, commit }: Handled, { hygiene, ledger, tally }: Surroundings): void {
  if (after.sweep_failures !== undefined && after.sweep_failures !== before.sweep_failures) {
    assert.equal(after.next?.action, before.next?.action, 'What failed is something else afterwards.');
    tally.saw('pushed forward');
    return;
  }
  const settings = ledger.settings(before.armed_under);
  const isRight = ({ believed: now }: { believed: number }): boolean => {
    const last = overdue(before, settings, now).at(-1);
    if (!last) return false;
    const isTold = ledger.notices.some(
      (notice) =>
        notice.commit < commit &&
        notice.token_uid === before.uid &&
        notice.expires_at === before.expires_at &&
        notice.threshold === thresholdOf(last.action),
    );
    if (last.action === 'clean_up')
      return isTold && after.next?.action === 'clean_up' && Date.parse(after.next.at) > now;
    if (!isTold && now - last.at > oldestMs) tally.saw('too old');
    const next = firstAfter(after, settings, now);
    return (isTold || now - last.at > oldestMs) && next?.at === after.next?.at && next?.action === after.next?.action;
  };
  assert(
    hygiene.periodOf(commit).runs.some(isRight),
    `What was due of ${before.uid} was passed over without a notice.`,
  );
  tally.saw('advanced without a notice');
}

/** A digest that is closed is never opened again. */
function checkDigest({ before, after, send_at }: DigestMove): void {
  const isOpened = after.state === 'filling' && before !== null && before.state !== 'filling';
  assert(!isOpened, `The digest of ${send_at} took a notice when it was ${before?.state}.`);
}

/** A digest takes claimed notices only, each with its claim, and none once it is closed. */
function checkHeld({ commit, send_at, ...one }: HeldNotice, ledger: Ledger): void {
  if (commit === wasThere) return;
  assert(!ledger.isClosed(send_at, commit), `The digest of ${send_at} took a notice when it was closed.`);
  const claim = ledger.notices.find((notice) => isOf(notice, one));
  const isWithIt = claim && claim.send_at === send_at && claim.commit < commit && commit <= claim.commit + place;
  assert(isWithIt, `The digest of ${send_at} holds a notice that nobody claimed.`);
}

const isOf = (notice: NoticeIdentity, other: NoticeIdentity) =>
  notice.token_uid === other.token_uid &&
  notice.expires_at === other.expires_at &&
  notice.threshold === other.threshold;

/** When nothing goes wrong nothing that is due stays undone. */
export function checkNothingIsDue(ledger: Ledger, now: number): void {
  const latest = new Map(ledger.moves.map(({ after }) => [after.uid, after]));
  for (const token of latest.values()) {
    const due = overdue(token, ledger.settings(token.armed_under), now);
    assert.deepEqual(due, [], `Something is due of ${token.uid} and was not done.`);
  }
}

export const nameOf = ({ token_uid, expires_at, threshold }: NoticeIdentity) =>
  `The notice ${threshold} of ${token_uid} that expires at ${expires_at}`;
