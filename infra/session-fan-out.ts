import { Duration } from 'aws-cdk-lib';
import { EventSourceMapping, FilterCriteria, FilterRule, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Construct } from 'constructs';
import type { DataStore } from './data-store.ts';
import { DeadLetters } from './dead-letters.ts';
import type { EventBus } from './event-bus.ts';
import { ServiceFunction } from './service-function.ts';
import type { Stage } from './stages.ts';

interface SessionFanOutProps {
  readonly stage: Stage;
  readonly data: DataStore;
  readonly events: EventBus;
}

/**
 * The token table's two stream readers (there may be no third): one ends sessions where a receipt asks for it, one tells the bus
 * what became of tokens. Both are finite in retries and age: one bad record holds up nothing for longer than that.
 */
export class SessionFanOut extends Construct {
  readonly endSessions: ServiceFunction;
  readonly announce: ServiceFunction;

  constructor(scope: Construct, id: string, props: SessionFanOutProps) {
    super(scope, id);
    this.endSessions = this.#endSessions(props);
    this.announce = this.#announce(props);
  }

  #endSessions({ stage, data, events }: SessionFanOutProps): ServiceFunction {
    const reader = new ServiceFunction(this, 'end-sessions', {
      entry: 'stream/end-sessions',
      failureImpact: 'Ended sessions stay listed and consumers are not told. They are refused all the same.',
      logRetentionDays: stage.logRetentionDays,
      timeout: Duration.seconds(30),
    });
    data.tokens.allow(reader, {
      actions: ['BatchGetItem', 'Query', 'UpdateItem'],
      keys: ['TOKEN#*'],
    });
    data.sessions.allow(reader, { actions: ['Query', 'BatchWriteItem'], keys: ['SESSION#*'] });
    events.allowPublishing(reader);
    const receiptsUnderWay = {
      eventName: FilterRule.or('INSERT', 'MODIFY'),
      dynamodb: {
        NewImage: { sk: { S: FilterRule.beginsWith('RECEIPT#') }, state: { S: FilterRule.isEqual('running') } },
      },
    };
    this.#read(reader, data, { filters: [receiptsUnderWay], parallel: 10, batch: 10 });
    return reader;
  }

  #announce({ stage, data, events }: SessionFanOutProps): ServiceFunction {
    const reader = new ServiceFunction(this, 'announce', {
      entry: 'stream/announce',
      failureImpact: 'Consumers of events are not told of new, edited and deleted tokens.',
      logRetentionDays: stage.logRetentionDays,
      timeout: Duration.seconds(30),
    });
    events.allowPublishing(reader);
    const tokens = {
      dynamodb: { Keys: { pk: { S: FilterRule.beginsWith('TOKEN#') }, sk: { S: FilterRule.isEqual('META') } } },
    };
    const newRowsOf = (prefix: string) => ({
      eventName: FilterRule.isEqual('INSERT'),
      dynamodb: { Keys: { pk: { S: FilterRule.beginsWith(prefix) } } },
    });
    this.#read(reader, data, { filters: [tokens, newRowsOf('NOTICE#'), newRowsOf('GHOST#')], parallel: 1, batch: 25 });
    return reader;
  }

  #read(
    reader: ServiceFunction,
    data: DataStore,
    { filters, parallel, batch }: { filters: readonly Record<string, unknown>[]; parallel: number; batch: number },
  ): void {
    const deadLetters = new DeadLetters(reader, 'DeadLetters');
    data.tokens.allowStream(reader);
    new EventSourceMapping(reader, 'Stream', {
      target: reader.lambda,
      eventSourceArn: data.tokens.streamArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      filters: filters.map((filter) => FilterCriteria.filter(filter)),
      batchSize: batch,
      // A deletion waits for nothing.
      maxBatchingWindow: Duration.seconds(0),
      parallelizationFactor: parallel,
      retryAttempts: 10,
      maxRecordAge: Duration.hours(12),
      bisectBatchOnError: true,
      reportBatchItemFailures: true,
      onFailure: new SqsDlq(deadLetters),
    });
  }
}
