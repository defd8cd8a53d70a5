import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, vi } from 'vitest';
import { table } from '../../fixture-stack.ts';
import { arnOf, mapping, type Received, recorder, Scene } from '../../messaging-scene.ts';

const DestinationConfig = { OnFailure: { Destination: arnOf('Lost') } };

describe('what is delivered', () => {
  it('is what fits a filter, in batches, in the order of the writes, with padded numbers and the ARN of the template', async () => {
    const Filters = [
      { Pattern: JSON.stringify({ eventName: ['INSERT'], dynamodb: { NewImage: { sk: { S: [{ prefix: 'R#' }] } } } }) },
    ];
    const scene = await Scene.open(mapping({ BatchSize: 2, FilterCriteria: { Filters } }));
    await scene.put('R#1', 'META', 'R#2', 'R#3');
    await scene.update('R#1', 1);
    const { batches, handler } = recorder();
    const events: Received[] = [];
    const { streams } = await scene.start({
      Reader: (event) => {
        events.push(event);
        return handler(event);
      },
    });
    await streams.idle();
    expect(batches).toEqual([['R#1', 'R#2'], ['R#3']]);
    expect(events[0]?.Records[0]).toMatchObject({
      eventName: 'INSERT',
      awsRegion: 'us-east-1',
      eventSourceARN: 'arn:aws:dynamodb:us-east-1:000000000000:table/Tokens/stream/2000-01-01T00:00:00.000',
      dynamodb: { SequenceNumber: '000000000000000000001', NewImage: { sk: { S: 'R#1' } } },
    });
  });

  it('has no write that changed nothing', async () => {
    const scene = await Scene.open(mapping());
    const { batches, handler } = recorder();
    const { streams } = await scene.start({ Reader: handler });
    await scene.put('a', 'a', 'b');
    await streams.idle();
    expect(batches.flat()).toEqual(['a', 'b']);
  });

  it('comes soon after a write without being asked for', async () => {
    const scene = await Scene.open(mapping());
    const { batches, handler } = recorder();
    const { streams } = await scene.start({ Reader: handler });
    await scene.put('a');
    streams.wake();
    await vi.waitFor(() => expect(batches).toEqual([['a']]), { interval: 5 });
  });

  it('waits for the window until the batch is full', async () => {
    const scene = await Scene.open(mapping({ BatchSize: 3, MaximumBatchingWindowInSeconds: 300 }));
    const { batches, handler } = recorder();
    const { streams } = await scene.start({ Reader: handler });
    await scene.put('a', 'b');
    streams.wake();
    await scene.put('c');
    await streams.idle();
    expect(batches).toEqual([['a', 'b', 'c']]);
  });

  it('is delivered at the end of the window when the batch is not full', async () => {
    const scene = await Scene.open(mapping({ BatchSize: 3, MaximumBatchingWindowInSeconds: 1 }));
    const { batches, handler } = recorder();
    const { streams } = await scene.start({ Reader: handler });
    await scene.put('a', 'b');
    await streams.idle();
    expect(batches).toEqual([['a', 'b']]);
  });

  it('waits while deliveries are paused', async () => {
    const scene = await Scene.open(mapping());
    const { batches, handler } = recorder();
    const { streams } = await scene.start({ Reader: handler });
    streams.pause();
    await scene.put('a');
    const idle = streams.idle();
    await scene.put('b');
    expect(batches).toEqual([]);
    streams.resume();
    await idle;
    await streams.idle();
    expect(batches.flat()).toEqual(['a', 'b']);
  });

  it('waits with a retry too, while deliveries are paused', async () => {
    const scene = await Scene.open(mapping({ BatchSize: 1, MaximumRetryAttempts: 1 }));
    const { batches, handler } = recorder(() => {
      if (batches.length > 1) return;
      streams.pause();
      throw new Error('not yet');
    });
    const { streams } = await scene.start({ Reader: handler });
    await scene.put('a');
    const idle = streams.idle();
    await scene.put(...Array.from({ length: 30 }, (_, n) => `later ${n}`));
    expect(batches).toEqual([['a']]);
    streams.resume();
    await idle;
    expect(batches.slice(0, 2)).toEqual([['a'], ['a']]);
  });

  it('is in order for each item when several batches are under way at once', async () => {
    const scene = await Scene.open(mapping({ BatchSize: 1, ParallelizationFactor: 4 }));
    let [running, most] = [0, 0];
    const seen: [item: string, sequence: string][] = [];
    const { streams } = await scene.start({
      Reader: async ({ Records }) => {
        most = Math.max(most, ++running);
        // Some take longer than others, so that they would overtake.
        for (let turn = Number(Records[0]?.dynamodb.SequenceNumber) % 7; turn >= 0; turn -= 1)
          await new Promise(setImmediate);
        running -= 1;
        for (const { dynamodb } of Records) seen.push([dynamodb.Keys.sk.S, dynamodb.SequenceNumber]);
      },
    });
    streams.pause();
    for (const n of [1, 2, 3, 4]) for (const sk of ['a', 'b', 'c', 'd', 'e', 'f']) await scene.update(sk, n);
    streams.resume();
    await streams.idle();
    expect(most).toBeGreaterThan(1);
    expect(seen).toHaveLength(24);
    for (const ofItem of Map.groupBy(seen, ([item]) => item).values()) expect(ofItem).toEqual([...ofItem].sort());
  });
});

describe('over a restart', () => {
  it('what was not done comes again, what was done does not, and the engine keeps only the last record of those', async () => {
    const scene = await Scene.open(mapping({ BatchSize: 1 }));
    const first = recorder(([key]) => (key === 'c' ? new Promise(() => {}) : null));
    await scene.start({ Reader: first.handler });
    await scene.put('a', 'b', 'c', 'd');
    await vi.waitFor(() => expect(first.batches.flat()).toEqual(['a', 'b', 'c']), { interval: 5 });
    const second = recorder();
    const { streams } = await scene.start({ Reader: second.handler });
    await streams.idle();
    expect(second.batches.flat()).toEqual(['c', 'd']);
  });

  it('the records of before are trimmed, but for the last one, from which the engine counts on', async () => {
    const scene = await Scene.open(mapping());
    const first = await scene.start();
    await scene.put('a', 'b', 'c');
    await first.streams.idle();
    first.stop();
    const { batches, handler } = recorder();
    const { streams } = await scene.start({ Reader: handler });
    expect(recordsIn(scene.engineFile)).toEqual(['3']);
    await scene.put('d');
    await streams.idle();
    expect(batches).toEqual([['d']]);
  });
});

it('what is dealt with is trimmed while it runs, too, but for the newest; what is not dealt with stays', async () => {
  const scene = await Scene.open(mapping({ BatchSize: 1 }));
  const gate = Promise.withResolvers<void>();
  const { batches, handler } = recorder(([key]) => (key === 'k' ? gate.promise : null));
  const { streams } = await scene.start({ Reader: handler }, { trimMs: 20, keptRecords: 3 });
  const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n'];
  await scene.put(...keys);
  streams.wake();
  const numbers = (from: number) => Array.from({ length: 15 - from }, (_, at) => String(from + at));
  await vi.waitFor(() => expect(recordsIn(scene.engineFile)).toEqual(numbers(8)), { timeout: 20_000, interval: 10 });
  expect(batches.at(-1)).toEqual(['k']);
  gate.resolve();
  await streams.idle();
  await vi.waitFor(() => expect(recordsIn(scene.engineFile)).toEqual(numbers(12)), { timeout: 20_000, interval: 10 });
  expect(batches.flat()).toEqual(keys);
});

describe('what a test may wish for', () => {
  it('a record is held back while others pass, and those of its item stay behind it', async () => {
    const scene = await Scene.open(mapping({ BatchSize: 1 }));
    const { batches, handler } = recorder();
    const { streams } = await scene.start({ Reader: handler });
    const release = streams.inject({
      kind: 'hold',
      times: 1,
      when: ({ records }) => JSON.stringify(records[0]?.dynamodb.Keys).includes('"a"'),
    });
    await scene.update('a', 1);
    await scene.update('b', 1);
    await scene.update('a', 2);
    await scene.update('c', 1);
    streams.wake();
    await vi.waitFor(() => expect(batches.flat()).toEqual(['b', 'c']), { interval: 5 });
    release();
    await streams.idle();
    expect(batches.flat()).toEqual(['b', 'c', 'a', 'a']);
  });

  it('a batch is delivered twice, and one is failed without a call', async () => {
    const scene = await Scene.open(mapping({ DestinationConfig, MaximumRetryAttempts: 0 }));
    const { batches, handler } = recorder();
    const { streams, deadLetters } = await scene.start({ Reader: handler });
    streams.inject({ kind: 'duplicate', times: 1, when: ({ function: title }) => title === 'stream/reader' });
    await scene.put('a');
    await streams.idle();
    streams.inject({ kind: 'poison', times: 1, when: () => true });
    await scene.put('b');
    await streams.idle();
    expect(batches).toEqual([['a'], ['a']]);
    expect(deadLetters.list()).toHaveLength(1);
  });
});

it.each([
  [{ TumblingWindowInSeconds: 5 }, 'TumblingWindowInSeconds'],
  [{ StartingPosition: 'LATEST' }, 'StartingPosition'],
  [{ FilterCriteria: { Filters: [{ Pattern: '{"eventName":[{"wildcard":"I*"}]}' }] } }, 'wildcard'],
  [
    { DestinationConfig: { OnFailure: { Destination: arnOf('Private') } } },
    'not authorized to perform: sqs:SendMessage',
  ],
  [{ DestinationConfig: { OnFailure: { Destination: 'arn:aws:sqs:us-east-1:000000000000:Other' } } }, 'no queue'],
  [
    { EventSourceArn: { 'Fn::Sub': `\${Other.Arn}/stream/2000-01-01T00:00:00.000` } },
    'not authorized to perform: dynamodb:DescribeStream',
  ],
])('a mapping with %j is refused at start', async (extra, reason) => {
  const scene = await Scene.open({ ...mapping(extra), Other: table(), Private: { Type: 'AWS::SQS::Queue' } });
  await expect(scene.start()).rejects.toThrow(reason);
});

function recordsIn(file: string): unknown[] {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return database
      .prepare('SELECT sequence_number FROM _stream_records')
      .all()
      .map((row) => row.sequence_number);
  } finally {
    database.close();
  }
}
