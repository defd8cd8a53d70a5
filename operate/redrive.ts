import * as z from 'zod';
import { type Command, OperatorMistake, type Workplace } from './command.ts';
import { eachMessage, type Fate } from './dead-letter-queue.ts';
import { deliver, type StreamMapping, streamMappingOf } from './event-source-mapping.ts';
import { recordsIn, type StreamRange, StreamRangeSchema, Trimmed } from './stream-range.ts';

/**
 * Gives the records that a reader of the stream gave up to it again. Twice is harmless, for what they do is harmless twice, late and
 * out of order; a message is deleted when its records were taken, and not before.
 */
export const redrive: Command = {
  does: "Reads the batches in a stream reader's dead-letter queue from the stream again, and gives them to the function.",
  options: {
    function: {
      takes: 'NAME',
      says: 'the function that reads the stream: end-sessions, announce, or its whole name or ARN',
      required: true,
    },
  },
  settings: [],
  plan: async ({ function: name = '' }, workplace) => {
    const mapping = await streamMappingOf(workplace, name);
    const says: string[] = [];
    let ready = 0;
    await eachMessage(workplace, mapping.queue, async ({ id, body }) => {
      const found = await lookAt(workplace, mapping, body);
      says.push(`${id}: ${found.says}`);
      if (found.records) ready += 1;
      return 'left';
    });
    if (says.length === 0) says.push(`${mapping.queue} is empty.`);
    return { says, ...(ready > 0 && { carryOut: (write) => redriveAll(workplace, mapping, write) }) };
  },
};

/** A batch as it is found in the queue; `records` are absent where they cannot be given again. */
interface Found {
  readonly says: string;
  readonly records?: readonly object[];
}

/** https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html */
const LetterSchema = z.object({
  requestContext: z.object({ condition: z.string() }),
  DDBStreamBatchInfo: StreamRangeSchema,
});

async function lookAt(workplace: Workplace, mapping: StreamMapping, body: string): Promise<Found> {
  const letter = LetterSchema.safeParse(jsonIn(body)).data;
  const range = letter?.DDBStreamBatchInfo;
  if (range?.streamArn !== mapping.streamArn) return { says: 'no batch of the stream that the function reads.' };
  const where = `a batch of ${range.batchSize}, given up (${letter?.requestContext.condition}), ${inWords(range)}`;
  try {
    const records = (await recordsIn(workplace, range)).filter(mapping.wants);
    return { says: `${where}. To give again: ${records.length}.`, records };
  } catch (error) {
    if (!(error instanceof Trimmed)) throw error;
    return { says: `${where}. ${tooLate}` };
  }
}

/** What is not told again, and what is: the runbook has what to do. */
const tooLate =
  'The stream has it no more, for it keeps records for 24 hours. Revocations come back by themselves: a schedule gives each ' +
  'receipt that is not completed another round, every minute. Events are not told again: consumers compare with the API.';

function inWords({ shardId, startSequenceNumber: start, endSequenceNumber: end }: StreamRange): string {
  return `${shardId} from ${start} to ${end}`;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function redriveAll(workplace: Workplace, mapping: StreamMapping, write: (line: string) => void): Promise<void> {
  let left = 0;
  await eachMessage(workplace, mapping.queue, async ({ id, body }): Promise<Fate> => {
    const { records, says } = await lookAt(workplace, mapping, body);
    const failure = records ? await deliver(workplace, mapping, records) : says;
    write(`${id}: ${failure === undefined ? `given again: ${records?.length}.` : `stays: ${failure}`}`);
    if (failure !== undefined) left += 1;
    return failure === undefined ? 'taken' : 'left';
  });
  if (left > 0) throw new OperatorMistake(`Messages that stay in ${mapping.queue}: ${left}.`);
}
