import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { runInNewContext } from 'node:vm';
import * as z from 'zod';
import { ignored, propertiesOf } from '../../template/resource-properties.ts';
import { arn } from '../../template/resource-types.ts';
import type { LocalStack } from '../../template/template.ts';

export interface SiteFile {
  readonly content: Buffer;
  readonly type: string;
}
/** A behaviour of the distribution: what it answers, for which paths. */
export interface BehaviorJson {
  readonly pattern: RegExp;
  readonly methods: readonly string[];
  /** of the response headers policy, in the template's words */
  readonly headers: Readonly<Record<string, string>>;
  /** by key; or everything goes on to the HTTP API */
  readonly files: ReadonlyMap<string, SiteFile> | 'api';
  /** lower-case names; what the origin is sent under these names, whatever the viewer sent */
  readonly toOrigin: Readonly<Record<string, string>>;
  /** the path that is looked up for the one that was asked for: what the behaviour's function makes of it */
  readonly rewrite: (path: string) => string;
  /** the key that `/` means */
  readonly root: string;
}

/** AWS's managed policies. https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html */
const CACHING_DISABLED = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad';
const CACHING_OPTIMIZED = '658327ea-f89d-4fab-a63d-7e88639e58f6';
const ALL_VIEWER_EXCEPT_HOST_HEADER = 'b689b0a8-53d0-40ab-baf2-68738e2966ac';

const behavior = {
  TargetOriginId: z.string(),
  AllowedMethods: z.array(z.string()).default(['GET', 'HEAD']),
  CachePolicyId: z.enum([CACHING_DISABLED, CACHING_OPTIMIZED]),
  OriginRequestPolicyId: z.literal(ALL_VIEWER_EXCEPT_HOST_HEADER).optional(),
  ResponseHeadersPolicyId: z.string().optional(),
  ViewerProtocolPolicy: z.enum(['redirect-to-https', 'https-only']),
  FunctionAssociations: z
    .array(z.strictObject({ EventType: z.literal('viewer-request'), FunctionARN: z.string() }))
    .max(1)
    .default([]),
  Compress: ignored,
};
const BehaviorSchema = z.strictObject(behavior);
const DistributionSchema = z.strictObject({
  DistributionConfig: z.strictObject({
    Enabled: z.literal(true),
    DefaultRootObject: z.string(),
    DefaultCacheBehavior: BehaviorSchema,
    CacheBehaviors: z.array(z.strictObject({ ...behavior, PathPattern: z.string() })).default([]),
    Origins: z.array(
      z.strictObject({
        Id: z.string(),
        DomainName: z.string(),
        S3OriginConfig: ignored,
        OriginAccessControlId: ignored,
        CustomOriginConfig: ignored,
        OriginCustomHeaders: z.array(z.strictObject({ HeaderName: z.string(), HeaderValue: z.string() })).default([]),
      }),
    ),
    Comment: ignored,
    HttpVersion: ignored,
    IPV6Enabled: ignored,
  }),
  Tags: ignored,
});
const FunctionSchema = z.strictObject({
  Name: ignored,
  AutoPublish: z.literal(true),
  FunctionCode: z.string(),
  FunctionConfig: z.strictObject({ Comment: ignored, Runtime: z.literal('cloudfront-js-2.0') }),
});
const HandlerSchema = z.custom<(event: object) => unknown>((handler) => typeof handler === 'function');
const Override = z.literal(true);
const HeadersSchema = z.strictObject({
  ResponseHeadersPolicyConfig: z.strictObject({
    Name: ignored,
    Comment: ignored,
    CustomHeadersConfig: z
      .strictObject({ Items: z.array(z.strictObject({ Header: z.string(), Value: z.string(), Override })) })
      .default({ Items: [] }),
    SecurityHeadersConfig: z.strictObject({
      ContentSecurityPolicy: z.strictObject({ ContentSecurityPolicy: z.string(), Override }),
      ContentTypeOptions: z.strictObject({ Override }),
      FrameOptions: z.strictObject({ FrameOption: z.string(), Override }),
      ReferrerPolicy: z.strictObject({ ReferrerPolicy: z.string(), Override }),
      StrictTransportSecurity: z.strictObject({ AccessControlMaxAgeSec: z.int(), Override }),
    }),
  }),
});
const DeploymentSchema = z.looseObject({
  DestinationBucketName: z.string(),
  SourceObjectKeys: z.array(z.string()),
  SourceMarkers: z.array(z.record(z.string(), z.string())).default([]),
});

/** What the template's one distribution does, in the order in which its behaviours are tried. */
export function behaviorsOf(stack: LocalStack): readonly BehaviorJson[] {
  const [only, ...others] = stack.ofType('AWS::CloudFront::Distribution');
  if (!only || others.length > 0) throw new Error('The template must have exactly one AWS::CloudFront::Distribution.');
  const { DistributionConfig: config } = propertiesOf(DistributionSchema, only);
  const all = [...config.CacheBehaviors, { ...config.DefaultCacheBehavior, PathPattern: '*' }];
  return all.map((one) => {
    const origin = config.Origins.find(({ Id }) => Id === one.TargetOriginId);
    if (!origin) throw new Error(`${only.logicalId}: there is no origin ${one.TargetOriginId}`);
    const files = contentOf(stack, origin.DomainName);
    if (files === 'api' && !(one.OriginRequestPolicyId && one.CachePolicyId === CACHING_DISABLED))
      throw new Error(`${one.PathPattern} leads to the API: nothing may be cached, and every header has to go on`);
    const [association] = one.FunctionAssociations;
    if (files === 'api' && association)
      throw new Error(`${one.PathPattern} leads to the API: no function may change what is sent to it`);
    return {
      pattern: patternOf(one.PathPattern),
      methods: one.AllowedMethods,
      headers: one.ResponseHeadersPolicyId === undefined ? {} : headersOf(stack, one.ResponseHeadersPolicyId),
      files,
      rewrite: association ? rewriteBy(stack, association.FunctionARN) : (path: string) => path,
      toOrigin: Object.fromEntries(
        origin.OriginCustomHeaders.map(({ HeaderName, HeaderValue }) => [HeaderName.toLowerCase(), HeaderValue]),
      ),
      root: config.DefaultRootObject,
    };
  });
}

/**
 * A function that is run before a file is looked up. It sees and may change the path only.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html
 */
function rewriteBy(stack: LocalStack, functionArn: string): BehaviorJson['rewrite'] {
  const named = stack
    .ofType('AWS::CloudFront::Function')
    .find(({ name }) => functionArn === arn('cloudfront', `function/${name}`, { region: '' }));
  if (!named) throw new Error(`The template has no function ${functionArn}`);
  const { FunctionCode } = propertiesOf(FunctionSchema, named);
  const handler = HandlerSchema.parse(runInNewContext(`${FunctionCode}\n;handler`));
  return (uri) => z.looseObject({ uri: z.string() }).parse(handler({ request: { uri } })).uri;
}

/** `*` and `?`; a pattern means the same with and without a leading slash. */
function patternOf(pattern: string): RegExp {
  const wildcards: Readonly<Record<string, string>> = { '*': '.*', '?': '.' };
  const literal = pattern.replace(/^\//, '').replace(/[^\w/]/g, (sign) => wildcards[sign] ?? `\\${sign}`);
  return new RegExp(`^/${literal}$`, 's');
}

function headersOf(stack: LocalStack, id: string): Record<string, string> {
  const { ResponseHeadersPolicyConfig: policy } = propertiesOf(HeadersSchema, stack.get(id));
  const security = policy.SecurityHeadersConfig;
  return {
    'Content-Security-Policy': security.ContentSecurityPolicy.ContentSecurityPolicy,
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': security.FrameOptions.FrameOption,
    'Referrer-Policy': security.ReferrerPolicy.ReferrerPolicy,
    'Strict-Transport-Security': `max-age=${security.StrictTransportSecurity.AccessControlMaxAgeSec}`,
    ...Object.fromEntries(policy.CustomHeadersConfig.Items.map(({ Header, Value }) => [Header, Value])),
  };
}

function contentOf(stack: LocalStack, domainName: string): BehaviorJson['files'] {
  const bucket = stack.ofType('AWS::S3::Bucket').find(({ name }) => domainName.startsWith(`${name}.s3.`));
  if (bucket) return filesIn(stack, bucket.name);
  const api = stack.ofType('AWS::ApiGatewayV2::Api').find(({ name }) => domainName.startsWith(`${name}.execute-api.`));
  if (!api) throw new Error(`${domainName} is no bucket and no HTTP API of the template`);
  return 'api';
}

/** What deployments put into a bucket: the files of their assets, with what is only known when the template is resolved filled in. */
function filesIn(stack: LocalStack, bucket: string): ReadonlyMap<string, SiteFile> {
  const deployments = stack.ofType('Custom::CDKBucketDeployment').map((one) => propertiesOf(DeploymentSchema, one));
  const sources = deployments
    .filter(({ DestinationBucketName }) => DestinationBucketName === bucket)
    .flatMap(({ SourceObjectKeys, SourceMarkers }) =>
      SourceObjectKeys.map((key, at) => ({ key, markers: SourceMarkers[at] ?? {} })),
    );
  return new Map(sources.flatMap(({ key, markers }) => filesBelow(stack.assetDirectory(key), markers)));
}

function filesBelow(directory: string, markers: Readonly<Record<string, string>>): [string, SiteFile][] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return entries.map((entry) => {
    const file = path.join(entry.parentPath, entry.name);
    const key = path.relative(directory, file).split(path.sep).join('/');
    return [key, { content: filledIn(readFileSync(file), markers), type: typeOf(file) }];
  });
}

function filledIn(content: Buffer, markers: Readonly<Record<string, string>>): Buffer {
  if (Object.keys(markers).length === 0) return content;
  // As CDK's copier does in JSON: a value is one string's content.
  const escaped = (value: string) => JSON.stringify(value).slice(1, -1);
  const fill = (text: string, [marker, value]: [string, string]) => text.replaceAll(marker, () => escaped(value));
  return Buffer.from(Object.entries(markers).reduce(fill, content.toString('utf8')));
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
};

function typeOf(file: string): string {
  return TYPES[path.extname(file)] ?? 'application/octet-stream';
}
