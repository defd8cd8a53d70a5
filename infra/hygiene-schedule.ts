import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { DataStore } from './data-store.ts';
import { DeadLetters } from './dead-letters.ts';
import type { EventBus } from './event-bus.ts';
import { MailSender } from './mail-sender.ts';
import { ServiceFunction } from './service-function.ts';
import type { Stage } from './stages.ts';

interface HygieneScheduleProps {
  readonly stage: Stage;
  readonly data: DataStore;
  readonly events: EventBus;
  /** Where the links in mails lead, without a slash at the end. */
  readonly consoleUrl: string;
}

/** What happens by the clock. */
export class HygieneSchedule extends Construct {
  readonly sweep: ServiceFunction;
  readonly receipts: ServiceFunction;
  readonly reconcile: ServiceFunction;

  constructor(scope: Construct, id: string, props: HygieneScheduleProps) {
    super(scope, id);
    this.sweep = this.#sweep(props);
    this.receipts = this.#receipts(props);
    this.reconcile = this.#reconcile(props);
  }

  #sweep({ stage, data, events, consoleUrl }: HygieneScheduleProps): ServiceFunction {
    const sweep = new ServiceFunction(this, 'sweep', {
      entry: 'schedule/sweep',
      failureImpact: 'Nobody is warned before a token expires, and expired tokens are not cleaned up.',
      logRetentionDays: stage.logRetentionDays,
      timeout: Duration.minutes(5),
    });
    data.tokens.allow(
      sweep,
      { actions: ['GetItem', 'BatchGetItem'], keys: ['STACK#*', 'TOKEN#*', 'PERSON#*'] },
      { actions: ['Query'], keys: ['STACK#*', 'DIGEST#*'] },
      { actions: ['PutItem'], keys: ['TOKEN#*', 'NOTICE#*', 'DIGEST#*'] },
      { actions: ['UpdateItem'], keys: ['STACK#*', 'TOKEN#*', 'DIGEST#*'] },
      { actions: ['DeleteItem'], keys: ['STACK#*'] },
    );
    data.audit.allow(sweep, { actions: ['PutItem'], keys: ['STACK#*'] });
    data.usage.allow(
      sweep,
      { actions: ['GetItem', 'BatchGetItem'], keys: ['USED#*'] },
      { actions: ['GetItem', 'Query', 'PutItem'], keys: ['DELIVERY#*'] },
    );
    sweep.allow(askDueIndex(data));
    events.allowPublishing(sweep);
    sweep.setVariable('consoleUrl', consoleUrl);
    new MailSender(this, 'Sender', stage).allow(sweep);
    // On the quarter hours, where the mail hours of every time zone are: a mail goes at its hour, and not some minutes later.
    runEvery(sweep, Schedule.cron({ minute: '0/15' }));
    return sweep;
  }

  #receipts({ stage, data }: HygieneScheduleProps): ServiceFunction {
    const receipts = new ServiceFunction(this, 'receipts', {
      entry: 'schedule/receipts',
      failureImpact:
        'Revocations that storage has interrupted are not completed. Their tokens and sessions are refused.',
      logRetentionDays: stage.logRetentionDays,
      timeout: Duration.seconds(50),
    });
    data.tokens.allow(receipts, { actions: ['BatchGetItem', 'Query', 'UpdateItem'], keys: ['TOKEN#*'] });
    receipts.allow(askDueIndex(data));
    // The next run is the next try.
    runEvery(receipts, Schedule.rate(Duration.minutes(1)), { retryAttempts: 0, maxEventAge: Duration.minutes(1) });
    return receipts;
  }

  #reconcile({ stage, data }: HygieneScheduleProps): ServiceFunction {
    const reconcile = new ServiceFunction(this, 'reconcile', {
      entry: 'schedule/reconcile',
      failureImpact:
        'What a broken chain leaves behind is not found: sessions of dead tokens stay listed, though refused.',
      logRetentionDays: stage.logRetentionDays,
      timeout: Duration.minutes(5),
    });
    data.tokens.allow(reconcile, { actions: ['GetItem', 'BatchGetItem', 'Query', 'UpdateItem'], keys: ['TOKEN#*'] });
    data.sessions.allow(reconcile, { actions: ['BatchWriteItem'], keys: ['SESSION#*'] });
    reconcile.allow(new PolicyStatement({ actions: ['dynamodb:Scan'], resources: [data.sessions.table.tableArn] }));
    reconcile.allow(askDueIndex(data));
    runEvery(reconcile, Schedule.rate(Duration.days(1)));
    return reconcile;
  }
}

function askDueIndex({ tokens }: DataStore): PolicyStatement {
  return new PolicyStatement({ actions: ['dynamodb:Query'], resources: [`${tokens.table.tableArn}/index/due`] });
}

/** Runs a function by the clock. What fails is seen in a queue: hand-off and run each have their own tries. */
function runEvery(
  scheduled: ServiceFunction,
  schedule: Schedule,
  tries = { retryAttempts: 2, maxEventAge: Duration.hours(1) },
): void {
  const deadLetters = new DeadLetters(scheduled, 'DeadLetters');
  scheduled.keepFailures(deadLetters, tries);
  const { maxEventAge } = tries;
  const target = new LambdaFunction(scheduled.lambda, { deadLetterQueue: deadLetters, retryAttempts: 3, maxEventAge });
  new Rule(scheduled, 'Schedule', { schedule, targets: [target] });
}
