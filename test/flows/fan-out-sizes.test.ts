import { afterAll, beforeAll, expect, test } from 'vitest';
import { manySessions, sessionRows } from '../support/many-sessions.ts';
import { RunningSystem } from '../support/running-system.ts';
import { toldOf } from '../support/told-revocations.ts';

let running: RunningSystem;
beforeAll(async () => {
  running = await RunningSystem.start();
});
afterAll(() => running.stop());

/** Deletes a token that has so many sessions. @returns what the deletion itself asked of storage, and what was told */
async function deletionWith(count: number) {
  const token = await running.createToken();
  const sessions = await manySessions(running, token.uid, { count });
  const changer = running.operator.roleOf('http/change-tokens');
  const requests = await running.requestsDuring(async () => {
    const { status, text } = await running.deleteToken(token);
    expect(status, text).toBe(200);
  });
  const own = requests.filter(({ caller }) => caller === changer);
  const told = await toldOf(running, token.uid);
  const { body } = await running.call('GET', `/v3/stacks/management_tokens/${token.uid}/revocation`, { as: 'owner' });
  return {
    cost: own.map(({ operation, consumed }) => ({ operation, consumed })),
    rows: await sessionRows(running, token.uid),
    untold: sessions.filter((uid) => !told.sessions.includes(uid)),
    told,
    receipt: body.revocation,
  };
}

test('a deletion asks and costs the same with 1 and with 1,000 live sessions, and all of them end', async () => {
  const [one, thousand] = [await deletionWith(1), await deletionWith(1000)];
  expect(one.cost).toEqual([{ operation: 'TransactWriteItems', consumed: expect.any(Number) }]);
  expect(thousand.cost).toEqual(one.cost);
  for (const [count, { rows, untold, told, receipt }] of [
    [1, one],
    [1000, thousand],
  ] as const) {
    expect(rows).toBe(0);
    expect(untold).toEqual([]);
    expect(told.completed).toEqual([{ total: count, ended: count, remaining: 0 }]);
    expect(receipt).toMatchObject({ state: 'completed', sessions: { total: count, ended: count, remaining: 0 } });
    const { p50, p99, max } = receipt.tidied_ms;
    expect(p50).toBeGreaterThan(0);
    expect(p99).toBeGreaterThanOrEqual(p50);
    expect(max).toBeGreaterThanOrEqual(p99);
    expect(receipt.waited_ms).toBeGreaterThanOrEqual(0);
    expect(receipt.waited_ms).toBeLessThanOrEqual(p50);
    expect(Date.parse(receipt.completed_at) - Date.parse(receipt.refused_from)).toBeGreaterThanOrEqual(max);
  }
});

test.each([
  [100, [[100, true]]],
  [
    101,
    [
      [100, false],
      [1, true],
    ],
  ],
  [
    251,
    [
      [100, false],
      [100, false],
      [50, false],
      [1, true],
    ],
  ],
])('of %i sessions in one shard the last event says that it is the last', async (count, pages) => {
  const token = await running.createToken();
  await manySessions(running, token.uid, { count, shard: 'd' });
  expect((await running.deleteToken(token)).status).toBe(200);
  await running.system.streams.idle();
  const pattern = { 'detail-type': ['sessions.revoked'], detail: { data: { token_uid: [token.uid] } } };
  const events = running.system.bus.events(pattern).reverse();
  const told = events.map(({ detail }) => detail.data as { sessions: string[]; last: boolean });
  expect(told.map(({ sessions, last }) => [sessions.length, last])).toEqual(pages);
});
