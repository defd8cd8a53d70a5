import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { LocalAnswer, LocalEndpoint, LocalRequest } from './local-endpoints.ts';
import type { Engine } from './services/dynamodb/engine.ts';
import type { Functions } from './services/lambda/functions.ts';
import type { DeadLetters } from './services/sqs/dead-letters.ts';
import { MappingSchema } from './services/streams/batch-delivery.ts';
import { openStream } from './services/streams/stream-reader.ts';
import { functionAt, propertiesOf } from './template/resource-properties.ts';
import { arn } from './template/resource-types.ts';
import type { LocalStack, Resource } from './template/template.ts';

interface OperatorOptions {
  readonly stack: LocalStack;
  readonly engine: Pick<Engine, 'endpoint'>;
  readonly deadLetters: DeadLetters;
  readonly functions: Pick<Functions, 'invoke'>;
}

/** SDK clients of SQS, Lambda and DynamoDB Streams find it by `AWS_ENDPOINT_URL_SQS` and its like: the API's address and this path. */
const PATH = '/_local/aws';

/**
 * As much of three services as an operator's commands use, over the wire, with the queues, functions and streams of this machine.
 * Who may reach `/_local` may use it: it asks for no rights, as an operator has all.
 */
export function operatorEndpoints(options: OperatorOptions): ReadonlyMap<string, LocalEndpoint> {
  const operations = { ...queueOperations(options.deadLetters), ...streamOperations(options.engine.endpoint) };
  return new Map<string, LocalEndpoint>([
    [
      `POST ${PATH}/`,
      async (request) => {
        const [, operation = ''] = (request.headers['x-amz-target'] ?? '').split('.');
        try {
          return (await operations[operation]?.(request)) ?? refusal('UnknownOperationException', operation);
        } catch (error) {
          if (error instanceof z.ZodError) return refusal('ValidationException', z.prettifyError(error));
          throw error;
        }
      },
    ],
    [`GET ${PATH}/2015-03-31/event-source-mappings`, ({ query }) => listMappings(options.stack, query)],
    [`POST ${PATH}/2015-03-31/functions/{name}/invocations`, (request) => invoke(options, request)],
  ]);
}

type Operations = Readonly<Record<string, (request: LocalRequest) => LocalAnswer | Promise<LocalAnswer>>>;

const OfQueue = z.looseObject({
  QueueUrl: z.string().transform((url) => url.slice(url.lastIndexOf('/') + 1)),
  ReceiptHandle: z.string().default(''),
  VisibilityTimeout: z.int().min(0).max(43_200).default(30),
});

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Operations.html */
function queueOperations({ receive, hide, remove }: DeadLetters): Operations {
  return {
    GetQueueUrl: ({ headers, json }) => {
      const { QueueName } = z.looseObject({ QueueName: z.string() }).parse(json);
      return { json: { QueueUrl: `http://${headers.host}${PATH}/${QueueName}` } };
    },
    ReceiveMessage: ({ json }) => {
      const { QueueUrl, VisibilityTimeout } = OfQueue.parse(json);
      const letter = receive(QueueUrl, VisibilityTimeout * 1000);
      if (!letter) return { json: {} };
      const MD5OfBody = createHash('md5').update(letter.body).digest('hex');
      return { json: { Messages: [{ MessageId: letter.id, ReceiptHandle: letter.id, Body: letter.body, MD5OfBody }] } };
    },
    ChangeMessageVisibility: ({ json }) => {
      const { ReceiptHandle, VisibilityTimeout } = OfQueue.parse(json);
      hide(ReceiptHandle, VisibilityTimeout * 1000);
      return { json: {} };
    },
    DeleteMessage: ({ json }) => {
      remove(OfQueue.parse(json).ReceiptHandle);
      return { json: {} };
    },
  };
}

const ShardIterator = z.looseObject({ StreamArn: z.string(), SequenceNumber: z.string().regex(/^\d+$/) });
const Place = z.tuple([z.string(), z.string()]);

/** Over the reader that absorbs the engine's traps. An iterator is the stream and the number of the record before. */
function streamOperations(engine: string): Operations {
  const read = async ([streamArn, position]: z.infer<typeof Place>) => {
    const reader = await openStream(engine, streamArn);
    reader.position = position;
    const records = (await reader.next()) ?? [];
    return { records, at: JSON.stringify([streamArn, reader.position]) };
  };
  return {
    GetShardIterator: async ({ json }) => {
      const { StreamArn, SequenceNumber } = ShardIterator.parse(json);
      const before = String(BigInt(SequenceNumber) - 1n).padStart(21, '0');
      const { records } = await read([StreamArn, before]);
      if (records[0]?.dynamodb.SequenceNumber !== SequenceNumber)
        return refusal('TrimmedDataAccessException', 'The data you are trying to access has been trimmed.');
      return { json: { ShardIterator: JSON.stringify([StreamArn, before]) } };
    },
    GetRecords: async ({ json }) => {
      const { ShardIterator: place } = z.looseObject({ ShardIterator: z.string() }).parse(json);
      const { records, at } = await read(Place.parse(JSON.parse(place)));
      return { json: { Records: records, NextShardIterator: at } };
    },
  };
}

/** https://docs.aws.amazon.com/lambda/latest/api/API_ListEventSourceMappings.html */
function listMappings(stack: LocalStack, query: URLSearchParams): LocalAnswer {
  const name = query.get('FunctionName');
  const EventSourceMappings = stack
    .ofType('AWS::Lambda::EventSourceMapping')
    .map((resource) => propertiesOf(MappingSchema, resource))
    .map(({ FunctionName, ...mapping }) => ({ ...mapping, reader: functionAt(stack, FunctionName) }))
    .filter(({ reader }) => name === null || reader === functionNamed(stack, name))
    .map(({ reader, EventSourceArn, BatchSize, FilterCriteria, DestinationConfig }) => ({
      FunctionArn: arn('lambda', `function:${reader.name}`),
      ...{ EventSourceArn, BatchSize, FilterCriteria, DestinationConfig },
    }));
  return { json: { EventSourceMappings } };
}

/** https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
async function invoke(
  { stack, functions }: OperatorOptions,
  { pathParameters: { name = '' }, json }: LocalRequest,
): Promise<LocalAnswer> {
  const lambda = functionNamed(stack, name);
  if (!lambda) return { ...refusal('ResourceNotFoundException', `Function not found: ${name}`), status: 404 };
  const result = await functions.invoke(lambda.logicalId, json);
  if (!('error' in result)) return { json: result.payload };
  return { json: result.error, headers: { 'x-amz-function-error': 'Unhandled' } };
}

function functionNamed(stack: LocalStack, nameOrArn: string): Resource | undefined {
  const functions = stack.ofType('AWS::Lambda::Function');
  return functions.find(({ name }) => [name, arn('lambda', `function:${name}`)].includes(nameOrArn));
}

/** In the JSON protocol. */
function refusal(__type: string, message: string): LocalAnswer {
  return { status: 400, json: { __type, message } };
}
