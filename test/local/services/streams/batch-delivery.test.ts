import { describe, expect, it } from 'vitest';
import { deliverBatch, MappingSchema } from '../../../../local/services/streams/batch-delivery.ts';
import type { StreamRecord } from '../../../../local/services/streams/stream-reader.ts';
import { arnOf, mapping, type Received, recorder, Scene } from '../../messaging-scene.ts';

const DestinationConfig = { OnFailure: { Destination: arnOf('Lost') } };

const failing = (bad: string) => (keys: string[]) => {
  if (keys.includes(bad)) throw new Error(`${bad} is poison`);
};
const numberOf = ({ Records }: Received, key: string) =>
  Records.find(({ dynamodb }) => dynamodb.Keys.sk.S === key)?.dynamodb.SequenceNumber;

describe('when the function fails', () => {
  it('the batch comes again, and after the last retry a description without records goes to the queue', async () => {
    const scene = await Scene.open(mapping({ MaximumRetryAttempts: 2, DestinationConfig }));
    const { batches, handler } = recorder(failing('a'));
    const { streams, deadLetters } = await scene.start({ Reader: handler });
    streams.pause();
    await scene.put('a', 'b');
    streams.resume();
    await streams.idle();
    expect(batches).toEqual([
      ['a', 'b'],
      ['a', 'b'],
      ['a', 'b'],
    ]);
    expect(deadLetters.list()).toEqual([
      {
        queue: 'Lost',
        sent_at: expect.any(String),
        body: {
          version: '1.0',
          timestamp: expect.any(String),
          requestContext: {
            requestId: expect.any(String),
            functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:Reader',
            condition: 'RetryAttemptsExhausted',
            approximateInvokeCount: 3,
          },
          responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
          DDBStreamBatchInfo: {
            shardId: expect.any(String),
            startSequenceNumber: '000000000000000000001',
            endSequenceNumber: '000000000000000000002',
            approximateArrivalOfFirstRecord: expect.any(String),
            approximateArrivalOfLastRecord: expect.any(String),
            batchSize: 2,
            streamArn: expect.stringContaining(':table/Tokens/stream/'),
          },
        },
      },
    ]);
  });

  it('a split isolates the poison record, and uses up no retry', async () => {
    const scene = await Scene.open(
      mapping({ MaximumRetryAttempts: 1, BisectBatchOnFunctionError: true, DestinationConfig }),
    );
    const { batches, handler } = recorder(failing('c'));
    const { streams, deadLetters } = await scene.start({ Reader: handler });
    streams.pause();
    await scene.put('a', 'b', 'c', 'd');
    streams.resume();
    await streams.idle();
    expect(batches).toEqual([['a', 'b', 'c', 'd'], ['a', 'b'], ['c', 'd'], ['c'], ['c'], ['d']]);
    expect(deadLetters.list()).toMatchObject([{ body: { DDBStreamBatchInfo: { batchSize: 1 } } }]);
  });

  it('what comes before the lowest reported number is done, and the rest comes again', async () => {
    const scene = await Scene.open(
      mapping({ FunctionResponseTypes: ['ReportBatchItemFailures'], MaximumRetryAttempts: 1 }),
    );
    let isFirst = true;
    const { batches, handler } = recorder((_, event) => {
      if (!isFirst) return { batchItemFailures: [] };
      isFirst = false;
      return { batchItemFailures: ['d', 'b'].map((key) => ({ itemIdentifier: numberOf(event, key) })) };
    });
    const { streams } = await scene.start({ Reader: handler });
    streams.pause();
    await scene.put('a', 'b', 'c', 'd');
    streams.resume();
    await streams.idle();
    expect(batches).toEqual([
      ['a', 'b', 'c', 'd'],
      ['b', 'c', 'd'],
    ]);
  });

  it.each([
    [null, true],
    [{}, true],
    [{ batchItemFailures: null }, true],
    [{ batchItemFailures: [] }, true],
    ['yes', false],
    [{ batchItemFailures: [{ itemIdentifier: '' }] }, false],
    [{ batchItemFailures: [{ itemIdentifier: null }] }, false],
    [{ batchItemFailures: [{ sequence: '1' }] }, false],
    [{ batchItemFailures: [{ itemIdentifier: '000000000000000000099' }] }, false],
  ])('the report %j means that the batch succeeded: %s', async (payload, succeeded) => {
    const records = [recordOf('1', Date.now())];
    const [done, discarded]: [StreamRecord[], StreamRecord[]] = [[], []];
    await deliverBatch(
      records,
      policy({ MaximumRetryAttempts: 0, FunctionResponseTypes: ['ReportBatchItemFailures'] }),
      {
        invoke: async () => ({ payload }),
        settle: (some, failure) => void (failure ? discarded : done).push(...some),
        turn: async () => true,
      },
    );
    expect([done, discarded]).toEqual(succeeded ? [records, []] : [[], records]);
  });

  it('records beyond the age are given up without a call, whatever retries are left', async () => {
    const records = [recordOf('1', Date.now() - 5000), recordOf('2', Date.now())];
    const calls: string[][] = [];
    const discarded: unknown[] = [];
    await deliverBatch(records, policy({ MaximumRetryAttempts: 9, MaximumRecordAgeInSeconds: 2 }), {
      invoke: async (some) => {
        calls.push(some.map(({ dynamodb }) => dynamodb.SequenceNumber));
        return { payload: null };
      },
      settle: (some, failure) => void (failure && discarded.push([some.length, failure.condition])),
      turn: async () => true,
    });
    expect(calls).toEqual([['2']]);
    expect(discarded).toEqual([[1, 'RecordAgeExceeded']]);
  });
});

function policy(extra: Record<string, unknown>) {
  const EventSourceArn = 'arn:aws:dynamodb:us-east-1:000000000000:table/Tokens/stream/1';
  return MappingSchema.parse({ EventSourceArn, FunctionName: 'Reader', StartingPosition: 'TRIM_HORIZON', ...extra });
}

function recordOf(SequenceNumber: string, at: number): StreamRecord {
  const Keys = { pk: { S: 'p' }, sk: { S: SequenceNumber } };
  return { eventName: 'INSERT', dynamodb: { ApproximateCreationDateTime: at / 1000, Keys, SequenceNumber } };
}
