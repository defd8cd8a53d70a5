import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { DataStore } from './data-store.ts';
import { ServiceFunction } from './service-function.ts';
import type { Stage } from './stages.ts';

/** What happens by the clock. */
export class HygieneSchedule extends Construct {
  readonly reconcile: ServiceFunction;

  constructor(scope: Construct, id: string, { stage, data }: { stage: Stage; data: DataStore }) {
    super(scope, id);
    this.reconcile = new ServiceFunction(this, 'reconcile', {
      entry: 'schedule/reconcile',
      failureImpact:
        'What a broken chain leaves behind is not found: sessions of dead tokens stay listed, though refused.',
      logRetentionDays: stage.logRetentionDays,
      timeout: Duration.minutes(5),
    });
    data.tokens.allow(this.reconcile, {
      actions: ['GetItem', 'BatchGetItem', 'Query', 'UpdateItem'],
      keys: ['TOKEN#*'],
    });
    data.sessions.allow(this.reconcile, { actions: ['BatchWriteItem'], keys: ['SESSION#*'] });
    this.reconcile.allow(
      new PolicyStatement({ actions: ['dynamodb:Scan'], resources: [data.sessions.table.tableArn] }),
    );
    this.reconcile.allow(
      new PolicyStatement({ actions: ['dynamodb:Query'], resources: [`${data.tokens.table.tableArn}/index/due`] }),
    );
    runEvery(this.reconcile, Schedule.rate(Duration.days(1)));
  }
}

/** Runs a function by the clock. What fails is seen in a queue: hand-off and run each have their own tries. */
function runEvery(scheduled: ServiceFunction, schedule: Schedule): void {
  const deadLetters = new Queue(scheduled, 'DeadLetters', { enforceSSL: true, retentionPeriod: Duration.days(14) });
  scheduled.keepFailures(deadLetters);
  const target = new LambdaFunction(scheduled.lambda, {
    deadLetterQueue: deadLetters,
    retryAttempts: 3,
    maxEventAge: Duration.hours(1),
  });
  new Rule(scheduled, 'Schedule', { schedule, targets: [target] });
}
