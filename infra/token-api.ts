import { Fn } from 'aws-cdk-lib';
import { HttpApi, type HttpMethod, HttpRoute, HttpRouteKey } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Construct } from 'constructs';
import { type HttpFunction, routes } from '../functions/http/chain/routes.ts';
import { openApi } from './api-stage.ts';
import type { DataStore } from './data-store.ts';
import { doors } from './doors.ts';
import { edgeProof } from './edge-proof.ts';
import { ServiceFunction } from './service-function.ts';
import { type SignIn, tellSignIn } from './sign-in.ts';
import type { Stage } from './stages.ts';

/** The HTTP API: a function for each set of rights, and every route of `functions/http/chain/routes.ts`. */
export class TokenApi extends Construct {
  readonly endpoint: string;
  readonly httpApi: HttpApi;
  readonly #stage: Stage;
  readonly #signIn: SignIn;

  constructor(scope: Construct, id: string, props: { stage: Stage; signIn: SignIn; data: DataStore }) {
    super(scope, id);
    this.#stage = props.stage;
    this.#signIn = props.signIn;
    this.httpApi = new HttpApi(this, 'HttpApi', { createDefaultStage: false, description: 'Tokenward' });
    for (const name of Object.keys(routes) as HttpFunction[]) this.#addFunction(name, props.data);
    this.endpoint = openApi(this, { api: this.httpApi, stage: this.#stage }).url;
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
    if (door.signIn) tellSignIn(serviceFunction, this.#signIn);
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
}

function tellOrganization(serviceFunction: ServiceFunction, { organization, newStackPlan }: Stage): void {
  serviceFunction.setVariable('organizationUid', organization.uid);
  serviceFunction.setVariable('organizationLimits', `${organization.limits.read},${organization.limits.write}`);
  serviceFunction.setVariable('supportContact', organization.supportContact);
  serviceFunction.setVariable('newStackPlan', `${newStackPlan.maxTokens},${newStackPlan.manageRateLimits}`);
}
