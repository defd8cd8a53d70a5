import { BatchWriteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { keysOf } from '../functions/aws/keys.ts';
import { manySessions, sessionRows, sessionsTable } from '../test/support/many-sessions.ts';
import { RunningSystem } from '../test/support/running-system.ts';
import { presentStack } from './built-handlers.ts';
import { compare, interleave, median, type Row, ratio, run } from './measure.ts';

const about =
  'Deleting a token with many live sessions, over HTTP: how long the deletion takes, over one with a single session; and how fast the\n' +
  'whole chain (stream, events, progress, rows, receipt) ends the sessions, over what the engine itself deletes by raw batch writes.';

/** What ending some sessions came to. */
interface Deletion {
  /** From the request that deletes the token to its answer, ms. */
  readonly answered: number;
  /** From then until the rows are gone, and the chain is at rest, ms. */
  readonly ended: number;
}

const batch = 25;
/** With more at a time the engine deletes no faster, with 4 it deletes more slowly. */
const batchesAtOnce = 16;

async function measureFanOut(
  rounds: number,
  { sessions = 0 }: Readonly<Record<string, number>>,
): Promise<readonly Row[]> {
  await presentStack({});
  const running = await RunningSystem.start();
  try {
    for (let warmUp = 0; warmUp < 20; warmUp += 1) await deletionWith(running, 1);
    const samples = await interleave(
      {
        one: () => deletionWith(running, 1),
        many: () => deletionWith(running, sessions),
        'raw batch deletes': () => rawDeletes(running, sessions),
      },
      rounds,
    );
    const latency = compare(samples, {
      of: 'many',
      over: 'one',
      by: ({ answered }) => answered,
      what: `deletion with ${sessions} / 1`,
      bar: { atMost: 1.2 },
    });
    const [ended, raw] = [samples.many, samples['raw batch deletes']].map((taken) => taken.map((each) => each.ended));
    const rate = (ms: readonly number[] = []) => `${((1000 * sessions) / median(ms)).toFixed(0)} /s`;
    const chain: Row = {
      what: 'sessions ended, of raw batch deletes',
      estimate: ratio(raw ?? [], ended ?? []),
      bar: { atLeast: 0.45 },
      sides: `${rate(ended)} / ${rate(raw)}`,
    };
    return [latency, chain];
  } finally {
    await running.stop();
  }
}

async function deletionWith(running: RunningSystem, count: number): Promise<Deletion> {
  const token = await running.createToken();
  await manySessions(running, token.uid, { count });
  await running.system.streams.idle();
  const from = performance.now();
  const { status, text } = await running.deleteToken(token);
  const at = performance.now();
  if (status !== 200) throw new Error(`The token is not deleted: ${status} ${text}`);
  await running.system.streams.idle();
  const ended = performance.now() - at;
  const rows = await sessionRows(running, token.uid);
  if (rows > 0) throw new Error(`${rows} sessions are still there.`);
  return { answered: at - from, ended };
}

/** Deletes the rows of as many sessions by nothing but batch writes, as fast as the engine does. */
async function rawDeletes(running: RunningSystem, count: number): Promise<Deletion> {
  const token = await running.createToken();
  const uids = await manySessions(running, token.uid, { count });
  const table = sessionsTable(running);
  const keys = keysOf({ tokens: '', sessions: table, audit: '', usage: '' });
  const requests = Array.from({ length: Math.ceil(count / batch) }, (_, at) =>
    uids.slice(at * batch, (at + 1) * batch).map((uid) => {
      const { pk, sk } = keys.session(token.uid, uid);
      return { DeleteRequest: { Key: { pk: { S: pk }, sk: { S: sk } } } };
    }),
  );
  const client: DynamoDBClient = running.operator.client;
  const lane = async () => {
    for (let some = requests.pop(); some; some = requests.pop())
      await client.send(new BatchWriteItemCommand({ RequestItems: { [table]: some } }));
  };
  const from = performance.now();
  await Promise.all(Array.from({ length: batchesAtOnce }, lane));
  const ended = performance.now() - from;
  await running.deleteToken(token);
  await running.system.streams.idle();
  return { answered: 0, ended };
}

await run({ about, rounds: 10, sizes: { sessions: 10_000 }, measure: measureFanOut });
