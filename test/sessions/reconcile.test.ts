import { beforeEach, expect, test } from 'vitest';
import { DynamoReconciliationRepository } from '../../functions/aws/dynamo-reconciliation-repository.ts';
import { dueAttributes } from '../../functions/aws/keys.ts';
import { createStorage } from '../../functions/aws/storage/storage.ts';
import { keys, tableSpecs, tables } from '../simulation/simulated-dependencies.ts';
import { SimulatedDynamo } from '../simulation/simulated-dynamo.ts';

const now = new Date('2026-03-01T08:00:00.000Z');
/** All in one shard of the due index: their uids end alike. */
const uidOf = (number: number) => `blt${String(number).padStart(15, '0')}7`;

let dynamo: SimulatedDynamo;
let found: DynamoReconciliationRepository;
beforeEach(async () => {
  dynamo = new SimulatedDynamo({ tables: tableSpecs });
  const storage = createStorage(dynamo, { pause: async () => {}, jitter: () => 1 });
  found = new DynamoReconciliationRepository(dynamo, storage, tables);
  for (let number = 1; number <= 350; number += 1) {
    const uid = uidOf(number);
    await storage.write({ put: keys.token(uid), item: dueAttributes('2026-02-01T00:00:00.000Z', uid, uid) });
  }
  const uid = uidOf(351);
  for (const at of ['2026-02-28T08:00:00.000Z', '2026-03-02T08:00:00.000Z'])
    await storage.write({ put: keys.receipt(uid, at), item: dueAttributes(at, uid, at) });
  dynamo.settle();
});

test('a receipt that is due is found behind however many tokens, and one that is not is not', async () => {
  expect((await found.due(now, () => true)).receipts).toEqual([
    { token: uidOf(351), operation: '2026-02-28T08:00:00.000Z' },
  ]);
});

test('what is due is not looked through for longer than there is time', async () => {
  dynamo.requests.length = 0;
  let pages = 2;
  expect((await found.due(now, () => --pages > 0)).receipts).toEqual([]);
  expect(dynamo.requests).toHaveLength(16 + 1);
});

test('digests that are due are told with the instant, and those that are not are not', async () => {
  const storage = createStorage(dynamo, { pause: async () => {}, jitter: () => 1 });
  for (const at of ['2026-03-01T07:00:00.000Z', '2026-03-01T08:00:00.001Z'])
    await storage.write({ put: keys.digest('blt00000000000000aa', at), item: dueAttributes(at, uidOf(1), at) });
  dynamo.settle();
  expect((await found.due(now, () => true)).digests).toEqual(['2026-03-01T07:00:00.000Z']);
});
