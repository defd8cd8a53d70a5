import { CfnParameter, Fn, RemovalPolicy } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  HttpApi,
  type HttpMethod,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { type HttpFunction, routes } from '../functions/http/routes.ts';
import type { DataStore } from './data-store.ts';
import { doors } from './doors.ts';
import { edgeProof } from './edge-proof.ts';
import { ServiceFunction } from './service-function.ts';
import type { Stage } from './stages.ts';

/** The HTTP API: a function for each set of rights, and every route of `functions/http/routes.ts`. */
export class TokenApi extends Construct {
  readonly endpoint: string;
  /** As parameters have it: what members' tokens are issued by. */
  readonly issuerUrl: string;
  readonly httpApi: HttpApi;
  readonly #stage: Stage;
  readonly #signIn: SignIn;

  constructor(scope: Construct, id: string, props: { stage: Stage; data: DataStore }) {
    super(scope, id);
    this.#stage = props.stage;
    this.#signIn = new SignIn(this, 'SignIn', props.stage);
    this.issuerUrl = this.#signIn.issuerUrl;
    this.httpApi = new HttpApi(this, 'HttpApi', { createDefaultStage: false, description: 'Tokenward' });
    for (const name of Object.keys(routes) as HttpFunction[]) this.#addFunction(name, props.data);
    this.endpoint = this.#addStage();
  }

  /** Where a distribution finds it. */
  get domainName(): string {
    return Fn.parseDomainName(this.httpApi.apiEndpoint);
  }

  #addFunction(name: HttpFunction, data: DataStore): void {
    const door = doors[name];
    const id = name.replace('http/', '');
    const serviceFunction = new ServiceFunction(this, id, {
      entry: name,
      failureImpact: door.failureImpact,
      logRetentionDays: this.#stage.logRetentionDays,
    });
    serviceFunction.setVariable('problemTypes', this.#stage.problemTypes);
    serviceFunction.setVariable('edgeProof', edgeProof());
    for (const table of ['tokens', 'sessions', 'audit', 'usage'] as const) {
      const rights = door[table];
      if (rights) data[table].allow(serviceFunction, ...rights);
    }
    if (door.signIn) this.#signIn.tell(serviceFunction);
    if (door.organization) tellOrganization(serviceFunction, this.#stage);
    this.#addRoutes(name, serviceFunction);
  }

  #addRoutes(name: HttpFunction, serviceFunction: ServiceFunction): void {
    const integration = new HttpLambdaIntegration(`${name}-integration`, serviceFunction.lambda);
    for (const key of routes[name]) {
      const [method, path] = key.split(' ') as [HttpMethod, string?];
      new HttpRoute(serviceFunction, key, {
        httpApi: this.httpApi,
        integration,
        routeKey: path === undefined ? HttpRouteKey.DEFAULT : HttpRouteKey.with(path, method),
      });
    }
  }

  #addStage(): string {
    const { rate, burst } = this.#stage.throttle;
    const logGroup = new LogGroup(this, 'AccessLog', {
      retention: this.#stage.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const stage = new HttpStage(this, 'Stage', {
      httpApi: this.httpApi,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: rate, burstLimit: burst },
      accessLogSettings: {
        destination: new LogGroupLogDestination(logGroup),
        format: AccessLogFormat.custom(accessLogFields),
      },
    });
    return stage.url;
  }
}

/** No header and no authorizer field is in here: they are where credentials are. */
const accessLogFields = JSON.stringify({
  requestId: '$context.requestId',
  ip: '$context.identity.sourceIp',
  time: '$context.requestTime',
  routeKey: '$context.routeKey',
  status: '$context.status',
  latency: '$context.responseLatency',
  integrationError: '$context.integrationErrorMessage',
});

/** Where members and services sign in: parameters, so that one template serves any issuer. */
class SignIn extends Construct {
  readonly issuerUrl: string;
  readonly #parameters: readonly [Parameters<ServiceFunction['setVariable']>[0], CfnParameter][];

  constructor(scope: Construct, id: string, stage: Stage) {
    super(scope, id);
    const parameter = (name: string, value: string, description: string): CfnParameter => {
      const made = new CfnParameter(this, name, { default: value, description });
      made.overrideLogicalId(name);
      return made;
    };
    const { issuerUrl, jwksUrl, audience, introspectionScope } = stage.signIn;
    const issuer = parameter('IssuerUrl', issuerUrl, 'OpenID Connect issuer, exactly as its tokens have it in iss.');
    this.issuerUrl = issuer.valueAsString;
    this.#parameters = [
      ['issuerUrl', issuer],
      ['jwksUrl', parameter('JwksUrl', jwksUrl, "Where the issuer's public keys are.")],
      ['audience', parameter('Audience', audience, 'Accepted aud (or client_id) values, separated by commas.')],
      [
        'introspectionScope',
        parameter('IntrospectionScope', introspectionScope, 'Scope of services that may introspect.'),
      ],
    ];
  }

  tell(serviceFunction: ServiceFunction): void {
    for (const [variable, parameter] of this.#parameters)
      serviceFunction.setVariable(variable, parameter.valueAsString);
  }
}

function tellOrganization(serviceFunction: ServiceFunction, { organization, newStackPlan }: Stage): void {
  serviceFunction.setVariable('organizationUid', organization.uid);
  serviceFunction.setVariable('organizationLimits', `${organization.limits.read},${organization.limits.write}`);
  serviceFunction.setVariable('supportContact', organization.supportContact);
  serviceFunction.setVariable('newStackPlan', `${newStackPlan.maxTokens},${newStackPlan.manageRateLimits}`);
}
