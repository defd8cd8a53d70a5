import * as z from 'zod';
import type { FunctionError, InvocationResult } from '../lambda/function-pool.ts';
import { DestinationSchema, type Failure } from '../sqs/dead-letters.ts';
import type { StreamRecord } from './stream-reader.ts';

const atMost = (limit: number) =>
  z
    .int()
    .min(-1)
    .max(limit)
    .default(-1)
    .transform((value) => (value < 0 ? Number.POSITIVE_INFINITY : value));

/** A mapping of a table's stream. Strict: the rest would change what is delivered. https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html */
export const MappingSchema = z.strictObject({
  EventSourceArn: z.string().regex(/:table\/[^/]+\/stream\//),
  FunctionName: z.string(),
  StartingPosition: z.literal('TRIM_HORIZON'),
  Enabled: z.literal(true).optional(),
  BatchSize: z.int().min(1).max(10_000).default(100),
  MaximumBatchingWindowInSeconds: z.int().min(0).max(300).default(0),
  MaximumRetryAttempts: atMost(10_000),
  MaximumRecordAgeInSeconds: atMost(604_800),
  ParallelizationFactor: z.int().min(1).max(10).default(1),
  BisectBatchOnFunctionError: z.boolean().default(false),
  FunctionResponseTypes: z.array(z.literal('ReportBatchItemFailures')).default([]),
  FilterCriteria: z.strictObject({ Filters: z.array(z.strictObject({ Pattern: z.string() })).min(1) }).optional(),
  DestinationConfig: DestinationSchema,
  Tags: z.unknown().optional(),
});
export type Mapping = z.infer<typeof MappingSchema>;
type Records = readonly StreamRecord[];

/** What a delivery does to the world. */
export interface DeliverySteps {
  readonly invoke: (records: Records) => Promise<InvocationResult>;
  /** They are dealt with: discarded for a reason, or done. */
  readonly settle: (records: Records, failure?: Failure) => void;
  /** Settles when the next invocation, after this many retries, may begin; false: none may any more. */
  readonly turn: (retries: number) => Promise<boolean>;
}

/**
 * Delivers a batch in order until each of its records is done or discarded, as Lambda does.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
 */
export async function deliverBatch(
  batch: Records,
  mapping: Mapping,
  { invoke, settle, turn }: DeliverySteps,
): Promise<void> {
  const attempts = [{ batch, retries: 0 }];
  for (let attempt = attempts.pop(); attempt && (await turn(attempt.retries)); attempt = attempts.pop()) {
    const { retries } = attempt;
    const [expired, records] = byAge(attempt.batch, mapping.MaximumRecordAgeInSeconds);
    if (expired.length > 0) settle(expired, { condition: 'RecordAgeExceeded', invocations: retries });
    if (records.length === 0) continue;
    const { succeeded, error } = outcomeOf(await invoke(records), records, mapping);
    // After a stop the result is that of the stop, and says nothing of the records.
    if (!(await turn(0))) return;
    settle(records.slice(0, succeeded));
    const rest = records.slice(succeeded);
    if (mapping.BisectBatchOnFunctionError && rest.length > 0 && records.length > 1) {
      // A split uses up no retry; what follows a reported failure is split off already.
      const middle = succeeded > 0 ? rest.length : Math.ceil(rest.length / 2);
      const halves = [rest.slice(middle), rest.slice(0, middle)].filter(({ length }) => length > 0);
      attempts.push(...halves.map((half) => ({ batch: half, retries })));
    } else if (rest.length > 0 && retries < mapping.MaximumRetryAttempts) {
      attempts.push({ batch: rest, retries: retries + 1 });
    } else if (rest.length > 0) {
      settle(rest, { condition: 'RetryAttemptsExhausted', invocations: retries + 1, error });
    }
  }
}

function byAge(records: Records, seconds: number): [Records, Records] {
  const oldest = Date.now() / 1000 - seconds;
  const isExpired = ({ dynamodb }: StreamRecord) => dynamodb.ApproximateCreationDateTime < oldest;
  return [records.filter(isExpired), records.filter((record) => !isExpired(record))];
}

/** https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html */
const ReportSchema = z
  .looseObject({ batchItemFailures: z.array(z.looseObject({ itemIdentifier: z.string() })).nullish() })
  .nullable();

/** How many records from the first on succeeded: none when the report is malformed, or names a record that was not sent. */
function outcomeOf(
  result: InvocationResult,
  records: Records,
  { FunctionResponseTypes }: Mapping,
): { succeeded: number; error?: FunctionError } {
  if ('error' in result) return { succeeded: 0, error: result.error };
  if (FunctionResponseTypes.length === 0) return { succeeded: records.length };
  const report = ReportSchema.safeParse(result.payload);
  if (!report.success) return { succeeded: 0 };
  const numbers = records.map(({ dynamodb }) => dynamodb.SequenceNumber);
  const failed = report.data?.batchItemFailures?.map(({ itemIdentifier }) => numbers.indexOf(itemIdentifier)) ?? [];
  return { succeeded: Math.max(0, Math.min(records.length, ...failed)) };
}
