import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { ACCOUNT, REGION } from '../../template/resource-types.ts';
import type { LocalStack } from '../../template/template.ts';
import type { AsyncInvocations } from '../lambda/async-invocations.ts';
import { compilePattern } from './event-patterns.ts';
import type { Rule } from './rules.ts';

/** What tells one event from another; the instant is kept in whole seconds. */
export interface EventContent {
  readonly source: string;
  readonly 'detail-type': string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly resources?: readonly string[];
}
/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html */
export type BusEvent = ReturnType<typeof busEvent>;

/** An event as it reaches its targets, with an id of its own. */
export function busEvent(content: EventContent, time: Date) {
  const instant = time.toISOString().replace(/\.\d+Z$/, 'Z');
  return { version: '0', id: randomUUID(), account: ACCOUNT, region: REGION, resources: [], ...content, time: instant };
}

const KEPT_EVENTS = 20_000;

/** The event buses of the template: keeps what was published, and hands it to the functions whose rules it fits. */
export class EventBus {
  /** of the buses that there are; every account has `default` */
  readonly names: readonly string[];
  readonly #rules: readonly Rule[];
  readonly #database: DatabaseSync;
  readonly #invocations: Pick<AsyncInvocations, 'send'>;

  constructor(
    stack: LocalStack,
    rules: readonly Rule[],
    to: { database: DatabaseSync; invocations: Pick<AsyncInvocations, 'send'> },
  ) {
    this.names = ['default', ...stack.ofType('AWS::Events::EventBus').map(({ name }) => name)];
    this.#rules = rules.filter(({ isEnabled }) => isEnabled);
    this.#database = to.database;
    this.#invocations = to.invocations;
    to.database.exec('CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, event TEXT)');
  }

  /** Takes all events or none; what follows from them is kept from then on. */
  publish(entries: readonly { readonly bus: string; readonly event: BusEvent }[]): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      for (const { bus, event } of entries) {
        this.#database.prepare('INSERT INTO events (event) VALUES (?)').run(JSON.stringify(event));
        const targets = this.#rules
          .filter((rule) => rule.bus === bus && rule.matches(event))
          .flatMap((rule) => rule.targets);
        for (const { lambda, input } of targets) this.#invocations.send(lambda.logicalId, input ?? event);
      }
      this.#database.prepare('DELETE FROM events WHERE id <= (SELECT MAX(id) FROM events) - ?').run(KEPT_EVENTS);
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  /** The newest first. @param pattern an event pattern, `{ 'detail-type': ['token.deleted'] }` */
  events(pattern?: object, limit = KEPT_EVENTS): BusEvent[] {
    const rows = this.#database.prepare('SELECT event FROM events ORDER BY id DESC LIMIT ?').all(limit);
    const events = rows.map(({ event }): BusEvent => JSON.parse(String(event)));
    return pattern ? events.filter(compilePattern(pattern)) : events;
  }
}
