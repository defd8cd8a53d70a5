/** Holds what revocations published, counted and deleted against the sessions that there were. */
import assert from 'node:assert/strict';
import { type Commit, type SimulatedProduct, tables } from '../simulation/simulated-product.ts';
import type { Tally } from '../simulation/simulated-races.ts';
import { fixture, sessionFixture } from '../simulation/simulated-stack.ts';
import type { Row } from '../support/row-consistency.ts';
import type { Programs } from './01-programs.ts';

const { live } = fixture;
const sumOf = (numbers: readonly unknown[]): number => numbers.reduce<number>((sum, each) => sum + Number(each), 0);

export function checkRevocations(product: SimulatedProduct, here: Programs, tally: Tally): void {
  const { tokens, sessions } = product.rows();
  const token = tokens.find(({ uid, sk }) => uid === live.uid && sk === 'META');
  assert(token);
  const revoked = product.bus.of('sessions.revoked');
  const published = new Set(revoked.flatMap(({ data }) => data.sessions));
  for (const { uid, epoch } of sessions)
    assert(token.state !== 'deleted' && epoch === token.epoch, `Session ${uid} of an older epoch remains.`);
  const had = sessionsOf(product);
  for (const uid of here.uids) {
    const session = had.find((each) => each.uid === uid);
    assert(session);
    const isOver = token.state === 'deleted' || Number(session.epoch) < Number(token.epoch);
    if (isOver) assert(published.has(uid) || here.endedAlone.has(uid), `Session ${uid} ended, and nobody was told.`);
    else
      assert(here.endedAlone.has(uid) || sessions.some((row) => row.uid === uid), `Session ${uid} is good, and gone.`);
    tally.saw(isOver ? 'published' : 'kept');
  }
  const receipts = tokens.filter(({ sk, token_uid }) => String(sk).startsWith('RECEIPT#') && token_uid === live.uid);
  for (const receipt of receipts) checkReceipt(product, receipt, had);
  const ended = here.uids.filter((uid) => published.has(uid) && !here.endedAlone.has(uid)).length;
  const total = sumOf(receipts.map(totalOf));
  assert(ended <= total, `${ended} sessions ended, and the receipts have ${total}.`);
  // Beside another operation, or a session that ends itself, one session may be counted for both, or for either.
  const isAlone = receipts.length === 1 && here.endedAlone.size === 0 && had.length === here.uids.length;
  if (isAlone) assert.equal(total, ended);
}

/** What it counted is what it told of, each session once; and the receipt says the same. */
function checkReceipt(product: SimulatedProduct, receipt: Row, had: readonly Row[]): void {
  const { operation } = receipt;
  const isOfIt = ({ data }: { data: { operation: string } }) => data.operation === operation;
  const told = new Set(
    product.bus
      .of('sessions.revoked')
      .filter(isOfIt)
      .flatMap(({ data }) => data.sessions),
  );
  const steps = product
    .commits(tables.tokens)
    .filter(({ after }) => String(after?.sk).startsWith(`PROGRESS#${operation}#`));
  const rows = product.rows().tokens.filter(({ sk }) => String(sk).startsWith(`PROGRESS#${operation}#`));
  const counted = sumOf(rows.map(({ ended }) => ended));
  assert.equal(receipt.state, 'completed');
  assert(totalOf(receipt) <= counted, `${operation} has a total that was not counted.`);
  assert(counted <= told.size, `${operation} counted ${counted} sessions and told of ${told.size}.`);
  assert(steps.every(isForward), `The progress of ${operation} went back.`);
  const epoch = receipt.epoch === null ? Number.POSITIVE_INFINITY : Number(receipt.epoch);
  for (const uid of told)
    assert(Number(had.find((each) => each.uid === uid)?.epoch) < epoch, `${uid} is not its to end.`);
  assert(product.bus.of('revocation.completed').some(isOfIt), `Nobody was told that ${operation} is completed.`);
}

const totalOf = (receipt: Row): number => (receipt.summary as { sessions: { total: number } }).sessions.total;
/** It never goes back; and where it stands still nothing is counted: it only says that the shard has ended, or was looked at. */
const isForward = ({ before, after }: Commit): boolean => {
  const [was, is] = [placeOf(before), placeOf(after)];
  return is.upto >= was.upto && is.cleared >= was.cleared && (is.upto > was.upto || is.ended === was.ended);
};
const placeOf = (row: Row | null) => ({
  upto: String(row?.upto ?? ''),
  cleared: String(row?.cleared ?? ''),
  ended: Number(row?.ended ?? 0),
});

/** Every session of the live token that there ever was, as its row was put. */
function sessionsOf(product: SimulatedProduct): readonly Row[] {
  const put = product.commits(tables.sessions).flatMap(({ before, after }) => (!before && after ? [after] : []));
  return [...sessionFixture.sessions.map(({ uid }) => ({ uid, epoch: 1 })), ...put];
}
