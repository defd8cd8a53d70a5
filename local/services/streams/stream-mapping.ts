import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Faults, Wish } from '../../front/faults.ts';
import { compilePattern } from '../events/event-patterns.ts';
import type { InvocationResult } from '../lambda/function-pool.ts';
import type { Destination, Failure } from '../sqs/dead-letters.ts';
import { deliverBatch, type Mapping } from './batch-delivery.ts';
import type { StreamReader, StreamRecord } from './stream-reader.ts';

/** Records on their way to a function, which is named by its entry point: `stream/announce`. */
export interface StreamDelivery {
  readonly function: string;
  readonly records: readonly StreamRecord[];
}
/**
 * What a stream does rarely: `hold` keeps a record (and those of its item after it) back until it is taken away, while
 * others pass; `duplicate` delivers a batch once more; `poison` fails a batch without a call. For crashes see `Functions.crash`.
 */
export interface StreamFault extends Wish<StreamDelivery> {
  readonly kind: 'hold' | 'duplicate' | 'poison';
}
export interface StreamMappingOptions {
  readonly title: string;
  readonly mapping: Mapping;
  readonly reader: StreamReader;
  readonly destination: Destination;
  readonly faults: Faults<StreamDelivery, StreamFault>;
  readonly invoke: (event: object) => Promise<InvocationResult>;
  /** Everything up to this sequence number is dealt with. */
  readonly saveCheckpoint: (sequence: string) => void;
  /** settles when deliveries are not paused */
  readonly gate: () => Promise<void>;
  readonly log: (line: string) => void;
}

interface Entry {
  readonly record: StreamRecord;
  /** hash of its keys */
  readonly item: string;
  isSettled: boolean;
}
interface Lane {
  readonly queue: Entry[];
  isRunning: boolean;
  /** ends the wait for a full batch */
  onMore: () => void;
}

/** Beyond this many records that are under way nothing more is read for now. */
const READ_AHEAD = 10_000;

/** One event source mapping: reads, filters, delivers in order for each item, and remembers up to where all is dealt with. */
export class StreamMapping {
  readonly #options: StreamMappingOptions;
  readonly #matches: (record: StreamRecord) => boolean;
  readonly #lanes: readonly Lane[];
  /** what was read and is not below the checkpoint, in the stream's order */
  readonly #log: Entry[] = [];
  #held: Entry[] = [];
  #isStopped = false;
  #last = Promise.resolve();
  #next: Promise<void> | undefined;
  #onEmpty: (() => void)[] = [];
  /** why the last reading failed */
  failure: unknown;
  /** Everything up to this sequence number is dealt with, in this run or before. */
  checkpoint: string | undefined;

  constructor(options: StreamMappingOptions) {
    const { ParallelizationFactor, FilterCriteria } = options.mapping;
    const filters = FilterCriteria?.Filters.map(({ Pattern }) => compilePattern(JSON.parse(Pattern)));
    this.#options = options;
    this.checkpoint = options.reader.position;
    this.#matches = (record) => filters?.some((matches) => matches(record)) ?? true;
    this.#lanes = Array.from({ length: ParallelizationFactor }, () => ({
      queue: [],
      isRunning: false,
      onMore: () => {},
    }));
  }

  get table(): string {
    return this.#options.reader.table;
  }

  /** Reads to the present end; a reading that has not begun serves everybody who asks meanwhile. */
  read(): Promise<void> {
    this.#next ??= this.#last.then(() => {
      this.#next = undefined;
      return this.#readAll();
    });
    this.#last = this.#next;
    return this.#next;
  }

  /** Settles when everything written by now is dealt with: whether there was anything. Throws when it cannot be read. */
  async idle(): Promise<boolean> {
    const { reader } = this.#options;
    const [position, wasBusy] = [reader.position, this.#log.length > 0];
    await this.read();
    if (this.failure !== undefined) throw this.failure;
    if (this.#log.length > 0) await new Promise<void>((resolve) => this.#onEmpty.push(resolve));
    return wasBusy || reader.position !== position;
  }

  /** What was held back is looked at again. */
  release(): void {
    for (const entry of this.#held.splice(0)) this.#enqueue(entry);
  }

  stop(): void {
    this.#isStopped = true;
    for (const { onMore } of this.#lanes) onMore();
    for (const resolve of this.#onEmpty.splice(0)) resolve();
  }

  async #readAll(): Promise<void> {
    try {
      while (!this.#isStopped && this.#log.length < READ_AHEAD) {
        const records = await this.#options.reader.next();
        if (!records) break;
        const entries = records.map((record) => ({ record, item: itemOf(record), isSettled: !this.#matches(record) }));
        this.#log.push(...entries);
        for (const entry of entries) if (!entry.isSettled) this.#enqueue(entry);
      }
      this.failure = undefined;
      this.#moveCheckpoint();
    } catch (error) {
      this.failure = error;
    }
  }

  #enqueue(entry: Entry): void {
    const { faults, title } = this.#options;
    const isBehind = this.#held.some(({ item }) => item === entry.item);
    if (isBehind || faults.take({ function: title, records: [entry.record] }, ({ kind }) => kind === 'hold')) {
      this.#held.push(entry);
      return;
    }
    const lane = this.#lanes[Number.parseInt(entry.item.slice(0, 8), 16) % this.#lanes.length];
    lane?.queue.push(entry);
    lane?.onMore();
    if (lane && !lane.isRunning) void this.#run(lane);
  }

  async #run(lane: Lane): Promise<void> {
    lane.isRunning = true;
    while (lane.queue.length > 0 && !this.#isStopped) {
      await this.#options.gate();
      await this.#fill(lane);
      await this.#deliver(lane.queue.splice(0, this.#options.mapping.BatchSize));
    }
    lane.isRunning = false;
  }

  /** Waits until there is a whole batch, or the window has passed. */
  async #fill(lane: Lane): Promise<void> {
    const { BatchSize, MaximumBatchingWindowInSeconds } = this.#options.mapping;
    const end = performance.now() + MaximumBatchingWindowInSeconds * 1000;
    while (lane.queue.length < BatchSize && performance.now() < end && !this.#isStopped) {
      const { promise, resolve } = Promise.withResolvers<void>();
      lane.onMore = resolve;
      const timer = setTimeout(resolve, end - performance.now()).unref();
      await promise;
      clearTimeout(timer);
    }
  }

  async #deliver(entries: readonly Entry[]): Promise<void> {
    const bySequence = new Map(entries.map((entry) => [entry.record.dynamodb.SequenceNumber, entry]));
    const records = entries.map(({ record }) => record);
    await deliverBatch(records, this.#options.mapping, {
      invoke: (some) => this.#invoke(some),
      turn: async (retries) => {
        if (retries > 0) await sleep(Math.min(250, 5 * 2 ** retries), undefined, { ref: false });
        return !this.#isStopped;
      },
      settle: (some, failure) => {
        if (failure) this.#discard(some, failure);
        for (const { dynamodb } of some)
          Object.assign(bySequence.get(dynamodb.SequenceNumber) ?? {}, { isSettled: true });
        this.#moveCheckpoint();
      },
    });
  }

  async #invoke(records: readonly StreamRecord[]): Promise<InvocationResult> {
    const { faults, title, invoke, gate } = this.#options;
    await gate();
    const fault = faults.take({ function: title, records }, ({ kind }) => kind !== 'hold');
    if (fault?.kind === 'poison') return { error: { errorType: 'Error', errorMessage: 'a fault that was injected' } };
    if (fault?.kind === 'duplicate') await invoke({ Records: records });
    return invoke({ Records: records });
  }

  #discard(records: readonly StreamRecord[], failure: Failure): void {
    const { destination, log, title, reader } = this.#options;
    log(`${title} gave up ${records.length} stream records: ${failure.condition}`);
    const [first, last] = [records[0]?.dynamodb, records.at(-1)?.dynamodb];
    const instant = (seconds = 0) => new Date(seconds * 1000).toISOString();
    destination?.(failure, {
      DDBStreamBatchInfo: {
        shardId: reader.shardId,
        startSequenceNumber: first?.SequenceNumber,
        endSequenceNumber: last?.SequenceNumber,
        approximateArrivalOfFirstRecord: instant(first?.ApproximateCreationDateTime),
        approximateArrivalOfLastRecord: instant(last?.ApproximateCreationDateTime),
        batchSize: records.length,
        streamArn: reader.streamArn,
      },
    });
  }

  /** It stays before the first record that is not settled, however many after it are: a kill repeats, and loses none. */
  #moveCheckpoint(): void {
    if (this.#isStopped) return;
    const open = this.#log.findIndex(({ isSettled }) => !isSettled);
    const settled = this.#log.splice(0, open < 0 ? this.#log.length : open).at(-1);
    if (settled) {
      this.checkpoint = settled.record.dynamodb.SequenceNumber;
      this.#options.saveCheckpoint(this.checkpoint);
    }
    if (this.#log.length === 0) for (const resolve of this.#onEmpty.splice(0)) resolve();
  }
}

/** What Lambda keeps in order when batches of one shard are under way at the same time: the records of an item. */
function itemOf({ dynamodb: { Keys } }: StreamRecord): string {
  const keys = Object.entries(Keys).sort(([one], [other]) => one.localeCompare(other));
  return createHash('sha1').update(JSON.stringify(keys)).digest('hex');
}
