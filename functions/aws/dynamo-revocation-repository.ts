import type {
  FoundRevocation,
  RevocationRepository,
  RevocationSummary,
  RunningReceipt,
  ShardProgress,
} from '../sessions/revocation-repository.ts';
import { nextTry } from '../tokens/revocation.ts';
import type { Token } from '../tokens/token.ts';
import { dueAttributes, type Keys, keysOf, type Tables } from './keys.ts';
import { progressFrom, receiptFrom } from './receipt-items.ts';
import { keptMs, ttlAfter } from './retention.ts';
import type { Key } from './storage/expressions.ts';
import type { Reads } from './storage/reads.ts';
import type { Writes } from './storage/writes.ts';
import { tokenFrom } from './token-item.ts';

const notCompleted = '#state <> :completed';
/** Only the first round says how long it was waited for. */
const firstWait = '#waited_ms = if_not_exists(#waited_ms, :waited_ms)';
/** More revocations of one token than these do not come within the difference of two clocks. */
const mostAtOnce = 10;

/** Receipts and their progress in DynamoDB, beside their token. */
export class DynamoRevocationRepository implements RevocationRepository {
  readonly #storage: Reads & Writes;
  readonly #keys: Keys;

  constructor(storage: Reads & Writes, tables: Tables) {
    this.#storage = storage;
    this.#keys = keysOf(tables);
  }

  async find(token: string, operation: string): Promise<FoundRevocation | null> {
    const [[tokenItem, receiptItem], progress] = await Promise.all([
      this.#storage.read([this.#keys.token(token), this.#keys.receipt(token, operation)]),
      this.#progress(token, operation),
    ]);
    const [found, receipt] = [tokenFrom(tokenItem), receiptFrom(receiptItem)];
    return found && receipt ? { token: found, receipt, progress } : null;
  }

  async latest(token: Token): Promise<FoundRevocation | null> {
    const { table, pk, sk: prefix } = this.#keys.receipt(token.uid, '');
    const range = { table, pk, prefix, newestFirst: true, limit: mostAtOnce };
    const receipts = (await this.#storage.query(range)).flatMap((item) => receiptFrom(item) ?? []);
    // The keys sort by the clocks of different instances, which differ. Each revocation raised the epoch, which tells for certain.
    const [receipt] = receipts.sort((a, b) => (b.epoch ?? 0) - (a.epoch ?? 0));
    return receipt ? { token, receipt, progress: await this.#progress(token.uid, receipt.operation) } : null;
  }

  async #progress(token: string, operation: string): Promise<readonly ShardProgress[]> {
    const { table, pk, sk: prefix } = this.#keys.progress(token, operation, '');
    return (await this.#storage.query({ table, pk, prefix, limit: 16 })).flatMap((item) => progressFrom(item) ?? []);
  }

  async advance(
    receipt: RunningReceipt,
    { shard, from, upto, ended, last }: Parameters<RevocationRepository['advance']>[1],
  ): Promise<boolean> {
    return await this.#storage.write({
      update: this.#keys.progress(receipt.token_uid, receipt.operation, shard),
      set: 'SET #upto = :upto, #last = :last, #shard = :shard, #ttl = :ttl ADD #ended :ended',
      // `from` as the answer to a try that was lost would be `upto`: nothing is counted twice, the round only ends early.
      condition: from === '' ? 'attribute_not_exists(#upto)' : '#upto = :from',
      values: { upto, last, shard, ended, ttl: ttlOf(receipt), ...(from === '' ? {} : { from }) },
    });
  }

  async clear(
    receipt: RunningReceipt,
    { shard, cleared }: Parameters<RevocationRepository['clear']>[1],
  ): Promise<void> {
    await this.#storage.write({
      update: this.#keys.progress(receipt.token_uid, receipt.operation, shard),
      set: 'SET #cleared = :cleared, #shard = :shard, #ttl = :ttl',
      condition: 'attribute_not_exists(#cleared) OR #cleared < :cleared',
      values: { cleared, shard, ttl: ttlOf(receipt) },
    });
  }

  async continueRevocation(
    receipt: RunningReceipt,
    { tidied, waited_ms, at }: Parameters<RevocationRepository['continueRevocation']>[1],
  ): Promise<void> {
    await this.#next(receipt, {
      at,
      set: `#tidied = list_append(if_not_exists(#tidied, :empty), :tidied), ${firstWait}`,
      values: { empty: [], tidied, waited_ms },
    });
  }

  async again(receipt: RunningReceipt, at: Date): Promise<boolean> {
    return await this.#next(receipt, { at });
  }

  /** Sets the receipt running, which the stream takes for another round. */
  async #next(
    receipt: RunningReceipt,
    { at, set, values }: { at: Date; set?: string; values?: Readonly<Record<string, unknown>> },
  ): Promise<boolean> {
    const { condition, values: seen } = asSeen(receipt);
    return await this.#storage.write({
      update: this.#key(receipt),
      set: `SET #state = :running, #rounds = :next, #due_shard = :due_shard, #due_at = :due_at${set ? `, ${set}` : ''}`,
      condition,
      values: { running: 'running', next: receipt.rounds + 1, ...dueOf(receipt, at), ...values, ...seen },
    });
  }

  async markStuck(
    receipt: RunningReceipt,
    { reason, waited_ms, at }: Parameters<RevocationRepository['markStuck']>[1],
  ): Promise<void> {
    const { condition, values: seen } = asSeen(receipt);
    await this.#storage.write({
      update: this.#key(receipt),
      set: `SET #state = :stuck, #stuck_because = :reason, #due_shard = :due_shard, #due_at = :due_at, ${firstWait}`,
      condition,
      values: { stuck: 'stuck', reason, waited_ms, ...dueOf(receipt, at), ...seen },
    });
  }

  async complete(receipt: RunningReceipt, summary: RevocationSummary): Promise<void> {
    await this.#storage.write({
      update: this.#key(receipt),
      set: 'SET #state = :completed, #summary = :summary, #ttl = :ttl REMOVE #due_shard, #due_at, #tidied, #stuck_because',
      condition: notCompleted,
      values: { completed: 'completed', summary, ttl: ttlOf(receipt) },
    });
  }

  #key({ token_uid, operation }: RunningReceipt): Key {
    return this.#keys.receipt(token_uid, operation);
  }
}

/**
 * The receipt is in the round in which it was read. Each round has its number, so that a write of an earlier one that comes late, or
 * twice, changes nothing.
 */
function asSeen({ rounds }: RunningReceipt) {
  const isInRound = rounds === 0 ? 'attribute_not_exists(#rounds)' : '#rounds = :round';
  const values = { completed: 'completed', ...(rounds === 0 ? {} : { round: rounds }) };
  return { condition: `${notCompleted} AND ${isInRound}`, values };
}

const dueOf = ({ token_uid, operation }: RunningReceipt, at: Date) =>
  dueAttributes(nextTry(at).toISOString(), token_uid, operation);

/** From the same instant as a token's tombstone. Progress has it from the beginning: no revocation takes that long, and what completes one need not write to all of them. */
const ttlOf = ({ refused_from }: RunningReceipt) => ttlAfter(refused_from, keptMs.history);
