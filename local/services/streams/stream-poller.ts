import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import { Faults } from '../../front/faults.ts';
import { functionAt, propertiesOf, requireRight, titleOf } from '../../template/resource-properties.ts';
import type { LocalStack } from '../../template/template.ts';
import type { Engine } from '../dynamodb/engine.ts';
import type { Functions } from '../lambda/functions.ts';
import type { DeadLetters } from '../sqs/dead-letters.ts';
import { MappingSchema } from './batch-delivery.ts';
import { type StreamDelivery, type StreamFault, StreamMapping } from './stream-mapping.ts';
import { openStream, type StreamReader } from './stream-reader.ts';

/** Every AWS::Lambda::EventSourceMapping of the template. */
export interface Streams {
  /** Invocations that are under way finish, and no other begins. */
  pause(): void;
  resume(): void;
  /** Settles when everything written by now is delivered or discarded: whether there was anything. */
  idle(): Promise<boolean>;
  /** Returns what takes the fault away. */
  inject(fault: StreamFault): () => void;
  /** Something was written: reads soon. */
  wake(): void;
  /** Rejects when a stream cannot be read. */
  check(): Promise<void>;
  /** What is under way is delivered again by the next start. */
  close(): void;
}
export interface StreamsOptions {
  readonly stack: LocalStack;
  /** not the front: Lambda's poller is no function */
  readonly engine: Pick<Engine, 'endpoint' | 'trimStream'>;
  readonly functions: Pick<Functions, 'invoke'>;
  /** keeps the checkpoints */
  readonly database: DatabaseSync;
  readonly deadLetters: DeadLetters;
  readonly log: (line: string) => void;
  /** how often records are removed, unless as often as usual */
  readonly trimMs?: number | undefined;
  /** how many records that are dealt with stay while it runs, unless as many as usual */
  readonly keptRecords?: number | undefined;
}

/** Writes that come together are read together. */
const WAKE_MS = 20;
/** For writes that nobody told of. */
const POLL_MS = 500;
const TRIM_MS = 60_000;
/** Records that are dealt with stay for a while, so that an operator can have one delivered again; AWS keeps them for a day. */
const KEPT_RECORDS = 10_000;
const STREAM_ACTIONS = ['dynamodb:DescribeStream', 'dynamodb:GetShardIterator', 'dynamodb:GetRecords'];

/** Begins to read, each mapping where it was left. Throws for a mapping that is not supported, or whose role may not read. */
export async function startStreams(options: StreamsOptions): Promise<Streams> {
  const faults = new Faults<StreamDelivery, StreamFault>();
  let paused: PromiseWithResolvers<void> | undefined;
  const mappings = await openMappings(options, { faults, gate: async () => paused?.promise });
  const read = () => mappings.map((mapping) => mapping.read());
  trim(mappings, options, 0);
  const timers = [
    setInterval(read, POLL_MS).unref(),
    setInterval(() => trim(mappings, options, options.keptRecords ?? KEPT_RECORDS), options.trimMs ?? TRIM_MS).unref(),
  ];
  let soon: NodeJS.Timeout | undefined;
  const resume = () => {
    paused?.resolve();
    paused = undefined;
  };
  return {
    pause: () => {
      paused ??= Promise.withResolvers();
    },
    resume,
    idle: async () => (await Promise.all(mappings.map((mapping) => mapping.idle()))).includes(true),
    inject: (fault) => {
      const remove = faults.inject(fault);
      return () => {
        remove();
        for (const mapping of mappings) mapping.release();
      };
    },
    wake: () => {
      soon ??= setTimeout(() => {
        soon = undefined;
        read();
      }, WAKE_MS).unref();
    },
    check: async () => {
      for (const { failure } of mappings) if (failure !== undefined) throw failure;
    },
    close: () => {
      for (const timer of timers) clearInterval(timer);
      clearTimeout(soon);
      for (const mapping of mappings) mapping.stop();
      resume();
    },
  };
}

type Shared = Pick<ConstructorParameters<typeof StreamMapping>[0], 'faults' | 'gate'>;

async function openMappings(options: StreamsOptions, shared: Shared): Promise<StreamMapping[]> {
  const { stack, engine, functions, database, deadLetters, log } = options;
  database.exec(
    'CREATE TABLE IF NOT EXISTS checkpoints (mapping TEXT, stream TEXT, sequence TEXT, PRIMARY KEY (mapping, stream))',
  );
  const mappings: StreamMapping[] = [];
  for (const resource of stack.ofType('AWS::Lambda::EventSourceMapping')) {
    const mapping = propertiesOf(MappingSchema, resource);
    const { EventSourceArn, FunctionName, DestinationConfig } = mapping;
    const lambda = functionAt(stack, FunctionName);
    for (const action of STREAM_ACTIONS) requireRight(stack, lambda, { action, resource: EventSourceArn });
    const reader = await openStream(engine.endpoint, EventSourceArn);
    const saveCheckpoint = checkpoint(database, resource.logicalId, reader);
    const destination = deadLetters.destinationOf(lambda, DestinationConfig);
    const invoke = (event: object) => functions.invoke(lambda.logicalId, event);
    const ofMapping = { title: titleOf(lambda), mapping, reader, destination, invoke, saveCheckpoint };
    mappings.push(new StreamMapping({ ...shared, ...ofMapping, log }));
  }
  return mappings;
}

/** Removes what every mapping of a table has dealt with, but for the newest. */
function trim(mappings: readonly StreamMapping[], { engine, log }: StreamsOptions, kept: number): void {
  for (const [table, ofTable] of Map.groupBy(mappings, (mapping) => mapping.table)) {
    const [first = ''] = ofTable.map(({ checkpoint = '' }) => checkpoint).sort();
    const upTo = BigInt(first) - BigInt(kept);
    if (upTo <= 0n) continue;
    try {
      engine.trimStream(table, String(upTo));
    } catch (error) {
      log(`The stream of ${table} cannot be trimmed now, and is later: ${error}`);
    }
  }
}

/** Puts the reader at the mapping's checkpoint, and returns what moves that. A stream that was made anew is read from its start. */
function checkpoint(database: DatabaseSync, mapping: string, reader: StreamReader): (sequence: string) => void {
  const { label } = reader;
  const row = database.prepare('SELECT sequence FROM checkpoints WHERE mapping = ? AND stream = ?').get(mapping, label);
  reader.position = row && z.string().parse(row.sequence);
  const save = database.prepare('REPLACE INTO checkpoints (mapping, stream, sequence) VALUES (?, ?, ?)');
  return (sequence) => void save.run(mapping, label, sequence);
}
