import { InvokeCommand, ListEventSourceMappingsCommand, ResourceNotFoundException } from '@aws-sdk/client-lambda';
import * as z from 'zod';
// The rules and filters of the template are matched by it on this machine; a second matcher would differ some day.
import { compilePattern } from '../local/event-patterns.ts';
import { OperatorMistake, type Workplace } from './command.ts';

const MappingSchema = z.object({
  EventSourceArn: z.string().regex(/:table\/[^/]+\/stream\//),
  FunctionArn: z.string(),
  BatchSize: z.number(),
  FilterCriteria: z.object({ Filters: z.array(z.object({ Pattern: z.string() })) }).optional(),
  DestinationConfig: z.object({ OnFailure: z.object({ Destination: z.string().regex(/^arn:[^:]+:sqs:/) }) }),
});

/** How a function reads a table's stream, and where what it gives up ends. */
export interface StreamMapping {
  readonly streamArn: string;
  readonly functionArn: string;
  /** ARN */
  readonly queue: string;
  /** records of one invocation, at most */
  readonly batchSize: number;
  readonly wants: (record: object) => boolean;
}

/** @param name of the function, or its ARN */
export async function streamMappingOf(
  { functions }: Pick<Workplace, 'functions'>,
  name: string,
): Promise<StreamMapping> {
  const { EventSourceMappings = [] } = await functions
    .send(new ListEventSourceMappingsCommand({ FunctionName: name }))
    .catch(noSuchFunction);
  const found = EventSourceMappings.flatMap((mapping) => MappingSchema.safeParse(mapping).data ?? []);
  const [mapping, ...others] = found;
  if (!mapping || others.length > 0) {
    const wrong = `${name} is no function that reads a stream and gives up into a queue.`;
    throw new OperatorMistake(`${wrong}${await thoseThatDo(functions)}`);
  }
  const filters = mapping.FilterCriteria?.Filters.map(({ Pattern }) => compilePattern(JSON.parse(Pattern)));
  return {
    streamArn: mapping.EventSourceArn,
    functionArn: mapping.FunctionArn,
    queue: mapping.DestinationConfig.OnFailure.Destination,
    batchSize: mapping.BatchSize,
    wants: (record) => filters?.some((matches) => matches(record)) ?? true,
  };
}

async function thoseThatDo(functions: Workplace['functions']): Promise<string> {
  const { EventSourceMappings = [] } = await functions.send(new ListEventSourceMappingsCommand({}));
  const arns = EventSourceMappings.flatMap((mapping) => MappingSchema.safeParse(mapping).data?.FunctionArn ?? []);
  const names = arns.map((arn) => arn.slice(arn.lastIndexOf(':') + 1));
  return names.length === 0 ? '' : ` Those that do: ${names.join(', ')}.`;
}

function noSuchFunction(error: unknown): { EventSourceMappings: [] } {
  if (error instanceof ResourceNotFoundException) return { EventSourceMappings: [] };
  throw error;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html */
const ReportSchema = z
  .object({ batchItemFailures: z.array(z.unknown()).nullish() })
  .nullable()
  .transform((report) => report?.batchItemFailures?.length ?? 0);

/**
 * Gives records to the function as its mapping does, batch after batch in their order, up to the first that fails.
 * @returns undefined when all were taken, otherwise why not
 */
export async function deliver(
  { functions }: Pick<Workplace, 'functions'>,
  { functionArn, batchSize }: Pick<StreamMapping, 'functionArn' | 'batchSize'>,
  records: readonly object[],
): Promise<string | undefined> {
  for (let from = 0; from < records.length; from += batchSize) {
    const Payload = JSON.stringify({ Records: records.slice(from, from + batchSize) });
    const answer = await functions.send(new InvokeCommand({ FunctionName: functionArn, Payload }));
    const text = answer.Payload?.transformToString() ?? '';
    if (answer.FunctionError) return `the function failed: ${text}`;
    const report = ReportSchema.safeParse(text === '' ? null : JSON.parse(text));
    if (!report.success) return `the function answered ${text}`;
    if (report.data > 0) return 'the function could not do it: its log says why';
  }
  return undefined;
}
