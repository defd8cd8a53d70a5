import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { ConsoleSite } from './console-site.ts';
import { DataStore } from './data-store.ts';
import { EventBus } from './event-bus.ts';
import { ExampleApi } from './example-api.ts';
import { HygieneSchedule } from './hygiene-schedule.ts';
import { IssuerSignIn } from './issuer-sign-in.ts';
import { Observability } from './observability.ts';
import { SessionFanOut } from './session-fan-out.ts';
import type { SignIn } from './sign-in.ts';
import type { Stage } from './stages.ts';
import { TokenApi } from './token-api.ts';
import { UserPoolSignIn } from './user-pool.ts';

/** One deployment of Tokenward: the table of contents, in the direction in which data flows. */
export class ServiceStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps & { stage: Stage }) {
    super(scope, id, { description: 'Tokenward: keeps management tokens clean.', ...props });
    const { stage } = props;
    const data = new DataStore(this, 'Data', stage);
    const signIn = signInOf(this, stage);
    const api = new TokenApi(this, 'Api', { stage, signIn, data });
    const events = new EventBus(this, 'Events');
    new SessionFanOut(this, 'FanOut', { stage, data, events });
    const console = new ConsoleSite(this, 'Console', { stage, signIn, api });
    new HygieneSchedule(this, 'Hygiene', { stage, data, events, consoleUrl: console.url });
    if (stage.exampleApi) new ExampleApi(this, 'Example', { stage, data });
    new Observability(this, 'Observability', { stage, api });
    new CfnOutput(this, 'Endpoint', { value: api.endpoint, description: 'Base of every route; SDKs append /v3.' });
    new CfnOutput(this, 'ConsoleAddress', { value: console.url, description: 'Where people sign in.' });
    // What operators give their commands (npm run operate).
    new CfnOutput(this, 'TokensTable', {
      value: data.tokens.table.tableName,
      description: 'TOKENS_TABLE of operators.',
    });
    new CfnOutput(this, 'AuditTable', { value: data.audit.table.tableName, description: 'AUDIT_TABLE of operators.' });
    new CfnOutput(this, 'Issuer', { value: signIn.issuerUrl, description: 'ISSUER_URL of operators.' });
    new CfnOutput(this, 'EventBusName', { value: events.bus.eventBusName, description: 'Where rules of your own go.' });
  }
}

function signInOf(scope: Construct, stage: Stage): SignIn {
  return stage.signIn.by === 'issuer'
    ? new IssuerSignIn(scope, 'SignIn', stage.signIn)
    : new UserPoolSignIn(scope, 'SignIn', stage.signIn);
}
