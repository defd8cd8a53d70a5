import { CfnCondition, CfnParameter, Duration, Fn, RemovalPolicy } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  AllowedMethods,
  type BehaviorOptions,
  CachePolicy,
  Distribution,
  type DistributionProps,
  Function as EdgeFunction,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
  HeadersFrameOption,
  HeadersReferrerPolicy,
  OriginRequestPolicy,
  ResponseHeadersPolicy,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin, S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket } from 'aws-cdk-lib/aws-s3';
import { BucketDeployment, Source } from 'aws-cdk-lib/aws-s3-deployment';
import { Construct } from 'constructs';
import { consoleDirectory } from './console-build.ts';
import { edgeHeader, edgeProof } from './edge-proof.ts';
import type { SignIn } from './sign-in.ts';
import type { Stage } from './stages.ts';
import type { TokenApi } from './token-api.ts';

interface ConsoleSiteProps {
  readonly stage: Stage;
  readonly signIn: SignIn;
  readonly api: TokenApi;
}

/** The console: built files in a private bucket, behind a distribution that also leads to the HTTP API, so that both are one origin. */
export class ConsoleSite extends Construct {
  /** Where people find it, without a slash at the end. */
  readonly url: string;
  readonly #signIn: SignIn;

  constructor(scope: Construct, id: string, { stage, signIn, api }: ConsoleSiteProps) {
    super(scope, id);
    this.#signIn = signIn;
    // CDK's interface has an optional property that its own class may set to undefined: exactOptionalPropertyTypes minds that.
    const bucket = new Bucket(this, 'Files', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.RETAIN,
    }) as IBucket;
    const distribution = this.#distribution(bucket, { stage, api });
    this.#deploy(bucket, stage);
    this.url = addressOf(this, stage, distribution);
    signIn.addConsole(this.url);
  }

  /**
   * No error pages: they would replace the API's own 403 and 404 too. What is below `/assets/` has a hash in its name and is kept for
   * good; the few other files are asked for each time.
   */
  #distribution(bucket: IBucket, { stage, api }: Pick<ConsoleSiteProps, 'stage' | 'api'>): Distribution {
    const files = S3BucketOrigin.withOriginAccessControl(bucket);
    const toApi = behaviorToApi(api);
    return new Distribution(this, 'Distribution', {
      comment: 'Tokenward: console',
      defaultRootObject: 'index.html',
      ...ownDomain(this, stage),
      defaultBehavior: {
        ...this.#behaviorOf(files, 'Pages', 'no-cache'),
        functionAssociations: [{ function: this.#pageOfPaths(), eventType: FunctionEventType.VIEWER_REQUEST }],
      },
      additionalBehaviors: {
        '/assets/*': {
          ...this.#behaviorOf(files, 'Assets', 'public, max-age=31536000, immutable'),
          cachePolicy: CachePolicy.CACHING_OPTIMIZED,
        },
        '/v3/*': toApi,
        '/oauth2/*': toApi,
      },
    });
  }

  /**
   * Whoever types or bookmarks a path such as `/stacks` gets the page: a file has a dot in its name, and the page finds its way behind
   * the `#`. https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html
   */
  #pageOfPaths(): EdgeFunction {
    const code = `function handler(event) {
  const request = event.request;
  if (!request.uri.includes('.')) request.uri = '/index.html';
  return request;
}
`;
    return new EdgeFunction(this, 'PageOfPaths', {
      code: FunctionCode.fromInline(code),
      runtime: FunctionRuntime.JS_2_0,
    });
  }

  #behaviorOf(origin: BehaviorOptions['origin'], what: string, cacheControl: string): BehaviorOptions {
    return {
      origin,
      viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
      cachePolicy: CachePolicy.CACHING_DISABLED,
      responseHeadersPolicy: new ResponseHeadersPolicy(this, `${what}Headers`, {
        securityHeadersBehavior: {
          contentSecurityPolicy: { contentSecurityPolicy: contentSecurityPolicy(this.#signIn), override: true },
          contentTypeOptions: { override: true },
          frameOptions: { frameOption: HeadersFrameOption.DENY, override: true },
          referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.NO_REFERRER, override: true },
          strictTransportSecurity: { accessControlMaxAge: Duration.days(365), override: true },
        },
        customHeadersBehavior: {
          customHeaders: [
            { header: 'Cache-Control', value: cacheControl, override: true },
            { header: 'Cross-Origin-Opener-Policy', value: 'same-origin', override: true },
            { header: 'Permissions-Policy', value: 'camera=(), geolocation=(), microphone=()', override: true },
          ],
        },
      }),
    };
  }

  /** What an earlier deployment left stays: a page that is open may still ask for it. */
  #deploy(bucket: IBucket, stage: Stage): void {
    const { limits, supportContact } = stage.organization;
    const config = {
      issuer: this.#signIn.issuerUrl,
      client_id: this.#signIn.consoleClientId,
      credential: this.#signIn.credential,
      scope: 'openid profile email',
      support_contact: supportContact,
      rate_limits: limits,
    };
    new BucketDeployment(this, 'Deployment', {
      destinationBucket: bucket,
      sources: [Source.asset(consoleDirectory), Source.jsonData('config.json', config)],
      prune: false,
      logGroup: new LogGroup(this, 'DeploymentLogs', {
        retention: stage.logRetentionDays,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
    });
  }
}

/** Everything that a viewer sends but Host goes on, `authtoken` and `api_key` too, and nothing is cached. */
function behaviorToApi({ domainName }: TokenApi): BehaviorOptions {
  return {
    origin: new HttpOrigin(domainName, { customHeaders: { [edgeHeader]: edgeProof() } }),
    viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
    allowedMethods: AllowedMethods.ALLOW_ALL,
    cachePolicy: CachePolicy.CACHING_DISABLED,
    originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
  };
}

/** A name of the deployment's own, with its certificate, speaks TLS 1.2 and later only. */
function ownDomain(scope: Construct, { domain }: Stage): Pick<DistributionProps, 'domainNames' | 'certificate'> {
  if (!domain) return {};
  return {
    domainNames: [domain.name],
    certificate: Certificate.fromCertificateArn(scope, 'Certificate', domain.certificateArn),
  };
}

/** The stage's domain, or the distribution's own address, unless a deployment says otherwise. */
function addressOf(scope: Construct, { domain }: Stage, distribution: Distribution): string {
  const own = new CfnParameter(scope, 'ConsoleUrl', {
    default: '',
    description: "Where the console is when it has a domain of its own, for links in mails; empty: the distribution's.",
  });
  own.overrideLogicalId('ConsoleUrl');
  const hasOwn = new CfnCondition(scope, 'HasConsoleUrl', {
    expression: Fn.conditionNot(Fn.conditionEquals(own.valueAsString, '')),
  });
  return Fn.conditionIf(
    hasOwn.logicalId,
    own.valueAsString,
    `https://${domain?.name ?? distribution.distributionDomainName}`,
  ).toString();
}

/**
 * Scripts and styles of its own only, and nobody to talk to but itself and the issuer. One Trusted Types policy may be made, once:
 * `default`, which `console/src/trusted-types.ts` makes before any other code runs.
 */
function contentSecurityPolicy({ origins }: SignIn): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    `connect-src 'self' ${origins}`,
    "font-src 'self'",
    `form-action 'self' ${origins}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types default',
  ].join('; ');
}
