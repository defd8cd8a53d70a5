/** Holds every mail against the notices, the expiries and the settings that there were, and every notice against the mails. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { SimulatedHygiene } from '../simulation/simulated-hygiene.ts';
import { type MailTry, mayHaveArrived } from '../simulation/simulated-mailer.ts';
import type { Person } from '../simulation/simulated-product.ts';
import type { Tally } from '../simulation/simulated-races.ts';
import { addresses, uidOf } from '../support/hygiene-races.ts';
import type { HeldNotice, Ledger, PlacedNotice } from './07-ledger.ts';
import { nameOf } from './07-what-was-claimed.ts';

/** A try to send one person a digest. */
interface Told extends MailTry {
  readonly send_at: string;
  readonly person: string;
  readonly number: number;
  /** It says that an earlier one may have arrived. */
  readonly again: boolean;
}

const people = Object.entries(addresses).map(([who, address]) => ({ who, uid: uidOf(who as Person), address }));

/** @throws where a mail was sent that ought not to have been */
export function checkMails(ledger: Ledger, hygiene: SimulatedHygiene, tally: Tally): readonly Told[] {
  const told = mailsOf(ledger, hygiene);
  for (const mail of told) checkMail(mail, { ledger, told, hygiene, tally });
  for (const { before, after } of ledger.deliveries) checkDelivery(before, after);
  return told;
}

/** By how many ms the clock of a run is ahead or behind, at most. */
const mostSkew = 10_000;
const isWarning = ({ threshold }: { threshold: string }) => threshold !== 'expired' && threshold !== 'held_back';

interface Surroundings {
  readonly ledger: Ledger;
  readonly told: readonly Told[];
  readonly hygiene: SimulatedHygiene;
  readonly tally: Tally;
}

function mailsOf({ digests }: Ledger, { mailer }: SimulatedHygiene): Told[] {
  const keys = new Map(digests.map(({ send_at, after }) => [send_at, String(after.stack)]));
  const ids = new Map(
    [...keys].flatMap(([send_at, stack]) =>
      people.map(({ uid: person }) => [idOf([stack, send_at, person]), { send_at, person }] as const),
    ),
  );
  return mailer.tries.map((each) => {
    const [id = '', number] = each.mail.delivery.split('-');
    const of = ids.get(id);
    assert(of, 'A mail is of no digest.');
    assert.equal(each.mail.to, people.find(({ uid }) => uid === of.person)?.address);
    return { ...each, ...of, number: Number(number), again: each.mail.text.includes('You may have this mail already') };
  });
}

const idOf = (facts: readonly string[]) =>
  createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 24);

function checkMail(mail: Told, { ledger, told, hygiene, tally }: Surroundings): void {
  const { person, send_at, moment, number, again } = mail;
  tally.saw(again ? `again ${mail.fate}` : mail.fate);
  const claim = ledger.deliveries.findLast(
    ({ commit, after }) => commit < moment && after.person === person && after.send_at === send_at,
  );
  assert(claim?.after.state === 'sending' && claim.after.tries === number, 'A mail was sent that nobody had claimed.');
  const earlier = told.slice(0, told.indexOf(mail)).filter((one) => one.person === person && one.send_at === send_at);
  for (const one of earlier.filter(mayHaveArrived)) {
    assert(again, `${person} is told of the digest of ${send_at} twice, and not that it may be so.`);
    // Where its run lived and storage answered, it is known that an earlier mail was sent, or will be.
    const isTroubled = hygiene.periods.some(
      (period) => period.isTroubled && period.runs.some(({ id }) => id === one.run),
    );
    const isKnown = one.fate === 'sent' && !hygiene.runs[one.run]?.isDead && !isTroubled;
    assert(!isKnown, `${person} is told of the digest of ${send_at} twice.`);
  }
  assert(earlier.filter((one) => mayHaveArrived(one) && one.again).length === 0, 'A mail was sent a third time.');
  checkEntries(mail, ledger);
}

/** It tells of claimed notices, whose expiry has not moved since the digest was last closed to be sent. */
function checkEntries({ mail, send_at, moment, at }: Told, ledger: Ledger): void {
  const digest = ledger.digests.findLast((each) => each.send_at === send_at && each.commit < moment);
  const taken = ledger.digests.findLast(
    (each) => each.send_at === send_at && each.commit < moment && each.after.state === 'closed',
  );
  assert(digest && taken, 'A mail is of a digest that was not closed.');
  assert(at + 60_000 >= Date.parse(send_at), 'A mail was sent before its hour.');
  const held = ledger.heldBy(send_at, moment);
  const named = namesOf(ledger).filter(({ name }) => mail.text.includes(`* ${name} (`));
  assert(named.length > 0, 'A mail tells of nothing.');
  for (const { uid, name } of named) {
    const some = held.filter(({ token_uid }) => token_uid === uid);
    const states = ledger.statesOf(uid, taken.commit, moment);
    const isTrue = states.some(
      ({ state, expires_at }) => state !== 'deleted' && some.some((notice) => notice.expires_at === expires_at),
    );
    assert(isTrue, `A mail tells of ${uid}, whose expiry had moved.`);
    checkWords(mail.text, { name, at, some });
    for (const { expires_at, threshold } of some) {
      const claim = ledger.notices.find(
        (one) => one.token_uid === uid && one.expires_at === expires_at && one.threshold === threshold,
      );
      assert(claim && claim.commit < moment, `A mail tells of ${uid} before its notice was claimed.`);
    }
  }
}

/** Of what lies ahead it says that it expires, and only the notice of an expiry says that it has expired. */
function checkWords(text: string, { name, at, some }: { name: string; at: number; some: readonly HeldNotice[] }) {
  const [, label] = /^ {2}(Expires|Expired): /m.exec(text.slice(text.indexOf(`* ${name} (`))) ?? [];
  const isTrue = some.some((notice) => {
    const left = Date.parse(notice.expires_at) - at;
    return isWarning(notice) ? label === 'Expires' && left > -mostSkew : label === 'Expired' && left < mostSkew;
  });
  assert(isTrue, `A mail of ${new Date(at).toISOString()} says "${label}" of ${name}.`);
}

const namesOf = ({ moves }: Ledger) => [
  ...new Map(moves.map(({ after: { uid, name } }) => [uid, { uid, name }])).values(),
];

/** What has an outcome keeps it; only one that is not known is tried once more, and marked. */
function checkDelivery(before: Ledger['deliveries'][number]['before'], after: Ledger['deliveries'][number]['after']) {
  if (after.state !== 'sending') return;
  assert(before?.state !== 'sent' && before?.state !== 'undeliverable', 'A mail is sent that has its outcome.');
  assert.equal(after.tries, (before?.tries ?? 0) + 1);
  const isUnknown = before?.state === 'sending' || before?.state === 'unknown';
  assert(!(isUnknown && before.again), 'What is unknown twice is tried a third time.');
  if (isUnknown) assert(after.again, 'What may have arrived is sent again without a word.');
}

/** At rest every notice that is still true has reached everybody whom the settings name, or it can be seen what became of it. */
export function checkNothingIsLost(
  ledger: Ledger,
  told: readonly Told[],
  { hygiene, tally }: { hygiene: SimulatedHygiene; tally: Tally },
): void {
  const last = new Map(ledger.digests.map((move) => [move.send_at, move]));
  for (const { send_at, commit, after } of last.values()) {
    assert(
      ['sent', 'undeliverable', 'nobody'].includes(String(after.state)),
      `The digest of ${send_at} is ${after.state}.`,
    );
    for (const held of ledger.heldBy(send_at, commit)) {
      const notice = ledger.notices.find(
        (one) =>
          one.token_uid === held.token_uid && one.expires_at === held.expires_at && one.threshold === held.threshold,
      );
      assert(notice);
      const isOver = Date.parse(held.expires_at) <= hygiene.periodOf(commit).ms + mostSkew;
      // The expiry overtook the warning, before it was sent or before it was tried again: the notice of the expiry tells it.
      if (isWarning(held) && isOver) tally.saw('overtaken by the expiry');
      else checkReached(notice, { finished: commit, ledger, told, tally });
    }
  }
}

function checkReached(
  notice: PlacedNotice,
  { finished, ledger, told, tally }: Omit<Surroundings, 'hygiene'> & { finished: number },
): void {
  const { token_uid, expires_at, send_at, commit } = notice;
  const states = ledger.statesOf(token_uid, commit, finished);
  if (states.some((token) => token.expires_at !== expires_at || token.state === 'deleted')) {
    tally.saw('disarmed before it was told');
    return;
  }
  const closed = ledger.digests.find((each) => each.send_at === send_at && each.after.state === 'closed');
  const [from, to] = [ledger.stackAt(closed?.commit ?? commit).hygiene, ledger.stackAt(finished).hygiene];
  const [token] = states;
  assert(token);
  const isFlagged = states.every((each) => each.is_email_notification_enabled);
  for (const { who, uid } of people) {
    const isNamed = ({ mail_to, mail_about }: typeof from) =>
      (mail_to.includes(who === 'owner' ? 'owner' : 'admins') && (mail_about === 'all' || isFlagged)) ||
      (isFlagged && token.created_by === uid);
    if (!isNamed(from) || !isNamed(to)) continue;
    const delivery = ledger.deliveries.findLast(
      ({ after }) => after.person === uid && after.send_at === send_at,
    )?.after;
    const outcome = delivery?.state ?? 'nothing';
    assert(['sent', 'unknown', 'undeliverable'].includes(outcome), `Of ${nameOf(notice)} ${who} is told ${outcome}.`);
    const arrived = told.filter((one) => one.person === uid && one.send_at === send_at && one.fate === 'sent');
    const isTold = arrived.some(({ mail }) => mail.text.includes(`* ${token.name} (`));
    assert(outcome !== 'sent' || isTold, `${nameOf(notice)} is not in what ${who} was sent.`);
    tally.saw(`reached: ${outcome}`);
  }
}
