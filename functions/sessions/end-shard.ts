import { type EventPublisher, eventOf, type TokenwardEvent } from '../events/catalogue.ts';
import type { Token } from '../tokens/token.ts';
import type { RevocationRepository, RunningReceipt, ShardProgress } from './revocation-repository.ts';
import type { SessionRepository } from './session-repository.ts';

/** What the shards of one round have in common. */
export interface ShardsRound {
  readonly sessions: SessionRepository;
  readonly revocations: RevocationRepository;
  readonly publisher: EventPublisher;
  readonly receipt: RunningReceipt;
  readonly token: Pick<Token, 'version' | 'epoch'>;
  /** Whether the round gives way to others. */
  readonly isOver: () => boolean;
  /** So many sessions were told and counted. */
  readonly onCounted: (sessions: number) => void;
  /** The rows of so many that were counted are gone. */
  readonly onGone: (sessions: number) => void;
}

/** So many rows are read, told, recorded and deleted together: a record for each hundred costs more than their deletes. */
const pageSize = 250;
const mostPerEvent = 100;

interface Page {
  /** What this operation ends, in order. */
  readonly doomed: readonly string[];
  /** How many rows there are besides. */
  readonly kept: number;
  readonly end: string;
  readonly isLast: boolean;
}

/** One shard in one round: its pages, from where earlier rounds have cleared it. */
export class EndShard {
  readonly #round: ShardsRound;
  readonly #shard: string;
  #upto: string;
  #cleared: string;
  /** Sessions were told of, and not yet that no other follows. */
  #isOpen: boolean;
  #kept = 0;

  constructor(round: ShardsRound, { shard, upto, cleared, last }: ShardProgress) {
    this.#round = round;
    this.#shard = shard;
    this.#upto = upto;
    this.#cleared = cleared;
    this.#isOpen = upto !== '' && !last;
  }

  /** @returns whether nothing is left in it that this operation ends */
  async run(): Promise<boolean> {
    const isDone = await this.#endPages();
    // Where all was ended there is nothing to pass by again; what was kept could fill every round to come.
    if (this.#kept > 0)
      await this.#round.revocations.clear(this.#round.receipt, { shard: this.#shard, cleared: this.#cleared });
    return isDone;
  }

  async #endPages(): Promise<boolean> {
    const { sessions, receipt, isOver, onGone } = this.#round;
    while (!isOver()) {
      const page = await this.#read();
      const counted = await this.#tell(page);
      // Another round has overtaken this one here.
      if (counted === null) return false;
      await sessions.deleteAll(receipt.token_uid, page.doomed);
      onGone(counted);
      if (page.isLast) return true;
      this.#kept += page.kept;
      this.#cleared = page.end;
    }
    return false;
  }

  /** A page and one more where there is one: that says whether the page is the last. */
  async #read(): Promise<Page> {
    const { sessions, receipt } = this.#round;
    const after = this.#cleared === '' ? {} : { after: this.#cleared };
    const wanted = { token: receipt.token_uid, shard: this.#shard, limit: pageSize + 1, ...after };
    const found = await sessions.epochs(wanted);
    const rows = found.slice(0, pageSize);
    // A deleted token's sessions are all over; otherwise those that were opened before the epoch was raised.
    const doomed = rows.filter(({ epoch }) => receipt.epoch === null || epoch < receipt.epoch).map(({ uid }) => uid);
    const [kept, isLast] = [rows.length - doomed.length, rows.length === found.length];
    return { doomed, kept, isLast, end: rows.at(-1)?.uid ?? this.#cleared };
  }

  /**
   * Published before it is recorded, and recorded before it is deleted: a crash in between repeats, and loses nothing.
   * @returns how many sessions it counted, or null where it is not for this round to count them
   */
  async #tell({ doomed, isLast }: Page): Promise<number | null> {
    const { publisher, revocations, receipt, onCounted } = this.#round;
    const [shard, from] = [this.#shard, this.#upto];
    const untold = doomed.filter((uid) => uid > from);
    const events = this.#events(untold, isLast);
    if (events.length === 0) return 0;
    await publisher.publish(events);
    const upto = untold.at(-1) ?? from;
    const progress = { shard, from, upto, ended: untold.length, last: isLast };
    if (!(await revocations.advance(receipt, progress))) return null;
    [this.#upto, this.#isOpen] = [upto, !isLast];
    onCounted(untold.length);
    return untold.length;
  }

  #events(untold: readonly string[], isLast: boolean): TokenwardEvent[] {
    const { operation, token_uid, api_key, token_name: name, reason: cause, refused_from: time } = this.#round.receipt;
    const { version: token_version, epoch } = this.#round.token;
    const starts = Array.from({ length: Math.ceil(untold.length / mostPerEvent) }, (_, part) => part * mostPerEvent);
    const parts = starts.map((start) => untold.slice(start, start + mostPerEvent));
    // The rows that were to follow have gone by themselves, or are not to be ended.
    if (isLast && parts.length === 0 && this.#isOpen) parts.push([]);
    return parts.map((sessions, at) => {
      const last = isLast && at === parts.length - 1;
      const identity = [token_uid, operation, this.#shard, sessions[0] ?? 'last', sessions.at(-1) ?? this.#upto];
      const subject = { token_uid, api_key, name, token_version, epoch };
      const data = { ...subject, operation, cause, shard: this.#shard, sessions: [...sessions], last };
      return eventOf('sessions.revoked', { identity, time, data });
    });
  }
}
