import { type App, type Stack, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import { ControlTowerChecks, leftOut } from './control-tower-checks.ts';

/** The rules that a template is held to, each pack with a name of its own in the findings. */
export const rulePacks = [AwsSolutionsChecks, ServerlessChecks] as const;

/** Lets a synthesis fail when the rules find what nobody has acknowledged. */
export function holdToRules(app: App, stack: Stack): void {
  const slow = app.node.tryGetContext(leftOut.key) === leftOut.value ? [] : [new ControlTowerChecks()];
  Validations.of(app).addPlugins(...rulePacks.map((Pack) => new Pack(app)), ...slow);
  acknowledgeFindings(stack);
}

/** A finding of cdk-nag, or of AWS Control Tower's rules, that is left as it is. */
export interface Acknowledgement {
  /** The rule, with the finding where a rule has several: `AwsSolutions-IAM5[Resource::*]`. */
  readonly rule: string;
  /** Path below the stack; the finding is left there and below it. Empty: anywhere. */
  readonly at: string;
  readonly reason: string;
  /** What shows that the reason is true: a file, and after `: ` words that stand in it. A test looks them up. */
  readonly evidence: string;
}

/** As CDK knows one of AWS Control Tower's rules. */
const controlTower = (rule: string) => `ControlTower::CT.${rule}`;

/** What CDK's BucketDeployment adds to the stack, under a name of its own making. */
const copier = 'Custom::CDKBucketDeployment8693BB64968944B69AAFB0CC9EB8756C';
const copierRights = `${copier}/ServiceRole/DefaultPolicy`;
const isCdks = "It is CDK's own function, which copies the console's files into their bucket at a deployment";
const recordOfTheCopier = 'docs/decisions/0023-the-console-shares-the-apis-origin.md: the only one in the template';

/** Everything that AWS's rules find and that stays: with why, and what shows it. There is no other place for an acknowledgement. */
export const acknowledgements: readonly Acknowledgement[] = [
  ...['AwsSolutions-APIG4', controlTower('APIGATEWAY.PR.5')].map((rule) => ({
    rule,
    at: 'Api',
    reason: 'Each door recognizes its callers itself, by a strong read: an authorizer of the gateway could cache.',
    evidence: 'test/infra/every-resource.ts: has no authorizer that could remember an answer',
  })),
  ...['FanOut', 'Hygiene'].flatMap((at) =>
    ['AwsSolutions-SQS3', 'Serverless-SQSRedrivePolicy', controlTower('SQS.PR.1')].map((rule) => ({
      rule,
      at,
      reason: 'The queue is where failures end: a dead-letter queue of its own would only hide them.',
      evidence: 'test/infra/asynchronous-promises.ts: is the end of something that fails, and of nothing else',
    })),
  ),
  ...['Api', 'Example'].map((at) => ({
    rule: 'Serverless-LambdaDLQ',
    at,
    reason: 'The gateway waits for the answer: a failure is told to the caller, and nothing is left to try again.',
    evidence: 'test/infra/service-stack.test.ts: may be invoked by the APIs',
  })),
  {
    rule: 'Serverless-LambdaDLQ',
    at: 'FanOut',
    reason: 'Records that fail go to the queue of the stream mapping, which the rule does not look at.',
    evidence: 'test/infra/asynchronous-promises.ts: with an end to its tries and a place for what fails',
  },
  {
    rule: 'Serverless-LambdaDLQ',
    at: 'Hygiene',
    reason: 'Runs that fail go to the queue of an on-failure destination, which the rule does not look at.',
    evidence: 'test/infra/asynchronous-promises.ts: failed hand-offs and failed runs are kept',
  },
  {
    rule: 'Serverless-LambdaTracing',
    at: '',
    reason:
      'No function has a second service behind it whose share of the time a trace would show; logs have durations.',
    evidence: 'docs/deploy.md: No traces',
  },
  {
    rule: 'Serverless-SNSRedrivePolicy',
    at: 'Observability/Alarms/Email',
    reason: 'That an alarm was not delivered could only be told by an alarm. It stays red where people look.',
    evidence: 'docs/runbook.md: An alarm stays red on the dashboard',
  },
  {
    rule: 'AwsSolutions-COG8',
    at: 'SignIn/UserPool',
    reason:
      'The plus plan judges risks and is paid for by each person and month: who deploys decides. A second factor is required.',
    evidence: 'test/infra/sign-in-promises.ts: signs nobody up',
  },
  ...['AwsSolutions-S1', ...['2', '4', '6', '9', '10', '11'].map((number) => controlTower(`S3.PR.${number}`))].map(
    (rule) => ({
      rule,
      at: 'Console/Files',
      reason:
        'It holds the files of a public page, which a build makes again: no versions, locks or keys. Only the distribution may read them.',
      evidence: 'test/infra/console-promises.ts: is in a bucket that only the distribution reads',
    }),
  ),
  {
    rule: 'AwsSolutions-CFR1',
    at: 'Console/Distribution',
    reason: 'People and programs may be anywhere; who may do what is decided by their credentials.',
    evidence: 'docs/deploy.md: Where callers come from',
  },
  {
    rule: 'AwsSolutions-CFR2',
    at: 'Console/Distribution',
    reason: 'The API is throttled for everybody together; a firewall is the choice and the cost of who deploys.',
    evidence: 'docs/deploy.md: A firewall',
  },
  ...['AwsSolutions-CFR3', controlTower('CLOUDFRONT.PR.5')].map((rule) => ({
    rule,
    at: 'Console/Distribution',
    reason: 'Its logs have query strings, and so the names of tokens. The API logs each request without them.',
    evidence: 'test/infra/service-stack.test.ts: nothing that can hold a credential or a name',
  })),
  ...[
    'AwsSolutions-CFR4',
    controlTower('CLOUDFRONT.PR.6'),
    controlTower('CLOUDFRONT.PR.7'),
    controlTower('CLOUDFRONT.PR.9'),
  ].map((rule) => ({
    rule,
    at: 'Console/Distribution',
    reason: "CloudFront's own certificate knows no other policy; with a domain of its own it is TLS 1.2 and later.",
    evidence: 'docs/deploy.md: A domain of your own',
  })),
  {
    rule: controlTower('CLOUDFRONT.PR.4'),
    at: 'Console/Distribution',
    reason: 'What it shows is in one Region, as the tokens are: where that is down there is nothing to fail over to.',
    evidence: 'docs/deploy.md: One Region, and why',
  },
  {
    rule: controlTower('LAMBDA.PR.2'),
    at: '',
    reason:
      'Each permission names what may call, by an ARN that is joined from parts: the rule does not read such a one.',
    evidence: 'test/infra/service-stack.test.ts: may be invoked by the APIs',
  },
  {
    rule: controlTower('LAMBDA.PR.3'),
    at: '',
    reason: 'Functions call services of AWS, each by a right of its own, and nothing in a private network.',
    evidence: 'docs/deploy.md: No private network',
  },
  {
    rule: controlTower('CLOUDWATCH.PR.2'),
    at: '',
    reason: 'Logs are for operating. What has to be proved later is in the audit log, from which nothing goes.',
    evidence: 'test/infra/service-stack.test.ts: but for the audit log, which stays',
  },
  {
    rule: controlTower('CLOUDWATCH.PR.3'),
    at: '',
    reason:
      "CloudWatch's own key encrypts them, and there is no secret in them that a key of ours would keep from readers.",
    evidence: "docs/runbook.md: Tokens' values, digests and JWTs are in no log",
  },
  ...[
    'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]',
    'AwsSolutions-L1',
    'Serverless-LambdaLatestVersion',
    'Serverless-LambdaDLQ',
  ].map((rule) => ({
    rule,
    at: copier,
    reason: `${isCdks}: CloudFormation waits for it, and its role and runtime are CDK's choice.`,
    evidence: recordOfTheCopier,
  })),
  ...[
    'Action::s3:GetObject*',
    'Action::s3:GetBucket*',
    'Action::s3:List*',
    'Action::s3:DeleteObject*',
    'Action::s3:Abort*',
    'Resource::arn:<AWS::Partition>:s3:::cdk-hnb659fds-assets-<AWS::AccountId>-<AWS::Region>/*',
    'Resource::<ConsoleFiles2D43986C.Arn>/*',
  ].map((finding) => ({
    rule: `AwsSolutions-IAM5[${finding}]`,
    at: copierRights,
    reason: `${isCdks}: it reads the bucket of CDK's assets and writes the console's, and reaches nothing else.`,
    evidence: recordOfTheCopier,
  })),
];

/** Not every stage has everything; a test refuses an acknowledgement that is about nothing in any of them. */
export function acknowledgeFindings(stack: Stack): void {
  for (const { rule, at, reason, evidence } of acknowledgements) {
    const there = constructAt(stack, at);
    if (there) Validations.of(there).acknowledge({ id: rule, reason: `${reason} See ${evidence}.` });
  }
}

function constructAt(stack: IConstruct, path: string): IConstruct | undefined {
  const ids = path.split('/').filter((id) => id !== '');
  return ids.reduce<IConstruct | undefined>((at, id) => at?.node.tryFindChild(id), stack);
}
