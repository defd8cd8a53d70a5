import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { functionAt, propertiesOf } from '../../template/resource-properties.ts';
import type { LocalStack } from '../../template/template.ts';
import { type DeadLetters, type Destination, DestinationSchema } from '../sqs/dead-letters.ts';
import type { FunctionError } from './function-pool.ts';
import type { Functions } from './functions.ts';

export interface AsyncInvocationsOptions {
  readonly stack: LocalStack;
  /** keeps what is accepted until it is done, so that a kill loses none */
  readonly database: DatabaseSync;
  readonly deadLetters: DeadLetters;
  readonly log: (line: string) => void;
}

const ConfigSchema = z.strictObject({
  FunctionName: z.string(),
  Qualifier: z.literal('$LATEST').optional(),
  MaximumRetryAttempts: z.int().min(0).max(2).default(2),
  MaximumEventAgeInSeconds: z.int().min(60).max(21_600).default(21_600),
  DestinationConfig: DestinationSchema,
});
type Config = z.infer<typeof ConfigSchema> & { readonly destination: Destination };
const DEFAULT: Config = { ...ConfigSchema.parse({ FunctionName: 'any' }), destination: undefined };

const RowSchema = z.object({
  id: z.number(),
  function: z.string(),
  event: z.string(),
  accepted_at: z.number(),
  tries: z.number(),
});
type Row = z.infer<typeof RowSchema>;

/** What waits besides is in the database, and not in memory. */
const MOST_RUNNING = 50;
/** AWS waits a minute, then two; nobody at a screen does. */
const BACKOFF_MS = 50;

/**
 * Lambda's asynchronous invocation: accepted at once, tried again when the function fails, and at last sent to the destination
 * of its AWS::Lambda::EventInvokeConfig. https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
export class AsyncInvocations {
  readonly #options: AsyncInvocationsOptions;
  readonly #configs: ReadonlyMap<string, Config>;
  readonly #running = new Set<Promise<void>>();
  /** id of the last row that was taken up */
  #last = 0;
  #functions: Pick<Functions, 'invoke'> | undefined;
  #isClosed = false;

  constructor(options: AsyncInvocationsOptions) {
    const { stack, deadLetters, database } = options;
    this.#options = options;
    this.#configs = new Map(
      stack.ofType('AWS::Lambda::EventInvokeConfig').map((resource) => {
        const config = propertiesOf(ConfigSchema, resource);
        const lambda = functionAt(stack, config.FunctionName);
        const destination = deadLetters.destinationOf(lambda, config.DestinationConfig);
        return [lambda.logicalId, { ...config, destination }];
      }),
    );
    database.exec(
      'CREATE TABLE IF NOT EXISTS invocations (id INTEGER PRIMARY KEY AUTOINCREMENT, function TEXT, event TEXT, accepted_at INTEGER, tries INTEGER)',
    );
  }

  /** Begins with what an earlier run left. */
  start(functions: Pick<Functions, 'invoke'>): void {
    this.#functions = functions;
    this.#runPending();
  }

  /** Accepts an event for a function, by its logical id. */
  send(lambda: string, event: object): void {
    const insert = 'INSERT INTO invocations (function, event, accepted_at, tries) VALUES (?, ?, ?, 0)';
    this.#options.database.prepare(insert).run(lambda, JSON.stringify(event), Date.now());
    // Not at once: the caller may be in a transaction.
    setImmediate(() => this.#runPending());
  }

  /** Settles when everything that is under way now is done or given up: whether there was anything. */
  async idle(): Promise<boolean> {
    this.#runPending();
    const running = [...this.#running];
    await Promise.all(running);
    return running.length > 0;
  }

  close(): void {
    this.#isClosed = true;
  }

  #runPending(): void {
    const room = MOST_RUNNING - this.#running.size;
    if (this.#isClosed || !this.#functions || room <= 0) return;
    const select = this.#options.database.prepare('SELECT * FROM invocations WHERE id > ? ORDER BY id LIMIT ?');
    const rows = select.all(this.#last, room);
    for (const row of rows.map((one) => RowSchema.parse(one))) {
      this.#last = row.id;
      const run = this.#run(row, this.#functions).finally(() => {
        this.#running.delete(run);
        this.#runPending();
      });
      this.#running.add(run);
    }
  }

  async #run(row: Row, functions: Pick<Functions, 'invoke'>): Promise<void> {
    const { database } = this.#options;
    for (let tries = row.tries + 1; !this.#isClosed; tries += 1) {
      const result = await functions.invoke(row.function, JSON.parse(row.event));
      // After a stop the result is that of the stop: the next start has the event again.
      if (this.#isClosed) return;
      if (!('error' in result) || this.#givesUp({ ...row, tries }, result.error)) {
        database.prepare('DELETE FROM invocations WHERE id = ?').run(row.id);
        return;
      }
      database.prepare('UPDATE invocations SET tries = ? WHERE id = ?').run(tries, row.id);
      await sleep(BACKOFF_MS * tries, undefined, { ref: false });
    }
  }

  /** When this was the last try the event goes to the destination. */
  #givesUp({ function: lambda, event, accepted_at, tries }: Row, error: FunctionError): boolean {
    const { MaximumRetryAttempts, MaximumEventAgeInSeconds, destination } = this.#configs.get(lambda) ?? DEFAULT;
    const isOld = Date.now() - accepted_at > MaximumEventAgeInSeconds * 1000;
    if (!isOld && tries <= MaximumRetryAttempts) return false;
    const condition = isOld ? 'EventAgeExceeded' : 'RetriesExhausted';
    this.#options.log(`${lambda} failed for an event and is not tried again (${condition}): ${error.errorMessage}`);
    destination?.(
      { condition, invocations: tries, error },
      { requestPayload: JSON.parse(event), responsePayload: error },
    );
    return true;
  }
}
