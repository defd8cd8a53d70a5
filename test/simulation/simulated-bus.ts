/** EventBridge for tests, below the publisher: it takes entries one by one, may refuse some, and may lose an answer. */
import { PutEventsCommand, type PutEventsCommandOutput } from '@aws-sdk/client-eventbridge';
import type { EventType, TokenwardEvent } from '../../functions/events/catalogue.ts';
import { connectionReset } from './dynamo-errors.ts';

/** `refuse`: none of the entries is taken, and the answer says so. `reset`: not taken. `lose-answer`: taken, but the caller sees a reset. */
export type Mishap = 'refuse' | 'reset' | 'lose-answer';

export interface SimulatedBusOptions {
  /** Lets others go first. */
  readonly hop: (step: string) => Promise<void>;
  /** Whether a request goes wrong; none does unless given. */
  mishap?: (() => Mishap | undefined) | undefined;
}

export class SimulatedBus {
  /** Everything that was taken, repeats too, in this order. */
  readonly events: TokenwardEvent[] = [];
  readonly options: SimulatedBusOptions;

  constructor(options: SimulatedBusOptions) {
    this.options = options;
  }

  /** Like `EventBridgeClient.send` for `PutEvents`. */
  async send(command: object): Promise<PutEventsCommandOutput> {
    if (!(command instanceof PutEventsCommand))
      throw new Error(`The simulated bus knows no ${command.constructor.name}`);
    await this.options.hop('events arrive');
    const mishap = this.options.mishap?.();
    if (mishap === 'reset') throw connectionReset();
    const entries = command.input.Entries ?? [];
    if (mishap !== 'refuse')
      this.events.push(...entries.map(({ Detail }) => JSON.parse(Detail ?? '') as TokenwardEvent));
    await this.options.hop('bus answers');
    if (mishap === 'lose-answer') throw connectionReset();
    const result = (index: number) =>
      mishap === 'refuse' ? { ErrorCode: 'ThrottlingException' } : { EventId: `${index}` };
    return { Entries: entries.map((_, index) => result(index)), FailedEntryCount: 0, $metadata: {} };
  }

  of<T extends EventType>(type: T): TokenwardEvent<T>[] {
    return this.events.filter((event): event is TokenwardEvent<T> => event.type === type);
  }
}
