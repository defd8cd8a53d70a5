import * as fs from 'node:fs';
import { availableParallelism } from 'node:os';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import * as z from 'zod';
import type { Clock } from '../../clock.ts';
import type { Front } from '../../front/front.ts';
import { functionAt, ignored, propertiesOf, roleOf, titleOf } from '../../template/resource-properties.ts';
import { arn, REGION } from '../../template/resource-types.ts';
import type { LocalStack, Resource } from '../../template/template.ts';
import { MappingSchema } from '../streams/batch-delivery.ts';
import { FunctionPool, type InvocationResult } from './function-pool.ts';
import { WorkerPlaces } from './worker-places.ts';

export interface Functions {
  /**
   * Runs a function with an event, which crosses as JSON text, as on Lambda.
   * @param caller whoever waits for the result, aborted when they give up. With one, an event that has not begun by then never does
   *   (`ABANDONED`), and one for which there is no room is refused at once (`THROTTLED`).
   */
  invoke(logicalId: string, event: unknown, caller?: AbortSignal): Promise<InvocationResult>;
  /**
   * Ends the workers of a function (`stream/announce`) as a crash does, whatever they are at. In the `when` of a fault at
   * the front or the bus it ends one at its N-th call; with the fault `stall`, or `lose-answer` to let the call happen.
   */
  crash(title: string): Promise<void>;
  /** At present, of all functions together: workers, and events that wait for one. */
  load(): { readonly workers: number; readonly waiting: number };
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
  /** called when a function cannot start */
  readonly log: (line: string) => void;
  /** of all functions together, unless there are to be as many as usual */
  readonly workers?: number | undefined;
  /** how long a worker stays without an event, unless it is to be as long as usual */
  readonly idleMs?: number;
  /** of the machine, unless it is to be asked */
  readonly cores?: number;
}

const WORKERS_PER_FUNCTION = 4;
const WORKERS_PER_CORE = 2;
/** A busy worker takes about 35 MB, and fewer than these keep two cores busy. */
const WORKERS_IN_ALL = 10;
const IDLE_MS = 120_000;

/** Properties that would change what a function does are refused, unless they are implemented here. */
const FunctionSchema = z.strictObject({
  Code: z.strictObject({ S3Bucket: ignored, S3Key: z.string() }),
  Handler: z.string().regex(/^[\w/-]+\.\w+$/),
  Role: z.string(),
  Runtime: z.literal('nodejs24.x'),
  Timeout: z.int().min(1).max(900).default(3),
  MemorySize: z.int().min(128).max(10_240).default(128),
  ReservedConcurrentExecutions: z.int().min(1).optional(),
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
  const places = new WorkerPlaces(options.workers ?? WORKERS_IN_ALL);
  const pools = new Map(
    options.stack
      .ofType('AWS::Lambda::Function')
      .map((resource) => [resource.logicalId, poolOf(resource, options, places)]),
  );
  return {
    invoke: (logicalId, event, caller) =>
      pools.get(logicalId)?.invoke(JSON.stringify(event) ?? 'null', caller) ??
      Promise.resolve({ error: { errorType: 'ResourceNotFoundException', errorMessage: logicalId } }),
    crash: async (title) =>
      void (await Promise.all([...pools.values()].map((pool) => pool.title === title && pool.crash()))),
    load: () => {
      const all = [...pools.values()];
      return { workers: sum(all.map(({ workers }) => workers)), waiting: sum(all.map(({ waiting }) => waiting)) };
    },
    close: async () => void (await Promise.all([...pools.values()].map((pool) => pool.close()))),
  };
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

/**
 * How many workers a function may have. A mapping delivers as many batches at once as its factor says; they get a worker each where the
 * machine has the cores for it. More would wait for each other.
 */
function sizeOf({ logicalId }: Resource, { stack, cores = availableParallelism() }: FunctionsOptions): number {
  const factors = stack
    .ofType('AWS::Lambda::EventSourceMapping')
    .map((mapping) => propertiesOf(MappingSchema, mapping))
    .filter(({ FunctionName }) => functionAt(stack, FunctionName).logicalId === logicalId)
    .map(({ ParallelizationFactor }) => ParallelizationFactor);
  return Math.max(WORKERS_PER_FUNCTION, Math.min(WORKERS_PER_CORE * cores, Math.max(0, ...factors)));
}

function poolOf(resource: Resource, options: FunctionsOptions, places: WorkerPlaces): FunctionPool {
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
    size: Math.min(sizeOf(resource, options), ReservedConcurrentExecutions ?? Number.POSITIVE_INFINITY),
    places,
    idleMs: options.idleMs ?? IDLE_MS,
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
