import { CfnOutput } from 'aws-cdk-lib';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Construct } from 'constructs';
import { openApi } from './api-stage.ts';
import type { DataStore } from './data-store.ts';
import { ServiceFunction } from './service-function.ts';
import type { Stage } from './stages.ts';
import { TokenwardAuthorizer } from './tokenward-authorizer.ts';

/** The API of some other team, to copy from: two routes that callers reach with a token which covers entries. */
export class ExampleApi extends Construct {
  constructor(scope: Construct, id: string, { stage, data }: { stage: Stage; data: DataStore }) {
    super(scope, id);
    const { logRetentionDays } = stage;
    const notes = new ServiceFunction(this, 'notes', {
      entry: 'http/example-notes',
      failureImpact: 'The example of a protected API does not answer. Nobody depends on it.',
      logRetentionDays,
    });
    const api = new HttpApi(this, 'HttpApi', { apiName: 'example', createDefaultStage: false });
    const authorizer = new TokenwardAuthorizer(this, 'Authorizer', { api, data, stack: null, logRetentionDays });
    const integration = new HttpLambdaIntegration('Notes', notes.lambda);
    const route = { path: '/notes', integration };
    authorizer.protect({ ...route, method: HttpMethod.GET, need: { module: 'entry', access: 'read' } });
    authorizer.protect({ ...route, method: HttpMethod.POST, need: { module: 'entry', access: 'write' } });
    const { url } = openApi(this, { api, stage });
    new CfnOutput(this, 'Endpoint', { value: url, description: 'The example of an API that Tokenward protects.' });
  }
}
