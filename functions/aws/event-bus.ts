import {
  EventBridgeClient,
  PutEventsCommand,
  type PutEventsRequestEntry,
  type PutEventsResultEntry,
} from '@aws-sdk/client-eventbridge';
import { type EventPublisher, eventSource, type TokenwardEvent } from '../events/catalogue.ts';
import { answered, backoff, type StorageOptions } from './storage/answers.ts';
import { atEachAttempt, clientLimits, withinInvocation } from './storage/client-limits.ts';

const mostPerRequest = 10;
const longestRetryMs = 3000;

/** Some events were sent again and again, and not taken. */
export class EventsNotTaken extends Error {
  override readonly name = 'EventsNotTaken';

  constructor(count: number) {
    super(`The bus did not take ${count} events.`);
  }
}

/** Publishes on an EventBridge bus. The bus takes each entry by itself: those that it did not take are sent again. */
export class EventBridgePublisher implements EventPublisher {
  readonly #client: Pick<EventBridgeClient, 'send'>;
  readonly #bus: string;
  readonly #options: StorageOptions;

  constructor(client: Pick<EventBridgeClient, 'send'>, bus: string, options: StorageOptions) {
    this.#client = client;
    this.#bus = bus;
    this.#options = options;
  }

  /** @throws {Refusal} `unavailable` when the bus does not take all of them within 3 s */
  async publish(events: readonly TokenwardEvent[]): Promise<void> {
    await answered(async () => {
      for (let from = 0; from < events.length; from += mostPerRequest) {
        await this.#send(events.slice(from, from + mostPerRequest).map((event) => this.#entry(event)));
      }
    });
  }

  async #send(entries: PutEventsRequestEntry[]): Promise<void> {
    const pauses = backoff(this.#options, longestRetryMs);
    for (let rest = entries; rest.length > 0; ) {
      const { Entries: results = [] } = await this.#client.send(new PutEventsCommand({ Entries: rest }));
      rest = rest.filter((_, index) => !isTaken(results[index]));
      if (rest.length > 0 && !(await pauses())) throw new EventsNotTaken(rest.length);
    }
  }

  #entry(event: TokenwardEvent): PutEventsRequestEntry {
    return {
      EventBusName: this.#bus,
      Source: eventSource,
      DetailType: event.type,
      Time: new Date(event.time),
      Resources: [event.subject],
      Detail: JSON.stringify(event),
    };
  }
}

/** An entry without an id was not taken, whatever its error code. */
function isTaken(result: PutEventsResultEntry | undefined): boolean {
  return result?.EventId !== undefined && result.ErrorCode === undefined;
}

/** The client that all functions use. */
export function eventBridgeClient(hasTimeFor: (ms: number) => boolean): EventBridgeClient {
  const client = new EventBridgeClient(clientLimits);
  client.middlewareStack.add(withinInvocation(hasTimeFor), atEachAttempt);
  return client;
}
