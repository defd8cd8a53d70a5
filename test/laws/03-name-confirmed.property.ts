import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Receipt } from '../../functions/tokens/revocation.ts';
import { type Answer, tables } from '../simulation/simulated-product.ts';
import { lawOf } from '../simulation/simulated-races.ts';
import { fixture } from '../simulation/simulated-stack.ts';
import { endingOperation } from '../support/row-consistency.ts';

const { stack, live } = fixture;
/** Names that the token has had or will have; and what only looks like one of them. */
const names = ['renamed', 'renamed', 'caf\u00e9', 'ci-deploy'];
const spellings = [...names, 'cafe\u0301', 'Renamed', 'ci-deploy '];

const histories = fc.record({
  renames: fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 2 }),
  /** Of two people, each one after the other. */
  confirmations: fc.array(fc.array(fc.constantFrom(...spellings), { minLength: 1, maxLength: 2 }), {
    minLength: 1,
    maxLength: 2,
  }),
});

/** A token is deleted only under the name that it has in the very write that deletes it. */
export const nameConfirmed = lawOf({
  histories,
  story: async ({ product, history: { renames, confirmations }, tally }) => {
    const rename = async () => {
      for (const name of renames) await product.edit('admin', { stack, uid: live.uid, fields: { name } });
    };
    const deletions: (Answer<Receipt> & { confirmName: string })[] = [];
    const confirm = async (spelled: readonly string[]) => {
      for (const confirmName of spelled) {
        const answer = await product.delete('owner', { stack, uid: live.uid, confirmName });
        deletions.push({ ...answer, confirmName });
      }
    };
    await Promise.all([...confirmations.map(confirm), rename()]);
    return () => {
      const ends = product
        .commits(tables.tokens)
        .filter(({ before, after }) => before?.uid === live.uid && after?.state === 'deleted');
      const acknowledged = deletions.filter(({ done }) => done);
      assert.equal(ends.length, acknowledged.length);
      for (const { done, confirmName } of acknowledged) {
        const end = ends.find(({ after }) => endingOperation(after) === done?.operation);
        assert.equal(end?.before?.name, confirmName.normalize('NFC'));
        tally.saw(end?.before?.name === live.name ? 'deleted under the first name' : 'deleted under another name');
      }
      for (const { refused } of deletions) if (refused === 'invalid') tally.saw('refused');
    };
  },
});
