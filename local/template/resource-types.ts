/** The identity that the template sees: what `AWS::AccountId` and its like answer on this machine. */
export const ACCOUNT = '000000000000';
export const REGION = 'us-east-1';
export const PARTITION = 'aws';
export const URL_SUFFIX = 'amazonaws.com';

/** A resource whose name is settled: what its Ref and attributes are made of. */
export interface Named {
  readonly name: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

export interface ResourceType {
  /** The property that names the resource when it is given; otherwise the logical id is the name. Ref answers the name. */
  readonly nameProperty?: string;
  /** What Fn::GetAtt can ask for. */
  readonly attributes?: Readonly<Record<string, (resource: Named) => string>>;
  /** Why nothing on this machine stands for it; absent for a type that is run. */
  readonly leftOut?: string;
}

/** An ARN; `region` and `account` are empty for the global services. */
export function arn(service: string, resource: string, { region = REGION, account = ACCOUNT } = {}): string {
  return `arn:${PARTITION}:${service}:${region}:${account}:${resource}`;
}

/** Every table has one stream for its whole life, so its label is fixed where AWS has the instant of its making. */
const STREAM_LABEL = '2000-01-01T00:00:00.000';

/**
 * Every type that a template may use. To support another one, add a line here and give it a counterpart in `local/`; to
 * leave one out knowingly, say why. Ref and attributes follow each type's "Return values":
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
 */
export const RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  'AWS::DynamoDB::GlobalTable': {
    nameProperty: 'TableName',
    attributes: { Arn: tableArn, StreamArn: streamArn },
  },
  'AWS::Lambda::Function': {
    nameProperty: 'FunctionName',
    attributes: { Arn: ({ name }) => arn('lambda', `function:${name}`) },
  },
  'AWS::Lambda::Permission': {},
  'AWS::Lambda::EventSourceMapping': {},
  'AWS::Lambda::EventInvokeConfig': {},
  'AWS::Events::EventBus': {
    nameProperty: 'Name',
    attributes: { Arn: ({ name }) => arn('events', `event-bus/${name}`), Name: ({ name }) => name },
  },
  'AWS::Events::Rule': { nameProperty: 'Name', attributes: { Arn: ({ name }) => arn('events', `rule/${name}`) } },
  'AWS::SQS::Queue': {
    nameProperty: 'QueueName',
    attributes: { Arn: ({ name }) => arn('sqs', name), QueueName: ({ name }) => name },
  },
  'AWS::SES::EmailIdentity': { nameProperty: 'EmailIdentity' },
  'AWS::SES::ConfigurationSet': { nameProperty: 'Name' },
  'AWS::IAM::Role': { nameProperty: 'RoleName', attributes: { Arn: roleArn } },
  'AWS::IAM::Policy': {},
  'AWS::ApiGatewayV2::Api': {
    attributes: {
      ApiId: ({ name }) => name,
      ApiEndpoint: ({ name }) => `https://${name}.execute-api.${REGION}.${URL_SUFFIX}`,
    },
  },
  'AWS::ApiGatewayV2::Stage': { nameProperty: 'StageName' },
  'AWS::ApiGatewayV2::Route': { attributes: { RouteId: ({ name }) => name } },
  'AWS::ApiGatewayV2::Authorizer': { attributes: { AuthorizerId: ({ name }) => name } },
  'AWS::ApiGatewayV2::Integration': { attributes: { IntegrationId: ({ name }) => name } },

  'AWS::CloudFront::Distribution': { attributes: { DomainName: ({ name }) => `${name}.cloudfront.net` } },
  'AWS::CloudFront::Function': {
    nameProperty: 'Name',
    attributes: { FunctionARN: ({ name }) => arn('cloudfront', `function/${name}`, { region: '' }) },
  },
  'AWS::CloudFront::ResponseHeadersPolicy': {},
  'AWS::S3::Bucket': {
    nameProperty: 'BucketName',
    attributes: {
      Arn: ({ name }) => arn('s3', name, { region: '', account: '' }),
      RegionalDomainName: ({ name }) => `${name}.s3.${REGION}.${URL_SUFFIX}`,
    },
  },
  'Custom::CDKBucketDeployment': {},

  'AWS::Logs::LogGroup': {
    nameProperty: 'LogGroupName',
    attributes: { Arn: ({ name }) => arn('logs', `log-group:${name}:*`) },
    leftOut: 'the output of the functions goes to files',
  },
  'AWS::Logs::MetricFilter': { leftOut: 'nothing on this machine counts what the functions log' },
  'AWS::SQS::QueuePolicy': { leftOut: 'nothing on this machine reaches a queue but what the template sends there' },
  'AWS::CloudWatch::Alarm': {
    nameProperty: 'AlarmName',
    attributes: { Arn: ({ name }) => arn('cloudwatch', `alarm:${name}`) },
    leftOut: 'nobody on this machine is to be woken',
  },
  'AWS::CloudWatch::Dashboard': { nameProperty: 'DashboardName', leftOut: 'there are no metrics to show' },
  'AWS::SNS::Topic': {
    nameProperty: 'TopicName',
    attributes: { TopicArn: ({ name }) => arn('sns', name) },
    leftOut: 'nobody on this machine is to be woken',
  },
  'AWS::SNS::TopicPolicy': { leftOut: 'nobody on this machine is to be woken' },
  'AWS::SNS::Subscription': { leftOut: 'nobody on this machine is to be woken' },
  'AWS::KMS::Key': {
    attributes: { Arn: ({ name }) => arn('kms', `key/${name}`) },
    leftOut: 'only alarms use it, and nobody on this machine is to be woken',
  },
  'AWS::CloudFront::OriginAccessControl': {
    attributes: { Id: ({ name }) => name },
    leftOut: 'nobody on this machine reaches a bucket but the distribution',
  },
  'AWS::S3::BucketPolicy': { leftOut: 'nobody on this machine reaches a bucket but the distribution' },
  'AWS::Lambda::LayerVersion': { leftOut: "it is the AWS CLI of what copies the console's files into their bucket" },
  'AWS::CDK::Metadata': { leftOut: "it counts the use of CDK's constructs and does nothing" },
};

/** What CDK adds for itself, by what the logical id begins with, and why nothing on this machine stands for it. */
export const LEFT_OUT_RESOURCES: Readonly<Record<string, string>> = {
  CustomCDKBucketDeployment:
    "it copies the console's files into their bucket; here they are served from where they are",
};

function tableArn({ name }: Named): string {
  return arn('dynamodb', `table/${name}`);
}

function streamArn(table: Named): string {
  if (!table.properties.StreamSpecification) throw new Error('the table has no StreamSpecification');
  return `${tableArn(table)}/stream/${STREAM_LABEL}`;
}

function roleArn({ name, properties }: Named): string {
  const path = typeof properties.Path === 'string' ? properties.Path : '/';
  return arn('iam', `role${path}${name}`, { region: '' });
}
