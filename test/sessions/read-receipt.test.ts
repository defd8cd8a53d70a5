import { describe, expect, it } from 'vitest';
import { endSessions } from '../../functions/sessions/end-sessions.ts';
import { readReceipt } from '../../functions/sessions/read-receipt.ts';
import { summaryOf } from '../../functions/sessions/tidied.ts';
import { refusalOf } from './refusal-of.ts';
import { foreign, live, otherStack, sessions, sessionWorld, stack } from './session-world.ts';

it('the receipt of a deletion is there from its acknowledgement on', async () => {
  const { product, deps, uidOf } = sessionWorld();
  const { done } = await product.delete('owner', { stack, uid: live.uid, confirmName: live.name });
  const { receipt } = await readReceipt(deps, { caller: uidOf('admin'), stack, uid: live.uid });
  expect(receipt).toMatchObject({ operation: done?.operation, reason: 'deleted', state: 'running' });
});

describe('of a token that lives', () => {
  const revocations: readonly (readonly [reason: string, act: (world: ReturnType<typeof sessionWorld>) => unknown])[] =
    [
      ['ended_all', ({ product }) => product.sessions.endAll('admin', { stack, uid: live.uid })],
      ['expired_now', ({ product }) => product.edit('owner', { stack, uid: live.uid, fields: { expires_on: 'now' } })],
      ['extended', ({ product }) => product.edit('owner', { stack, uid: live.uid, fields: { expires_on: null } })],
      ['revoked_by_holder', ({ product }) => product.sessions.revoke(live.value)],
    ];

  it('the latest revocation is read, whatever it was, from its acknowledgement on', async () => {
    const world = sessionWorld();
    const asked = { caller: world.uidOf('owner'), stack, uid: live.uid };
    for (const [reason, act] of revocations) {
      await act(world);
      const { receipt, progress } = await readReceipt(world.deps, asked);
      expect(receipt).toMatchObject({ token_name: live.name, reason, state: 'running' });
      expect(progress).toEqual([]);
      world.product.pass(1000);
    }
  });

  it('its progress is read with it, and it is completed like that of a deletion', async () => {
    const { product, deps, uidOf } = sessionWorld();
    const { done } = await product.sessions.endAll('owner', { stack, uid: live.uid });
    await endSessions(deps, { token: live.uid, operation: done?.operation ?? '' });
    const found = await readReceipt(deps, { caller: uidOf('owner'), stack, uid: live.uid });
    expect(found.receipt).toMatchObject({ state: 'completed', summary: { sessions: { total: sessions.length } } });
    expect(found.progress.reduce((sum, { ended }) => sum + ended, 0)).toBe(sessions.length);
  });

  it('the epoch says which one is the latest, where the clocks of two instances differ', async () => {
    const { product, deps, uidOf } = sessionWorld();
    await product.sessions.endAll('owner', { stack, uid: live.uid });
    product.pass(-5000);
    await product.edit('owner', { stack, uid: live.uid, fields: { expires_on: 'now' } });
    const { receipt } = await readReceipt(deps, { caller: uidOf('owner'), stack, uid: live.uid });
    expect(receipt).toMatchObject({ reason: 'expired_now', epoch: 3 });
  });

  it('there is none where it was never revoked', async () => {
    const { deps, uidOf } = sessionWorld();
    expect(await refusalOf(readReceipt(deps, { caller: uidOf('owner'), stack, uid: live.uid }))).toMatchObject({
      kind: 'receipt-not-found',
      detail: 'This token has no receipt: it was not deleted, and its sessions were never ended all at once.',
    });
  });
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
