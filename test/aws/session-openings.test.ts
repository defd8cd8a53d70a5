import { expect, it } from 'vitest';
import { DynamoSessionRepository } from '../../functions/aws/dynamo-session-repository.ts';
import { createStorage } from '../../functions/aws/storage/storage.ts';
import type { Session } from '../../functions/verification/session.ts';
import { tableSpecs, tables } from '../simulation/simulated-dependencies.ts';
import { type Fault, SimulatedDynamo } from '../simulation/simulated-dynamo.ts';

const session: Session = {
  uid: '',
  token_uid: 'blt00000000000000a1',
  api_key: 'blt00000000000000b1',
  digest: '',
  epoch: 1,
  client: '',
  remote_addr: '192.0.2.1',
  opened_at: '2026-03-01T08:00:00.000Z',
  expires_at: '2026-03-01T20:00:00.000Z',
};
const uidOf = (number: number) => `blt${String(number).padStart(16, '0')}`;

/** Opens a session over storage that fails its puts so often, with the SDK's two retries. */
async function open(kind: Fault['kind'], times: number, uids = [1, 2, 3, 4].map(uidOf)) {
  const dynamo = new SimulatedDynamo({ tables: tableSpecs, retries: 2 });
  dynamo.inject({ kind, times, when: (operation) => operation === 'PutItem' });
  const pauses: number[] = [];
  const options = { pause: async (ms: number) => void pauses.push(ms), jitter: () => 1 };
  const sessions = new DynamoSessionRepository(createStorage(dynamo, options), tables, options);
  const opened = sessions.open(() => ({ session: { ...session, uid: uids.shift() ?? '' } }));
  const [outcome] = await Promise.allSettled([opened]);
  const rows = dynamo.items(tables.sessions).map(({ sk }) => sk?.S);
  const puts = dynamo.requests.flatMap(({ operation, input }) =>
    operation === 'PutItem' ? [(input.Item as { sk: { S: string } }).sk.S] : [],
  );
  return { outcome, rows, puts, pauses };
}

const opened = (number: number) => ({ value: { session: { ...session, uid: uidOf(number) } } });
const unavailable = { reason: { kind: 'unavailable' } };

it('takes one put where storage answers', async () => {
  expect(await open('reset', 0)).toMatchObject({ outcome: opened(1), rows: [uidOf(1)], puts: [uidOf(1)], pauses: [] });
});

it.each(['reset', 'lose-answer', 'throttle', 'internal-error'] as const)(
  'is another session at each attempt, and leaves no row of those before (%s)',
  async (kind) => {
    const puts = [1, 2, 3].map(uidOf);
    expect(await open(kind, 2)).toMatchObject({ outcome: opened(3), rows: [uidOf(3)], puts, pauses: [25, 50] });
  },
);

it.each(['reset', 'lose-answer'] as const)('has three attempts, and leaves no row then (%s)', async (kind) => {
  const puts = [1, 2, 3].map(uidOf);
  expect(await open(kind, 9)).toMatchObject({ outcome: unavailable, rows: [], puts });
});

it('is another session where the uid is taken, and leaves that one alone', async () => {
  const uids = [1, 1, 2].map(uidOf);
  const dynamo = new SimulatedDynamo({ tables: tableSpecs });
  const options = { pause: async () => {}, jitter: () => 1 };
  const sessions = new DynamoSessionRepository(createStorage(dynamo, options), tables, options);
  const openNext = () => sessions.open(() => ({ session: { ...session, uid: uids.shift() ?? '' } }));
  expect([await openNext(), await openNext()]).toMatchObject([opened(1).value, opened(2).value]);
  expect(dynamo.items(tables.sessions).map(({ sk }) => sk?.S)).toEqual([uidOf(1), uidOf(2)]);
  uids.push(...[1, 1, 1].map(uidOf));
  await expect(openNext()).rejects.toThrow('Other sessions had the uids of all attempts.');
});
