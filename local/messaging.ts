import { DatabaseSync } from 'node:sqlite';
import type { Clock } from './clock.ts';
import { Faults } from './front/faults.ts';
import type { Front } from './front/front.ts';
import type { Home } from './home.ts';
import type { LocalAnswer, LocalEndpoint } from './local-endpoints.ts';
import { operatorEndpoints } from './operator-endpoints.ts';
import type { Engine } from './services/dynamodb/engine.ts';
import { EventBus } from './services/events/event-bus.ts';
import { type BusFault, type PutEvents, startEventBusEndpoint } from './services/events/event-bus-endpoint.ts';
import { rulesOf } from './services/events/rules.ts';
import { type Schedules, startSchedules } from './services/events/schedules.ts';
import { AsyncInvocations } from './services/lambda/async-invocations.ts';
import type { Functions } from './services/lambda/functions.ts';
import { openDeadLetters } from './services/sqs/dead-letters.ts';
import { type StreamsOptions, startStreams } from './services/streams/stream-poller.ts';
import type { LocalStack } from './template/template.ts';

export interface MessagingOptions {
  readonly stack: LocalStack;
  readonly front: Pick<Front, 'callerWith' | 'onWrite'>;
  readonly engine: Pick<Engine, 'endpoint' | 'trimStream'>;
  readonly clock: Pick<Clock, 'now' | 'offset'>;
  readonly home: Pick<Home, 'path'>;
  readonly log: (line: string) => void;
  readonly trimMs?: StreamsOptions['trimMs'];
  readonly keptRecords?: StreamsOptions['keptRecords'];
}
export type Messaging = Awaited<ReturnType<typeof openMessaging>>;
export type Triggers = Awaited<ReturnType<Messaging['start']>>;

const SHOWN_EVENTS = 1000;

/** What carries things from one function to another: the bus, which is there before the functions, and what invokes them. */
export async function openMessaging(options: MessagingOptions) {
  const { stack, clock } = options;
  const database = new DatabaseSync(options.home.path('messages.db'), { timeout: 5_000 });
  // A kill of this process loses nothing that was committed, and only a power failure could.
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  const deadLetters = openDeadLetters(stack, database);
  const invocations = new AsyncInvocations({ ...options, database, deadLetters });
  const rules = rulesOf(stack);
  const bus = new EventBus(stack, rules, { database, invocations });
  const faults = new Faults<PutEvents, BusFault>();
  const { endpoint, close } = await startEventBusEndpoint({ ...options, bus, faults });
  return {
    bus: { endpoint, events: bus.events.bind(bus), inject: (fault: BusFault) => faults.inject(fault) },
    deadLetters,
    close: () => close().finally(() => database.close()),
    start: async (functions: Pick<Functions, 'invoke'>) => {
      const streams = await startStreams({ ...options, functions, database, deadLetters });
      options.front.onWrite(() => streams.wake());
      invocations.start(functions);
      const schedules = startSchedules({ rules, clock, functions, invocations });
      return {
        streams: { ...streams, idle: () => idle([streams, invocations]) },
        schedules,
        parts: { streams: streams.check, bus: async () => bus.events(undefined, 1) },
        endpoints: new Map<string, LocalEndpoint>([
          ['GET /_local/events', () => ({ json: { events: bus.events(undefined, SHOWN_EVENTS) } })],
          ['GET /_local/dead-letters', () => ({ json: { dead_letters: deadLetters.list() } })],
          ...operatorEndpoints({ ...options, deadLetters, functions }),
          ['POST /_local/schedules/{name}', ({ pathParameters }) => runSchedule(schedules, pathParameters.name)],
        ]),
        stop: () => {
          for (const part of [schedules, streams, invocations]) part.close();
        },
      };
    },
  };
}

/** Quiet is when nobody found anything in one round: what one delivers another may write again. */
async function idle(parts: readonly { idle(): Promise<boolean> }[]): Promise<void> {
  for (let isBusy = true; isBusy; ) isBusy = (await Promise.all(parts.map((part) => part.idle()))).includes(true);
}

async function runSchedule({ names, run }: Schedules, name = ''): Promise<LocalAnswer> {
  const json = await run(name);
  if (!json)
    return { status: 404, json: { message: `There is no schedule "${name}", but ${names.join(', ')}.`, names } };
  return { status: json.error ? 500 : 200, json };
}
