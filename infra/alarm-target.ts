import { CfnCondition, CfnParameter, Fn, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { AnyPrincipal, Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { CfnSubscription, Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Stage } from './stages.ts';

export interface AlarmSpec {
  /** The heading of its entry in `docs/runbook.md`. */
  readonly name: string;
  /** What people notice: a sentence. */
  readonly means: string;
  readonly metric: IMetric;
  readonly when: { readonly atLeast: number } | { readonly below: number };
  /** How many periods of the metric in a row; 1 unless given. */
  readonly periods?: number;
  /** No number at all is as bad as a wrong one: what should run does not. */
  readonly silenceIsBad?: true;
}

/** Where every alarm of a deployment goes: a topic, encrypted, over TLS only, with one address to begin with. */
export class AlarmTarget extends Construct {
  readonly alarms: Alarm[] = [];
  readonly #topic: Topic;

  constructor(scope: Construct, id: string, stage: Stage) {
    super(scope, id);
    // A key of its own: what CloudWatch publishes to a topic with SNS's own key never arrives.
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
    const key = new Key(this, 'Key', {
      description: 'Alarms of Tokenward',
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    key.addToResourcePolicy(mayBeUsedByAlarms(Stack.of(this)));
    key.addToResourcePolicy(mayBeLentByServicesOnly());
    this.#topic = new Topic(this, 'Topic', { displayName: 'Tokenward: alarms', masterKey: key, enforceSSL: true });
    this.#topic.addToResourcePolicy(mayPublish(this.#topic));
    this.#subscribe(stage.alarmEmail);
  }

  raise({ name, means, metric, when, periods = 1, silenceIsBad }: AlarmSpec): void {
    const [comparisonOperator, threshold] =
      'atLeast' in when
        ? [ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD, when.atLeast]
        : [ComparisonOperator.LESS_THAN_THRESHOLD, when.below];
    const alarm = new Alarm(this, name, {
      alarmName: `${Stack.of(this).stackName}-${name}`,
      alarmDescription: `${means} What to do: docs/runbook.md#${name}`,
      metric,
      comparisonOperator,
      threshold,
      evaluationPeriods: periods,
      treatMissingData: silenceIsBad ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(this.#topic));
    alarm.addOkAction(new SnsAction(this.#topic));
    this.alarms.push(alarm);
  }

  #subscribe(byDefault: string): void {
    const email = new CfnParameter(this, 'AlarmEmail', {
      default: byDefault,
      description: 'Who is told of alarms; empty: nobody, until something subscribes to the topic.',
    });
    email.overrideLogicalId('AlarmEmail');
    const somebody = new CfnCondition(this, 'HasAlarmEmail', {
      expression: Fn.conditionNot(Fn.conditionEquals(email.valueAsString, '')),
    });
    const subscription = new CfnSubscription(this, 'Email', {
      topicArn: this.#topic.topicArn,
      protocol: 'email',
      endpoint: email.valueAsString,
    });
    subscription.cfnOptions.condition = somebody;
  }
}

const cloudWatch = new ServicePrincipal('cloudwatch.amazonaws.com');
const ofThisAccount = ({ account }: { readonly account: string }) => ({
  StringEquals: { 'aws:SourceAccount': account },
});

function mayBeUsedByAlarms(stack: Stack): PolicyStatement {
  return new PolicyStatement({
    principals: [cloudWatch],
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    // In the policy of a key: this key.
    resources: ['*'],
    conditions: ofThisAccount(stack),
  });
}

/** Nobody may lend the key to somebody by a grant, which no policy shows, but services of AWS. */
function mayBeLentByServicesOnly(): PolicyStatement {
  return new PolicyStatement({
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    actions: ['kms:CreateGrant'],
    resources: ['*'],
    conditions: { BoolIfExists: { 'kms:GrantIsForAWSResource': 'false', 'aws:PrincipalIsAWSService': 'false' } },
  });
}

function mayPublish(topic: Topic): PolicyStatement {
  return new PolicyStatement({
    principals: [cloudWatch],
    actions: ['sns:Publish'],
    resources: [topic.topicArn],
    conditions: ofThisAccount(Stack.of(topic)),
  });
}
