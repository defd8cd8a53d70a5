import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { onTestFinished } from 'vitest';
import type { Caller } from '../../local/front/front-gate.ts';
import { type Messaging, type MessagingOptions, openMessaging, type Triggers } from '../../local/messaging.ts';
import { type Engine, startEngine } from '../../local/services/dynamodb/engine.ts';
import { createTables } from '../../local/services/dynamodb/tables.ts';
import { rightsOf } from '../../local/template/iam.ts';
import { type LocalStack, stackOf, type TemplateJson } from '../../local/template/template.ts';
import { document, scratchDirectory, table } from './fixture-stack.ts';

type Resources = TemplateJson['Resources'];
export type Handler = (event: Received) => unknown;
/** What the double of a function is given, as far as tests look at it. */
export interface Received {
  readonly Records: readonly {
    readonly dynamodb: { readonly SequenceNumber: string; readonly Keys: { sk: { S: string } } };
  }[];
  readonly [key: string]: unknown;
}

export const arnOf = (logicalId: string, attribute = 'Arn') => ({ 'Fn::GetAtt': [logicalId, attribute] });

/** A function `Reader` with a role that may read the stream of `Tokens`, write to the queue `Lost` and put events on `Bus`. */
export const reader: Resources = {
  Tokens: table(),
  Lost: { Type: 'AWS::SQS::Queue' },
  Bus: { Type: 'AWS::Events::EventBus', Properties: { Name: 'tokenward' } },
  Role: {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: {},
      Policies: [
        {
          PolicyName: 'Inline',
          PolicyDocument: document([
            {
              Effect: 'Allow',
              Action: ['dynamodb:DescribeStream', 'dynamodb:Get*'],
              Resource: arnOf('Tokens', 'StreamArn'),
            },
            { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: arnOf('Lost') },
            { Effect: 'Allow', Action: 'events:PutEvents', Resource: arnOf('Bus') },
          ]),
        },
      ],
    },
  },
  Reader: {
    Type: 'AWS::Lambda::Function',
    Metadata: { 'tokenward:function': 'stream/reader' },
    Properties: { Role: arnOf('Role') },
  },
  MayInvoke: {
    Type: 'AWS::Lambda::Permission',
    Properties: { FunctionName: arnOf('Reader'), Principal: 'events.amazonaws.com', Action: 'lambda:InvokeFunction' },
  },
};

export function mapping(extra: Record<string, unknown> = {}): Resources {
  const Properties = {
    EventSourceArn: arnOf('Tokens', 'StreamArn'),
    FunctionName: { Ref: 'Reader' },
    StartingPosition: 'TRIM_HORIZON',
    ...extra,
  };
  return { Mapping: { Type: 'AWS::Lambda::EventSourceMapping', Properties } };
}

/** The parts that carry messages, on a real engine, with doubles for functions by logical id. */
export class Scene {
  readonly stack: LocalStack;
  readonly engine: Engine;
  readonly client: DynamoDBClient;
  readonly #directory: string;
  readonly lines: string[] = [];

  get engineFile(): string {
    return join(this.#directory, 'engine.db');
  }

  private constructor(stack: LocalStack, engine: Engine, directory: string) {
    this.stack = stack;
    this.engine = engine;
    this.#directory = directory;
    const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
    this.client = new DynamoDBClient({ endpoint: engine.endpoint, region: 'us-east-1', credentials });
  }

  static async open(resources: Resources): Promise<Scene> {
    const directory = scratchDirectory();
    const engine = await startEngine({ file: join(directory, 'engine.db'), env: {} });
    const scene = new Scene(stackOf({ Resources: { ...reader, ...resources } }, { parameters: {} }), engine, directory);
    onTestFinished(async () => {
      scene.client.destroy();
      await engine.stop();
      rmSync(directory, { recursive: true });
    });
    await createTables(scene.stack, scene.client);
    return scene;
  }

  /** Without `stop` it is as if the process had been killed. */
  async start(
    handlers: Record<string, Handler> = {},
    trimming: Pick<MessagingOptions, 'trimMs' | 'keptRecords'> = {},
  ): Promise<Messaging & Triggers> {
    const messaging = await openMessaging({
      ...trimming,
      stack: this.stack,
      engine: this.engine,
      front: { callerWith: (id) => this.#callers().find(({ accessKeyId }) => accessKeyId === id), onWrite: () => {} },
      clock: { now: () => new Date(), offset: new SharedArrayBuffer(8) },
      home: { path: (...names) => join(this.#directory, ...names) },
      log: (line) => this.lines.push(line),
    });
    const triggers = await messaging.start({
      invoke: async (logicalId, event) => {
        try {
          return { payload: await handlers[logicalId]?.(event as Received) };
        } catch (error) {
          return { error: { errorType: 'Error', errorMessage: (error as Error).message } };
        }
      },
    });
    onTestFinished(async () => {
      triggers.stop();
      await messaging.close();
    });
    return { ...messaging, ...triggers };
  }

  /** Writes items `sk` of one partition, in this order. */
  async put(...sks: readonly string[]): Promise<void> {
    for (const sk of sks)
      await this.client.send(new PutItemCommand({ TableName: 'Tokens', Item: { pk: { S: 'p' }, sk: { S: sk } } }));
  }

  async update(sk: string, n: number): Promise<void> {
    const [UpdateExpression, ExpressionAttributeValues] = ['SET n = :n', { ':n': { N: String(n) } }];
    const Key = { pk: { S: 'p' }, sk: { S: sk } };
    await this.client.send(
      new UpdateItemCommand({ TableName: 'Tokens', Key, UpdateExpression, ExpressionAttributeValues }),
    );
  }

  #callers(): Caller[] {
    const rights = rightsOf(this.stack, 'Role');
    return [
      { name: 'Role', accessKeyId: 'READER', principal: 'arn:aws:sts::000000000000:assumed-role/Role/local', rights },
    ];
  }
}

/** The sort keys of what a function was given. */
export const keysOf = ({ Records }: Received): string[] => Records.map(({ dynamodb }) => dynamodb.Keys.sk.S);

/** A function's double that keeps what it was given. */
export function recorder(answer: (keys: string[], event: Received) => unknown = () => null) {
  const batches: string[][] = [];
  const handler = (event: Received) => {
    batches.push(keysOf(event));
    return answer(keysOf(event), event);
  };
  return { batches, handler };
}
