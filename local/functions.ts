import * as fs from 'node:fs';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import * as z from 'zod';
import type { Clock } from './clock.ts';
import type { Front } from './front.ts';
import { FunctionPool, type InvocationResult } from './function-pool.ts';
import { propertiesOf, roleOf, titleOf } from './resource-properties.ts';
import { arn, REGION } from './resource-types.ts';
import type { LocalStack, Resource } from './template.ts';

export interface Functions {
  /** Runs a function with an event, which crosses as JSON text, as on Lambda. */
  invoke(logicalId: string, event: unknown): Promise<InvocationResult>;
  /**
   * Ends the workers of a function (`stream/announce`) as a crash does, whatever they are at. In the `when` of a fault at
   * the front or the bus it ends one at its N-th call; with the fault `stall`, or `lose-answer` to let the call happen.
   */
  crash(title: string): Promise<void>;
  close(): Promise<void>;
}

export interface FunctionsOptions {
  readonly stack: LocalStack;
  readonly front: Pick<Front, 'credentialsFor'>;
  readonly clock: Pick<Clock, 'offset'>;
  /** the directory of the functions' output, a file each */
  readonly logs: string;
  /** where the AWS services are: `AWS_ENDPOINT_URL_DYNAMODB` and its like */
  readonly endpoints: Readonly<Record<string, string>>;
  /** told when a function cannot start */
  readonly log: (line: string) => void;
}

const WORKERS_PER_FUNCTION = 4;
const ignored = z.unknown().optional();

/** Properties that would change what a function does are refused, unless they are implemented here. */
const FunctionSchema = z.strictObject({
  Code: z.strictObject({ S3Bucket: ignored, S3Key: z.string() }),
  Handler: z.string().regex(/^[\w/-]+\.\w+$/),
  Role: z.string(),
  Runtime: z.literal('nodejs24.x'),
  Timeout: z.int().min(1).max(900).default(3),
  MemorySize: z.int().min(128).max(10_240).default(128),
  ReservedConcurrentExecutions: z.int().min(1).default(WORKERS_PER_FUNCTION),
  Environment: z.strictObject({ Variables: z.record(z.string(), z.string()) }).optional(),
  FunctionName: z.string().optional(),
  Description: ignored,
  Tags: ignored,
  /** JavaScript does not mind */
  Architectures: ignored,
  /** the output goes to a file */
  LoggingConfig: ignored,
});

/** Prepares every AWS::Lambda::Function of the template; a worker is started when its first event comes. */
export function startFunctions(options: FunctionsOptions): Functions {
  fs.mkdirSync(options.logs, { recursive: true, mode: 0o700 });
  const pools = new Map(
    options.stack.ofType('AWS::Lambda::Function').map((resource) => [resource.logicalId, poolOf(resource, options)]),
  );
  return {
    invoke: (logicalId, event) =>
      pools.get(logicalId)?.invoke(JSON.stringify(event) ?? 'null') ??
      Promise.resolve({ error: { errorType: 'ResourceNotFoundException', errorMessage: logicalId } }),
    crash: async (title) =>
      void (await Promise.all([...pools.values()].map((pool) => pool.title === title && pool.crash()))),
    close: async () => void (await Promise.all([...pools.values()].map((pool) => pool.close()))),
  };
}

function poolOf(resource: Resource, options: FunctionsOptions): FunctionPool {
  const { Handler, Timeout, MemorySize, ReservedConcurrentExecutions, ...rest } = propertiesOf(
    FunctionSchema,
    resource,
  );
  const [file = '', exportName = ''] = Handler.split('.');
  const role = roleOf(options.stack, resource);
  const { accessKeyId, secretAccessKey, sessionToken } = options.front.credentialsFor(role.logicalId);
  const asset = options.stack.assetDirectory(rest.Code.S3Key);
  const title = titleOf(resource);
  return new FunctionPool({
    title,
    limitMs: Timeout * 1000,
    size: Math.min(WORKERS_PER_FUNCTION, ReservedConcurrentExecutions),
    memoryMb: MemorySize,
    logFile: path.join(options.logs, `${title.replaceAll('/', '-')}.log`),
    log: options.log,
    setup: {
      module: pathToFileURL(path.join(asset, `${file}.mjs`)).href,
      exportName,
      offset: options.clock.offset,
      context: {
        functionName: resource.name,
        functionVersion: '$LATEST',
        invokedFunctionArn: arn('lambda', `function:${resource.name}`),
        memoryLimitInMB: String(MemorySize),
      },
    },
    env: {
      ...rest.Environment?.Variables,
      ...options.endpoints,
      AWS_REGION: REGION,
      AWS_LAMBDA_FUNCTION_NAME: resource.name,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(MemorySize),
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
      TZ: ':UTC',
      // On Lambda there is no ~/.aws; without these two the SDK would read the one of whoever runs this.
      AWS_CONFIG_FILE: path.join(asset, 'no-such-file'),
      AWS_SHARED_CREDENTIALS_FILE: path.join(asset, 'no-such-file'),
    },
  });
}
