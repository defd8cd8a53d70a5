import { describe, expect, it } from 'vitest';
import { readReceipt } from '../../functions/sessions/read-receipt.ts';
import { summaryOf } from '../../functions/sessions/tidied.ts';
import { refusalOf } from './refusal-of.ts';
import { foreign, live, otherStack, sessionWorld, stack } from './session-world.ts';

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

describe('the figures of a receipt', () => {
  const at = new Date('2026-03-01T08:00:00.000Z');
  const tidied = (...samples: (readonly [ms: number, sessions: number])[]) =>
    summaryOf({ ended: 1, at, samples: samples.map(([ms, sessions]) => ({ ms, sessions })), waited_ms: 0 }).tidied_ms;

  it('say how many were ended, and when that was done', () => {
    expect(summaryOf({ ended: 3, samples: [], waited_ms: 7, at })).toEqual({
      sessions: { total: 3, ended: 3, remaining: 0 },
      tidied_ms: { p50: 0, p99: 0, max: 0 },
      waited_ms: 7,
      completed_at: '2026-03-01T08:00:00.000Z',
    });
  });

  it.for([
    ['one', [[7, 1]], { p50: 7, p99: 7, max: 7 }],
    [
      'as many early as late',
      [
        [9, 50],
        [7, 50],
      ],
      { p50: 7, p99: 9, max: 9 },
    ],
    [
      'one more late than early',
      [
        [7, 50],
        [9, 51],
      ],
      { p50: 9, p99: 9, max: 9 },
    ],
    [
      'one late of a hundred',
      [
        [9, 1],
        [7, 99],
      ],
      { p50: 7, p99: 7, max: 9 },
    ],
    [
      'two late of a hundred',
      [
        [9, 2],
        [7, 98],
      ],
      { p50: 7, p99: 9, max: 9 },
    ],
  ] as const)('are by nearest rank, each session counted: %s', ([, samples, figures]) => {
    expect(tidied(...samples)).toEqual(figures);
  });

  it('leave the samples in their order', () => {
    const samples = [9, 7].map((ms) => ({ ms, sessions: 1 }));
    summaryOf({ ended: 2, samples, waited_ms: 0, at });
    expect(samples.map(({ ms }) => ms)).toEqual([9, 7]);
  });
});
