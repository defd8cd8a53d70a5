import { expect, it } from 'vitest';
import { readReceipt } from '../../functions/sessions/read-receipt.ts';
import { foreign, live, otherStack, refusalOf, sessionWorld, stack } from './session-world.ts';

const notDeleted = {
  kind: 'receipt-not-found',
  detail: 'This token has not been deleted: only a deletion has a receipt here.',
};

it('the receipt of a deletion is there from its acknowledgement on', async () => {
  const { product, deps, uidOf } = sessionWorld();
  const { done } = await product.delete('owner', { stack, uid: live.uid, confirmName: live.name });
  const { receipt } = await readReceipt(deps, { caller: uidOf('admin'), stack, uid: live.uid });
  expect(receipt).toMatchObject({ operation: done?.operation, reason: 'deleted', state: 'running' });
});

it('only a deletion has one', async () => {
  const { product, deps, uidOf } = sessionWorld();
  await product.edit('owner', { stack, uid: live.uid, fields: { expires_on: 'now' } });
  const read = readReceipt(deps, { caller: uidOf('owner'), stack, uid: live.uid });
  expect(await refusalOf(read)).toMatchObject(notDeleted);
});

it('one that has been tidied is gone', async () => {
  const { product, deps, uidOf } = sessionWorld();
  await product.delete('owner', { stack, uid: live.uid, confirmName: live.name });
  deps.revocations.find = async () => null;
  const read = readReceipt(deps, { caller: uidOf('owner'), stack, uid: live.uid });
  expect(await refusalOf(read)).toMatchObject({
    kind: 'receipt-not-found',
    detail: 'The receipt of this deletion is gone.',
  });
});

it.for([
  ['developer', stack, live.uid, 'not-allowed'],
  ['outsider', stack, live.uid, 'stack-not-found'],
  ['owner', stack, foreign.uid, 'token-not-found'],
  ['owner', stack, 'blt00000000000fffff', 'token-not-found'],
  ['owner', stack, 'META', 'token-not-found'],
  ['outsider', otherStack, live.uid, 'token-not-found'],
] as const)('it is not for %s in %s', async ([who, of, uid, kind]) => {
  const { product, deps, uidOf } = sessionWorld();
  await product.delete('owner', { stack, uid: live.uid, confirmName: live.name });
  await product.delete('outsider', { stack: otherStack, uid: foreign.uid, confirmName: foreign.name });
  expect(await refusalOf(readReceipt(deps, { caller: uidOf(who), stack: of, uid }))).toMatchObject({ kind });
});
