import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as z from 'zod';
import { acknowledgeFindings, rulePacks } from '../../infra/acknowledgements.ts';
import { bundleDirectory } from '../../infra/bundle.ts';
import { consoleDirectory } from '../../infra/console-build.ts';
import { deployedFunctions } from '../../infra/service-function.ts';
import { ServiceStack } from '../../infra/service-stack.ts';
import { type StageName, stageNamed } from '../../infra/stages.ts';

/** What `observability-promises.ts` reads as it stands. */
const observedTypes = [
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::KMS::Key',
  'AWS::Logs::MetricFilter',
  'AWS::SNS::Subscription',
  'AWS::SNS::Topic',
  'AWS::SNS::TopicPolicy',
];

/** `{Ref}` and `{Fn::GetAtt}`: the logical id of what a value points to. */
const RefSchema = z.union([
  z.strictObject({ Ref: z.string() }).transform(({ Ref }) => Ref),
  z.strictObject({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) }).transform((found) => found['Fn::GetAtt'][0]),
]);
/** What a right is to: a resource (`Tokens`), or a part of one (`Tokens/index/due`, `Tokens/stream`). */
const ResourceSchema = z.union([
  z
    .strictObject({ 'Fn::GetAtt': z.tuple([z.string(), z.enum(['Arn', 'StreamArn'])]) })
    .transform(({ 'Fn::GetAtt': [id, attribute] }) => (attribute === 'Arn' ? id : `${id}/stream`)),
  z
    .strictObject({ 'Fn::Join': z.tuple([z.literal(''), z.tuple([RefSchema, z.string()])]) })
    .transform((found) => found['Fn::Join'][1].join('')),
  // An ARN that is put together: its service, and what it names.
  z
    .strictObject({ 'Fn::Join': z.tuple([z.literal(''), z.array(z.union([z.string(), RefSchema]))]) })
    .transform((found) => found['Fn::Join'][1].join('').replace(/^arn:AWS::Partition:/, '')),
]);
const oneOrMore = <S extends z.ZodType>(schema: S) => z.union([schema.transform((one) => [one]), z.array(schema)]);

/** `{Fn::If}`: the condition. */
const ChoiceSchema = z
  .strictObject({ 'Fn::If': z.array(z.unknown()) })
  .transform((found) => String(found['Fn::If'][0]));
/** `{Fn::Select}`: a part of something. */
const PartSchema = z.strictObject({ 'Fn::Select': z.array(z.unknown()) }).transform((found) => JSON.stringify(found));

const BehaviorSchema = z.object({
  AllowedMethods: z.array(z.string()).optional(),
  CachePolicyId: z.string(),
  OriginRequestPolicyId: z.string().optional(),
  ResponseHeadersPolicyId: RefSchema.optional(),
  ViewerProtocolPolicy: z.string(),
});

const schemas = {
  'AWS::DynamoDB::GlobalTable': z.object({
    BillingMode: z.string().optional(),
    KeySchema: z.array(z.object({ AttributeName: z.string(), KeyType: z.string() })),
    GlobalSecondaryIndexes: z.array(z.object({ IndexName: z.string(), Projection: z.unknown() })).default([]),
    Replicas: z.array(
      z.object({
        DeletionProtectionEnabled: z.boolean().optional(),
        PointInTimeRecoverySpecification: z.object({ PointInTimeRecoveryEnabled: z.boolean() }).optional(),
      }),
    ),
    StreamSpecification: z.object({ StreamViewType: z.string() }).optional(),
    TimeToLiveSpecification: z.object({ AttributeName: z.string().optional(), Enabled: z.boolean() }).optional(),
  }),
  'AWS::Lambda::Function': z.object({
    Runtime: z.string(),
    Architectures: z.array(z.string()),
    Handler: z.string(),
    Timeout: z.number().optional(),
    MemorySize: z.number().optional(),
    Description: z.string().optional(),
    Role: RefSchema,
    LoggingConfig: z.object({ LogFormat: z.string(), LogGroup: RefSchema }).optional(),
    Environment: z.object({
      Variables: z.record(z.string(), z.union([z.string(), RefSchema, ChoiceSchema, PartSchema])),
    }),
  }),
  'AWS::IAM::Role': z.object({
    AssumeRolePolicyDocument: z.object({
      Statement: z.array(z.object({ Principal: z.object({ Service: z.string() }) })),
    }),
    ManagedPolicyArns: z.array(z.unknown()).default([]),
    Policies: z.array(z.unknown()).default([]),
  }),
  'AWS::IAM::Policy': z.object({
    Roles: z.array(RefSchema),
    PolicyDocument: z.object({
      Statement: z.array(
        z.object({
          Effect: z.string(),
          Action: oneOrMore(z.string()),
          Resource: oneOrMore(ResourceSchema),
          Condition: z.record(z.string(), z.record(z.string(), oneOrMore(z.string()))).optional(),
        }),
      ),
    }),
  }),
  'AWS::Events::EventBus': z.object({ Name: z.string() }),
  'AWS::Events::Rule': z.object({
    ScheduleExpression: z.string().optional(),
    Targets: z.array(
      z.object({
        Arn: RefSchema,
        DeadLetterConfig: z.object({ Arn: RefSchema }).optional(),
        RetryPolicy: z.object({ MaximumEventAgeInSeconds: z.number(), MaximumRetryAttempts: z.number() }).optional(),
      }),
    ),
  }),
  'AWS::SQS::Queue': z.object({ MessageRetentionPeriod: z.number().optional() }),
  'AWS::SQS::QueuePolicy': z.object({
    Queues: z.array(RefSchema),
    PolicyDocument: z.object({
      Statement: z.array(z.object({ Effect: z.string(), Action: z.string(), Condition: z.unknown().optional() })),
    }),
  }),
  'AWS::Lambda::EventSourceMapping': z.object({
    FunctionName: RefSchema,
    EventSourceArn: ResourceSchema,
    FilterCriteria: z.object({ Filters: z.array(z.object({ Pattern: z.string() })) }).optional(),
    MaximumRetryAttempts: z.number().optional(),
    MaximumRecordAgeInSeconds: z.number().optional(),
    BisectBatchOnFunctionError: z.boolean().optional(),
    FunctionResponseTypes: z.array(z.string()).default([]),
    DestinationConfig: z.object({ OnFailure: z.object({ Destination: RefSchema }) }).optional(),
  }),
  'AWS::Lambda::EventInvokeConfig': z.object({
    FunctionName: RefSchema,
    MaximumRetryAttempts: z.number(),
    DestinationConfig: z.object({ OnFailure: z.object({ Destination: RefSchema }) }),
  }),
  'AWS::SES::EmailIdentity': z.object({ EmailIdentity: RefSchema }),
  'AWS::Logs::LogGroup': z.object({ RetentionInDays: z.number().optional() }),
  'AWS::Lambda::Permission': z.object({ FunctionName: RefSchema, Principal: z.string(), SourceArn: z.unknown() }),
  'AWS::S3::Bucket': z.object({
    BucketEncryption: z.unknown(),
    PublicAccessBlockConfiguration: z.record(z.string(), z.boolean()),
  }),
  'AWS::S3::BucketPolicy': z.object({
    PolicyDocument: z.object({
      Statement: z.array(
        z.object({
          Effect: z.string(),
          Action: oneOrMore(z.string()),
          Principal: z.unknown(),
          Condition: z.unknown().optional(),
        }),
      ),
    }),
  }),
  'AWS::CloudFront::Distribution': z.object({
    DistributionConfig: z.object({
      CustomErrorResponses: z.unknown().optional(),
      DefaultCacheBehavior: BehaviorSchema,
      CacheBehaviors: z.array(BehaviorSchema.extend({ PathPattern: z.string() })),
    }),
  }),
  'AWS::CloudFront::OriginAccessControl': z.object({
    OriginAccessControlConfig: z.object({ SigningBehavior: z.string() }),
  }),
  'AWS::CloudFront::ResponseHeadersPolicy': z.object({
    ResponseHeadersPolicyConfig: z.object({
      SecurityHeadersConfig: z.object({
        ContentSecurityPolicy: z.object({
          ContentSecurityPolicy: z
            .strictObject({
              'Fn::Join': z.tuple([z.literal(''), z.array(z.union([z.string(), RefSchema]))]),
            })
            .transform((found) => found['Fn::Join'][1].join('')),
        }),
      }),
    }),
  }),
  'AWS::Lambda::LayerVersion': z.object({ Description: z.string() }),
  'Custom::CDKBucketDeployment': z.object({ DestinationBucketName: RefSchema, Prune: z.boolean() }),
  'AWS::ApiGatewayV2::Api': z.object({ ProtocolType: z.literal('HTTP') }),
  'AWS::ApiGatewayV2::Route': z.object({
    RouteKey: z.string(),
    Target: z.object({ 'Fn::Join': z.tuple([z.literal(''), z.tuple([z.literal('integrations/'), RefSchema])]) }),
  }),
  'AWS::ApiGatewayV2::Integration': z.object({ IntegrationUri: RefSchema, PayloadFormatVersion: z.literal('2.0') }),
  'AWS::ApiGatewayV2::Stage': z.object({
    StageName: z.string(),
    AccessLogSettings: z.object({ DestinationArn: RefSchema, Format: z.string() }).optional(),
    DefaultRouteSettings: z
      .object({ ThrottlingBurstLimit: z.number(), ThrottlingRateLimit: z.number() })
      .partial()
      .optional(),
  }),
} as const;

export type ResourceType = keyof typeof schemas;
export const knownTypes: readonly string[] = [...Object.keys(schemas), ...observedTypes];

export interface Resource<T extends ResourceType> {
  readonly id: string;
  readonly properties: z.output<(typeof schemas)[T]>;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly deletionPolicy: string | undefined;
  readonly replacePolicy: string | undefined;
}

export function functionName({ id, metadata }: Pick<Resource<'AWS::Lambda::Function'>, 'id' | 'metadata'>): string {
  return String(metadata['tokenward:function'] ?? id);
}

export interface Synthesized {
  /** All resources of a type; one that does not have the shape that its promises are about fails the test. */
  all<T extends ResourceType>(type: T): readonly Resource<T>[];
  /** The types that there are. */
  readonly types: readonly string[];
  /** Everything that there is, CDK's own included, as it stands in the template. */
  readonly everything: readonly RawResource[];
  /** What the rule packs find, as `rule at path`; with and without what is acknowledged. */
  readonly findings: { readonly all: readonly string[]; readonly left: readonly string[] };
}

export interface RawResource {
  readonly id: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly deletionPolicy: string | undefined;
}

/** What copies the console's files into their bucket is CDK's own, with rights that CDK gives it. */
const copierOfCdk = 'CustomCDKBucketDeployment';

/** Synthesizes a stage in this process. What is in the bundles and the console plays no part, only that they have a place. */
export function synthesize(stageName: StageName): Synthesized {
  for (const name of deployedFunctions) mkdirSync(bundleDirectory(name), { recursive: true });
  mkdirSync(consoleDirectory, { recursive: true });
  const { resources, findings } = resourcesOf(stageName);
  return {
    findings,
    everything: Object.entries(resources).map(([id, { Type: type, Properties, DeletionPolicy: deletionPolicy }]) => ({
      id,
      type,
      properties: Properties,
      deletionPolicy,
    })),
    types: [...new Set(Object.values(resources).map(({ Type }) => Type))],
    all: (type) =>
      Object.entries(resources)
        .filter(([id, { Type }]) => Type === type && !id.startsWith(copierOfCdk))
        .map(([id, resource]) => ({
          id,
          properties: schemas[type].parse(resource.Properties) as never,
          metadata: resource.Metadata,
          deletionPolicy: resource.DeletionPolicy,
          replacePolicy: resource.UpdateReplacePolicy,
        })),
  };
}

function resourcesOf(stageName: StageName) {
  const outdir = mkdtempSync(path.join(tmpdir(), 'synthesized-'));
  try {
    const app = new App({ outdir, analyticsReporting: false });
    const stack = new ServiceStack(app, `tokenward-${stageName}`, { stage: stageNamed(stageName) });
    const { Resources: resources } = TemplateSchema.parse(Template.fromStack(stack).toJSON());
    const all = findingsIn(stack);
    acknowledgeFindings(stack);
    return { resources, findings: { all, left: findingsIn(stack) } };
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

function findingsIn(stack: ServiceStack): string[] {
  return rulePacks.flatMap((Pack) =>
    new Pack()
      .validateScope(stack)
      .violations.flatMap(({ ruleName, violatingResources }) =>
        violatingResources.map(({ constructPath = '' }) => `${ruleName} at ${constructPath.replace(/^[^/]+\//, '')}`),
      ),
  );
}

const TemplateSchema = z.object({
  Resources: z.record(
    z.string(),
    z.object({
      Type: z.string(),
      Properties: z.record(z.string(), z.unknown()).default({}),
      Metadata: z.record(z.string(), z.unknown()).default({}),
      DeletionPolicy: z.string().optional(),
      UpdateReplacePolicy: z.string().optional(),
    }),
  ),
});
