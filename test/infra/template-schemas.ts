import * as z from 'zod';

/** What `observability-promises.ts` and `sign-in-promises.ts` read as it stands. */
export const observedTypes = [
  'AWS::Cognito::UserPool',
  'AWS::Cognito::UserPoolClient',
  'AWS::Cognito::UserPoolDomain',
  'AWS::Cognito::UserPoolResourceServer',
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

/** `{Fn::Select}`: a part of something. */
const PartSchema = z.strictObject({ 'Fn::Select': z.array(z.unknown()) }).transform((found) => JSON.stringify(found));
/** `{Fn::If}`: the condition. */
const ChoiceSchema = z
  .strictObject({ 'Fn::If': z.array(z.unknown()) })
  .transform((found) => String(found['Fn::If'][0]));

/** `{Fn::Join}`: what it is joined of. */
const JoinSchema = z
  .strictObject({ 'Fn::Join': z.tuple([z.string(), z.array(z.union([z.string(), RefSchema]))]) })
  .transform((found) => found['Fn::Join'][1].join(found['Fn::Join'][0]));

const BehaviorSchema = z.object({
  AllowedMethods: z.array(z.string()).optional(),
  CachePolicyId: z.string(),
  OriginRequestPolicyId: z.string().optional(),
  ResponseHeadersPolicyId: RefSchema.optional(),
  ViewerProtocolPolicy: z.string(),
  FunctionAssociations: z.array(z.object({ EventType: z.string() })).optional(),
});

/** The shape that the promises about a type are made of. */
export const schemas = {
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
    Environment: z
      .object({
        Variables: z.record(z.string(), z.union([z.string(), RefSchema, ChoiceSchema, JoinSchema, PartSchema])),
      })
      .default({ Variables: {} }),
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
  'AWS::SES::ConfigurationSet': z.object({
    ReputationOptions: z.object({ ReputationMetricsEnabled: z.literal(true) }),
    SuppressionOptions: z.object({ SuppressedReasons: z.array(z.string()) }),
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
  'AWS::CloudFront::Function': z.object({
    AutoPublish: z.boolean(),
    FunctionConfig: z.object({ Runtime: z.string() }),
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
    ApiId: RefSchema,
    RouteKey: z.string(),
    AuthorizationType: z.string(),
    AuthorizerId: RefSchema.optional(),
    Target: z.object({ 'Fn::Join': z.tuple([z.literal(''), z.tuple([z.literal('integrations/'), RefSchema])]) }),
  }),
  'AWS::ApiGatewayV2::Integration': z.object({ IntegrationUri: RefSchema, PayloadFormatVersion: z.literal('2.0') }),
  'AWS::ApiGatewayV2::Authorizer': z.object({
    ApiId: RefSchema,
    AuthorizerType: z.string(),
    AuthorizerPayloadFormatVersion: z.string(),
    AuthorizerResultTtlInSeconds: z.number().optional(),
    AuthorizerUri: z.unknown(),
    EnableSimpleResponses: z.boolean().optional(),
    IdentitySource: z.array(z.string()).optional(),
  }),
  'AWS::ApiGatewayV2::Stage': z.object({
    StageName: z.string(),
    AccessLogSettings: z.object({ DestinationArn: RefSchema, Format: z.string() }).optional(),
    DefaultRouteSettings: z
      .object({ ThrottlingBurstLimit: z.number(), ThrottlingRateLimit: z.number() })
      .partial()
      .optional(),
  }),
} as const;
