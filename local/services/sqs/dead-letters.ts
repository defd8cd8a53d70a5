import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import { ignored, propertiesOf, requireRight } from '../../template/resource-properties.ts';
import { arn } from '../../template/resource-types.ts';
import type { LocalStack, Resource } from '../../template/template.ts';
import type { FunctionError } from '../lambda/function-pool.ts';

export interface DeadLetter {
  /** name of the queue */
  readonly queue: string;
  /** ISO instant, by the machine's time */
  readonly sent_at: string;
  /** the message, parsed */
  readonly body: unknown;
}

/** Why an invocation was given up. */
export interface Failure {
  readonly condition: 'RetryAttemptsExhausted' | 'RecordAgeExceeded' | 'RetriesExhausted' | 'EventAgeExceeded';
  readonly invocations: number;
  /** of the last try, when the function failed in it */
  readonly error?: FunctionError | undefined;
}

/** Where a function's failures go; undefined when they are dropped. */
export type Destination = ((failure: Failure, content: object) => void) | undefined;

/** The queues of the template, to be looked at. */
export interface DeadLetters {
  /** Newest first. */
  list(): DeadLetter[];
  /** The on-failure destination of a function's mapping or configuration. Throws for one that its role may not send to. */
  destinationOf(lambda: Resource, config: z.infer<typeof DestinationSchema>): Destination;
  /** The oldest message of a queue that is not hidden, which it is from now on, for so long. */
  receive(queue: string, hiddenMs: number): { readonly id: string; readonly body: string } | undefined;
  /** Hides a message for so long from now on; 0 shows it. */
  hide(id: string, ms: number): void;
  remove(id: string): void;
}

/** `DestinationConfig` of a mapping or of an asynchronous invocation: a queue. */
export const DestinationSchema = z
  .strictObject({ OnFailure: z.strictObject({ Destination: z.string() }).optional() })
  .optional();

const KEPT_DEAD_LETTERS = 10_000;

/** Strict: a queue whose messages are received again by somebody, or go on to another, would need a counterpart. */
const QueueSchema = z.strictObject({
  QueueName: ignored,
  MessageRetentionPeriod: ignored,
  VisibilityTimeout: ignored,
  SqsManagedSseEnabled: ignored,
  Tags: ignored,
});

/** Opens the queues, kept in a table of the database. */
export function openDeadLetters(stack: LocalStack, database: DatabaseSync): DeadLetters {
  for (const queue of stack.ofType('AWS::SQS::Queue')) propertiesOf(QueueSchema, queue);
  database.exec(
    'CREATE TABLE IF NOT EXISTS dead_letters (id INTEGER PRIMARY KEY, queue TEXT, sent_at TEXT, body TEXT)',
  );
  const insert = database.prepare('INSERT INTO dead_letters (queue, sent_at, body) VALUES (?, ?, ?)');
  const trim = database.prepare('DELETE FROM dead_letters WHERE id <= (SELECT MAX(id) FROM dead_letters) - ?');
  const select = database.prepare('SELECT queue, sent_at, body FROM dead_letters ORDER BY id DESC');
  return {
    ...queuesIn(database),
    list: () => select.all().map((row) => ({ ...Row.parse(row) })),
    destinationOf: (lambda, config) => {
      const resource = config?.OnFailure?.Destination;
      if (resource === undefined) return undefined;
      const queue = stack.ofType('AWS::SQS::Queue').find(({ name }) => resource === arn('sqs', name))?.name;
      if (queue === undefined) throw new Error(`${lambda.logicalId}: ${resource} is no queue of the template`);
      requireRight(stack, lambda, { action: 'sqs:SendMessage', resource });
      return (failure, content) => {
        const now = new Date().toISOString();
        insert.run(queue, now, JSON.stringify({ ...invocationRecord(lambda, failure), timestamp: now, ...content }));
        trim.run(KEPT_DEAD_LETTERS);
      };
    },
  };
}

/** What is hidden is so until a time of the machine's, or until a restart. */
function queuesIn(database: DatabaseSync): Pick<DeadLetters, 'receive' | 'hide' | 'remove'> {
  const hidden = new Map<string, number>();
  const hide = (id: string, ms: number) => void hidden.set(id, Date.now() + ms);
  const select = database.prepare('SELECT CAST(id AS TEXT) AS id, body FROM dead_letters WHERE queue = ? ORDER BY id');
  const Message = z.object({ id: z.string(), body: z.string() });
  return {
    receive: (queue, ms) => {
      const messages = z.array(Message).parse(select.all(queue));
      const found = messages.find(({ id }) => (hidden.get(id) ?? 0) <= Date.now());
      if (found) hide(found.id, ms);
      return found;
    },
    hide,
    remove: (id) => void database.prepare('DELETE FROM dead_letters WHERE id = ?').run(id),
  };
}

const Row = z.object({
  queue: z.string(),
  sent_at: z.string(),
  body: z.string().transform((text) => JSON.parse(text)),
});

/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html */
function invocationRecord({ name }: Resource, { condition, invocations, error }: Failure): object {
  return {
    version: '1.0',
    requestContext: {
      requestId: randomUUID(),
      functionArn: arn('lambda', `function:${name}`),
      condition,
      approximateInvokeCount: invocations,
    },
    responseContext: { statusCode: 200, executedVersion: '$LATEST', ...(error && { functionError: 'Unhandled' }) },
  };
}
