import {
  InvokeCommand,
  ListEventSourceMappingsCommand,
  type ListEventSourceMappingsCommandOutput,
  ResourceNotFoundException,
} from '@aws-sdk/client-lambda';
import * as z from 'zod';
// The rules and filters of the template are matched by it on this machine; a second matcher would differ some day.
import { compilePattern } from '../local/services/events/event-patterns.ts';
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

type Mapping = z.output<typeof MappingSchema>;

/**
 * @param name of the function, its ARN, or the short name that the runbook uses: `end-sessions`
 * @throws {OperatorMistake} when no function, or more than one, is meant
 */
export async function streamMappingOf(
  { functions }: Pick<Workplace, 'functions'>,
  name: string,
): Promise<StreamMapping> {
  const exact = await mappingsOf(functions, name);
  const meant = exact.length > 0 ? exact : (await mappingsOf(functions)).filter((one) => isShortNameOf(name, one));
  const [mapping, ...others] = meant;
  if (!mapping || others.length > 0) {
    const wrong = mapping
      ? `${name} could be more than one function: give the whole name.`
      : `${name} is not a function that reads a stream and has a dead-letter queue.`;
    throw new OperatorMistake(`${wrong}${inWords(mapping ? meant : await mappingsOf(functions))}`);
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

/** Of one function; of all in the Region without a name. */
async function mappingsOf(functions: Workplace['functions'], name?: string): Promise<readonly Mapping[]> {
  const found: Mapping[] = [];
  let Marker: string | undefined;
  do {
    const page: Pick<ListEventSourceMappingsCommandOutput, 'EventSourceMappings' | 'NextMarker'> = await functions
      .send(new ListEventSourceMappingsCommand({ FunctionName: name, Marker }))
      .catch(noSuchFunction);
    found.push(...(page.EventSourceMappings ?? []).flatMap((mapping) => MappingSchema.safeParse(mapping).data ?? []));
    Marker = page.NextMarker;
  } while (Marker);
  return found;
}

/** The template's construct has the short name in its own spelling, and AWS puts more in front of it and behind it. */
function isShortNameOf(name: string, mapping: Mapping): boolean {
  const plain = (text: string) => text.replace(/[^a-z0-9]/gi, '').toLowerCase();
  return plain(name) !== '' && plain(functionNameIn(mapping)).includes(plain(name));
}

const functionNameIn = ({ FunctionArn: arn }: Mapping) => arn.slice(arn.lastIndexOf(':') + 1);

function inWords(mappings: readonly Mapping[]): string {
  return mappings.length === 0 ? '' : ` There are: ${mappings.map(functionNameIn).join(', ')}.`;
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
