import { Duration, Lazy } from 'aws-cdk-lib';
import {
  type HttpApi,
  type HttpMethod,
  HttpRoute,
  type HttpRouteIntegration,
  HttpRouteKey,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaAuthorizer, HttpLambdaResponseType } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { Construct } from 'constructs';
import type { Protection, RouteNeed } from '../functions/http/chain/routes.ts';
import type { DataStore } from './data-store.ts';
import { ServiceFunction } from './service-function.ts';

export interface TokenwardAuthorizerProps {
  /** The API to protect; each has an authorizer of its own. */
  readonly api: HttpApi;
  /** Tokenward's tables, in the same account and region. */
  readonly data: Pick<DataStore, 'tokens' | 'sessions' | 'usage'>;
  /** The one stack whose tokens are taken; null: any stack's, and the API keeps them apart by `authorizer.lambda.api_key`. */
  readonly stack: string | null;
  readonly logRetentionDays: number;
}

export interface ProtectedRoute {
  readonly method: HttpMethod;
  readonly path: string;
  readonly integration: HttpRouteIntegration;
  /** What the caller's token has to cover. */
  readonly need: RouteNeed;
}

/**
 * Protects routes of any HTTP API with management tokens and sessions: a function beside the API asks storage at every request, with
 * strong reads, as Tokenward's own doors do. Nothing is cached: a cached answer would outlive the token. `docs/protect-your-api.md`
 */
export class TokenwardAuthorizer extends Construct {
  readonly #api: HttpApi;
  readonly #authorizer: HttpLambdaAuthorizer;
  readonly #needs: Record<string, RouteNeed> = {};

  constructor(scope: Construct, id: string, { api, data, stack, logRetentionDays }: TokenwardAuthorizerProps) {
    super(scope, id);
    this.#api = api;
    const authorize = new ServiceFunction(this, 'authorize', {
      entry: 'http/authorize',
      failureImpact: 'Callers of an API that Tokenward protects are turned away with 500, whatever they present.',
      logRetentionDays,
      // The gateway waits 10 s for an authorizer.
      timeout: Duration.seconds(9),
    });
    allowVerification(authorize, data);
    // Late: `protect` is called after this.
    const protection: Protection = { stack, needs: this.#needs };
    authorize.setVariable('protection', Lazy.string({ produce: () => JSON.stringify(protection) }));
    this.#authorizer = new HttpLambdaAuthorizer('Tokenward', authorize.lambda, {
      responseTypes: [HttpLambdaResponseType.SIMPLE],
      // Who presents nothing is answered 401 by the gateway, and nothing runs for it.
      identitySource: ['$request.header.Authorization'],
      resultsCacheTtl: Duration.seconds(0),
    });
  }

  /** Adds a route that only callers reach whose token covers what it needs. */
  protect({ method, path, integration, need }: ProtectedRoute): HttpRoute {
    const routeKey = HttpRouteKey.with(path, method);
    this.#needs[routeKey.key] = need;
    const authorizer = this.#authorizer;
    return new HttpRoute(this, routeKey.key, { httpApi: this.#api, routeKey, integration, authorizer });
  }
}

/** What a verification reads, and what is noted of it; no right to change a token, a session or a stack. */
function allowVerification(authorize: ServiceFunction, data: TokenwardAuthorizerProps['data']): void {
  data.tokens.allow(
    authorize,
    { actions: ['GetItem', 'BatchGetItem'], keys: ['TOKEN#*', 'STACK#*'] },
    { actions: ['PutItem'], keys: ['GHOST#*'] },
  );
  data.sessions.allow(authorize, { actions: ['BatchGetItem'], keys: ['SESSION#*'] });
  data.usage.allow(authorize, { actions: ['UpdateItem'], keys: ['WINDOW#*', 'USED#*'] });
}
