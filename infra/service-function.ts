import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { type PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  type CfnFunction,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { routes } from '../functions/http/chain/routes.ts';
import { type Variable, variables } from '../functions/runtime/env.ts';
import { bundleDirectory } from './bundle.ts';

/** Every deployed function, by the path of its `.lambda.ts` below `functions/`. */
export const deployedFunctions: readonly string[] = [
  ...Object.keys(routes),
  'http/authorize',
  'http/example-notes',
  'stream/end-sessions',
  'stream/announce',
  'schedule/sweep',
  'schedule/receipts',
  'schedule/reconcile',
];

export interface ServiceFunctionProps {
  /** Path below `functions/` without `.lambda.ts`: `http/read-tokens`. */
  readonly entry: string;
  /** What people notice when it fails; the sentence on its alarm. */
  readonly failureImpact: string;
  readonly logRetentionDays: number;
  /** 25 s unless given: before the gateway gives up at 30 s. */
  readonly timeout?: Duration;
}

/** The house Lambda: Node 24 on arm64, the measured bundle, JSON logs that end, a time limit, a role of its own with nothing but its rights. */
export class ServiceFunction extends Construct {
  readonly lambda: LambdaFunction;
  readonly logGroup: LogGroup;
  readonly entry: string;
  readonly failureImpact: string;

  constructor(scope: Construct, id: string, props: ServiceFunctionProps) {
    super(scope, id);
    this.entry = props.entry;
    this.failureImpact = props.failureImpact;
    this.logGroup = new LogGroup(this, 'Logs', {
      retention: props.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `Rights of ${props.entry} in ${Stack.of(this).stackName}`,
    });
    this.logGroup.grantWrite(role);
    this.lambda = new LambdaFunction(this, 'Function', {
      description: props.failureImpact,
      code: Code.fromAsset(bundleDirectory(props.entry)),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: 512,
      timeout: props.timeout ?? Duration.seconds(25),
      role,
      logGroup: this.logGroup,
      loggingFormat: LoggingFormat.JSON,
    });
    const resource = this.lambda.node.defaultChild as CfnFunction;
    resource.addMetadata('tokenward:function', props.entry);
  }

  setVariable(variable: Variable, value: string): void {
    this.lambda.addEnvironment(variables[variable], value);
  }

  allow(statement: PolicyStatement): void {
    this.lambda.addToRolePolicy(statement);
  }

  /** What fails when it is invoked asynchronously is tried again by Lambda, twice at most, then kept in a queue. */
  keepFailures(queue: Queue, tries: { readonly retryAttempts: number; readonly maxEventAge: Duration }): void {
    this.lambda.configureAsyncInvoke({ ...tries, onFailure: new SqsDestination(queue) });
  }
}
