import { CfnCondition, CfnParameter, Duration, Fn, RemovalPolicy } from 'aws-cdk-lib';
import {
  AllowedMethods,
  type BehaviorOptions,
  CachePolicy,
  Distribution,
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
import type { Stage } from './stages.ts';
import type { TokenApi } from './token-api.ts';

interface ConsoleSiteProps {
  readonly stage: Stage;
  readonly api: TokenApi;
}

/** The console: built files in a private bucket, behind a distribution that also leads to the HTTP API, so that both are one origin. */
export class ConsoleSite extends Construct {
  /** Where people find it, without a slash at the end. */
  readonly url: string;
  readonly #signIn: ConsoleSignIn;

  constructor(scope: Construct, id: string, { stage, api }: ConsoleSiteProps) {
    super(scope, id);
    this.#signIn = new ConsoleSignIn(this, 'SignIn', stage);
    // CDK's interface has an optional property that its own class may set to undefined: exactOptionalPropertyTypes minds that.
    const bucket = new Bucket(this, 'Files', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.RETAIN,
    }) as IBucket;
    const distribution = this.#distribution(bucket, api);
    this.#deploy(bucket, stage, api);
    this.url = addressOf(this, distribution);
  }

  /**
   * No error pages of its own: an API's 404 stays what it is, and pages are behind the `#`. What is below `/assets/` has a hash in its
   * name and is kept for good; the few other files are asked for each time.
   */
  #distribution(bucket: IBucket, api: TokenApi): Distribution {
    const files = S3BucketOrigin.withOriginAccessControl(bucket);
    const toApi = behaviorToApi(api);
    return new Distribution(this, 'Distribution', {
      comment: 'Tokenward: console',
      defaultRootObject: 'index.html',
      defaultBehavior: this.#behaviorOf(files, 'Pages', 'no-cache'),
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

  #behaviorOf(origin: BehaviorOptions['origin'], what: string, cacheControl: string): BehaviorOptions {
    return {
      origin,
      viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
      cachePolicy: CachePolicy.CACHING_DISABLED,
      responseHeadersPolicy: new ResponseHeadersPolicy(this, `${what}Headers`, {
        securityHeadersBehavior: {
          contentSecurityPolicy: { contentSecurityPolicy: this.#signIn.contentSecurityPolicy(), override: true },
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
  #deploy(bucket: IBucket, stage: Stage, { issuerUrl }: TokenApi): void {
    const { limits, supportContact } = stage.organization;
    const config = {
      issuer: issuerUrl,
      client_id: this.#signIn.clientId,
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

/** The distribution's own address, unless the deployment has a domain for it. */
function addressOf(scope: Construct, distribution: Distribution): string {
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
    `https://${distribution.distributionDomainName}`,
  ).toString();
}

/** The console as a client of the issuer: parameters, as the issuer itself is one. */
class ConsoleSignIn extends Construct {
  readonly clientId: string;
  readonly #origins: string;

  constructor(scope: Construct, id: string, { signIn }: Stage) {
    super(scope, id);
    const parameter = (name: string, value: string, description: string): string => {
      const made = new CfnParameter(this, name, { default: value, description });
      made.overrideLogicalId(name);
      return made.valueAsString;
    };
    this.clientId = parameter('ConsoleClientId', signIn.consoleClientId, 'The public client that the console is.');
    this.#origins = parameter(
      'SignInOrigins',
      signIn.origins,
      "Origins of the issuer's discovery document and endpoints, separated by spaces: the console may talk to no other.",
    );
  }

  contentSecurityPolicy(): string {
    return [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' data:",
      `connect-src 'self' ${this.#origins}`,
      "font-src 'self'",
      `form-action 'self' ${this.#origins}`,
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "require-trusted-types-for 'script'",
    ].join('; ');
  }
}
