import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Person, type SimulatedProduct, tables } from '../simulation/simulated-product.ts';
import { lawOf, type Scene } from '../simulation/simulated-races.ts';
import { fixture, productWithSessions } from '../simulation/simulated-stack.ts';
import { inconsistencies, type Row } from '../support/row-consistency.ts';
import { Programs } from './01-programs.ts';

const { stack, live } = fixture;
const later = 'renamed';
const edits = fc.constantFrom<Record<string, unknown>[]>(
  { name: later },
  { description: 'edited' },
  { expires_on: 'now' },
  { expires_on: null },
  { expires_on: '2027-01-01' },
);
const someEdits = fc.array(edits, { minLength: 1, maxLength: 2 });

/** Edits that raise the epoch, "end all" and deletions in each other's way: each end has its receipt, and none has two. */
export const editAgainstDelete = lawOf({
  product: productWithSessions,
  histories: fc.record({
    edits: someEdits,
    endsAll: fc.boolean(),
    confirmations: fc.array(fc.constantFrom(live.name, live.name, later), { minLength: 1, maxLength: 2 }),
  }),
  story: async (scene) => {
    const { history, here } = of(scene);
    const remove = async () => {
      for (const name of history.confirmations) await here.delete('owner', name);
      await here.verify(0);
    };
    await Promise.all([editAll(scene), remove(), ...(history.endsAll ? [here.endAll('owner')] : [])]);
    return () => assertReceipts(scene);
  },
});

/** Two people delete: one is acknowledged, the other is told that there is no such token. */
export const deleteAgainstDelete = lawOf({
  product: productWithSessions,
  histories: fc.record({
    edits: fc.constant([]),
    others: fc.array(fc.constantFrom<Person[]>('owner', 'admin'), { minLength: 1, maxLength: 2 }),
    session: fc.nat({ max: 2 }),
  }),
  story: async (scene) => {
    const { history, here } = of(scene);
    const people: Person[] = ['owner', ...history.others];
    const answers = Promise.all(people.map((who) => here.delete(who)));
    await Promise.all([answers, here.verify(history.session), here.open()]);
    const outcomes = (await answers).map(({ done, refused }) => (done ? 'done' : refused));
    assert.equal(outcomes.filter((outcome) => outcome === 'done').length, 1);
    assert.equal(outcomes.filter((outcome) => outcome === 'token-not-found').length, people.length - 1);
    return () => assertReceipts(scene);
  },
});

/** Who holds the value stops the token, while its people edit it: nothing of before lives on, and no edit is lost. */
export const revokeAgainstEdit = lawOf({
  product: productWithSessions,
  histories: fc.record({ edits: someEdits, revocations: fc.constantFrom(1, 1, 2), program: fc.nat({ max: 2 }) }),
  story: async (scene) => {
    const { history, here } = of(scene);
    const revoke = async () => {
      await here.revoke();
      await here.verify(0);
    };
    await Promise.all([
      editAll(scene),
      ...Array.from({ length: history.revocations }, revoke),
      here.verify(history.program),
    ]);
    return () => assertReceipts(scene);
  },
});

const of = <H>(scene: Scene<H>) => ({ ...scene, here: new Programs(scene.product, scene.tally) });

async function editAll({
  product,
  history,
  tally,
}: Scene<{ edits: readonly Record<string, unknown>[] }>): Promise<void> {
  for (const fields of history.edits) {
    const { done, refused } = await product.edit('admin', { stack, uid: live.uid, fields });
    tally.saw(done ? 'edited' : `edit ${refused}`);
  }
}

/** Every end of a token and every raise of its epoch has exactly one receipt, in its own transaction; and no receipt is of nothing. */
function assertReceipts({ product, tally }: Scene<unknown>): void {
  const commits = product.commits(tables.tokens);
  const raises = commits.filter(({ before, after }) => after?.sk === 'META' && before && isRaise(before, after));
  const receipts = commits.filter(({ before, after }) => !before && String(after?.sk).startsWith('RECEIPT#'));
  assert.equal(receipts.length, raises.length, 'There are as many receipts as ends.');
  for (const raise of raises) {
    const [receipt, ...others] = receipts.filter(
      ({ at }) => transactionOf(product, at) === transactionOf(product, raise.at),
    );
    assert(receipt?.after && others.length === 0, 'An end has one receipt in its transaction.');
    assert.equal(receipt.after.epoch, raise.after?.state === 'deleted' ? null : raise.after?.epoch);
    assert.equal(receipt.after.token_uid, raise.after?.uid);
    assert.equal(receipt.after.operation, transactionOf(product, raise.at));
    tally.saw(`receipt ${receipt.after.reason}`);
  }
  assert.deepEqual(inconsistencies(product.rows()), []);
}

const isRaise = (before: Row, after: Row) =>
  Number(after.epoch) > Number(before.epoch) || (after.state === 'deleted' && before.state !== 'deleted');

/** The operation whose transaction a change is part of: all its changes are committed at once, after its audit entry. */
function transactionOf(product: SimulatedProduct, at: number): unknown {
  return product.commits(tables.audit).findLast((entry) => entry.at < at)?.after?.uid;
}
