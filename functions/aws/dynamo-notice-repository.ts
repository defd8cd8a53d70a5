import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { NextAction } from '../hygiene/schedule.ts';
import type {
  Claim,
  ClaimOutcome,
  Due,
  DueTokens,
  NoticeRepository,
  UnreadableToken,
} from '../notices/notice-repository.ts';
import type { Token } from '../tokens/token.ts';
import type { UsedToken } from '../tokens/token-repository.ts';
import { MalformedItem } from './decoded.ts';
import { dueAttributes, type Keys, keysOf, type Tables } from './keys.ts';
import { keptMs, ttlAfter } from './retention.ts';
import { stackFrom } from './stack-items.ts';
import { type DuePage, dueIn, dueShards, isReceipt, under } from './storage/due-index.ts';
import type { Reads } from './storage/reads.ts';
import type { Step, Transactions } from './storage/transactions.ts';
import type { Writes } from './storage/writes.ts';
import { tokenFrom } from './token-item.ts';
import { usageFrom } from './usage-item.ts';

const pageSize = 100;
/** With their last uses they are one batch read. */
const tokensPerRead = 50;

/** The claim of a notice: nobody has put one of this token, expiry and threshold before. */
const notClaimed = 'attribute_not_exists(#pk)';

/** What is due, and notices, in DynamoDB. The index is read as it is; everything else strongly, of base items. */
export class DynamoNoticeRepository implements NoticeRepository {
  readonly #client: Pick<DynamoDBClient, 'send'>;
  readonly #storage: Reads & Writes & Transactions;
  readonly #keys: Keys;
  readonly #table: string;

  constructor(client: Pick<DynamoDBClient, 'send'>, storage: Reads & Writes & Transactions, tables: Tables) {
    this.#client = client;
    this.#storage = storage;
    this.#table = tables.tokens;
    this.#keys = keysOf(tables);
  }

  async due(now: Date): Promise<Due> {
    const heads = await Promise.all(dueShards.map((shard) => this.#headOf(shard, now)));
    const entries = heads.flatMap((head) => head.entries);
    return {
      tokens: under('TOKEN#', entries).map(({ id }) => id),
      digests: under('DIGEST#', entries).map(({ id: stack, sk: send_at, at: due_at }) => ({ stack, send_at, due_at })),
      more: heads.some(({ next }) => next !== undefined),
    };
  }

  /** The first page that holds anything but receipts: however many of them are due, they hold up no token. */
  async #headOf(shard: string, now: Date): Promise<DuePage> {
    let from: DuePage['next'];
    for (;;) {
      const page = await dueIn(this.#client, { table: this.#table, shard, now, limit: pageSize, from });
      const entries = page.entries.filter(({ sk }) => !isReceipt(sk));
      if (entries.length > 0 || !page.next) return { ...page, entries };
      from = page.next;
    }
  }

  async tokens(uids: readonly string[]): Promise<DueTokens> {
    const found: UsedToken[] = [];
    const unreadable: UnreadableToken[] = [];
    for (let from = 0; from < uids.length; from += tokensPerRead) {
      const some = uids.slice(from, from + tokensPerRead);
      const rows = await this.#storage.read(some.flatMap((uid) => [this.#keys.token(uid), this.#keys.lastUse(uid)]));
      for (const [index, uid] of some.entries()) {
        try {
          const token = tokenFrom(rows[2 * index]);
          if (token) found.push({ token, ...usageFrom(rows[2 * index + 1]) });
        } catch (error) {
          if (!(error instanceof MalformedItem)) throw error;
          unreadable.push({ uid, due_at: String(rows[2 * index]?.due_at ?? ''), error });
        }
      }
    }
    return { found, unreadable };
  }

  async stack(key: string): ReturnType<NoticeRepository['stack']> {
    const [stackItem, count] = await this.#storage.read([this.#keys.stack(key), this.#keys.count(key)]);
    const stack = stackFrom(stackItem);
    const cleaned = Array.isArray(count?.cleaned) ? count.cleaned.map(String) : [];
    return stack && { stack, cleaned };
  }

  async claim(claim: Claim): Promise<ClaimOutcome> {
    const outcome = await this.#storage.transact([this.#filling(claim.digest), ...this.#claiming(claim)]);
    if (!outcome) return 'claimed';
    const [, isChanged, isClaimed] = outcome.map(({ failed }) => failed);
    return isChanged ? 'changed' : isClaimed ? 'claimed-before' : 'digest-closed';
  }

  async claimAll(claims: readonly Claim[]): Promise<boolean> {
    const [first] = claims;
    if (!first) return true;
    const steps = [this.#filling(first.digest), ...claims.flatMap((claim) => this.#claiming(claim))];
    return (await this.#storage.transact(steps)) === null;
  }

  async advance(token: Token, next: NextAction | null): Promise<boolean> {
    return await this.#storage.write(this.#rearming(token, next));
  }

  async postpone(token: Token, until: Date): Promise<boolean> {
    return token.next ? await this.#postpone(token.uid, { until, ...this.#asSeen(token) }) : false;
  }

  async postponeUnreadable(
    { uid, due_at }: UnreadableToken,
    { now, until }: { now: Date; until: Date },
  ): Promise<boolean> {
    const values = { deleted: 'deleted', dueAt: due_at, now: `${now.toISOString()}~` };
    const condition = '#state <> :deleted AND #due_at = :dueAt AND #due_at <= :now';
    return await this.#postpone(uid, { until, condition, values });
  }

  async #postpone(
    uid: string,
    { until, condition, values }: { until: Date; condition: string; values: Readonly<Record<string, unknown>> },
  ): Promise<boolean> {
    const { due_at } = dueAttributes(until.toISOString(), uid, uid);
    return await this.#storage.write({
      update: this.#keys.token(uid),
      set: 'SET #due_at = :until, #sweep_failures = if_not_exists(#sweep_failures, :none) + :one',
      condition,
      values: { ...values, until: due_at, none: 0, one: 1 },
    });
  }

  /** Neither version nor `updated_at` is the sweep's to change. */
  #rearming(token: Token, next: NextAction | null) {
    const { condition, values } = this.#asSeen(token);
    const update = this.#keys.token(token.uid);
    if (!next) {
      return { update, set: 'REMOVE #next_action, #due_shard, #due_at, #sweep_failures', condition, values };
    }
    const set = 'SET #next_action = :action, #due_shard = :due_shard, #due_at = :due_at REMOVE #sweep_failures';
    const due = dueAttributes(next.at, token.uid, token.uid);
    return { update, set, condition, values: { ...values, action: next.action, ...due } };
  }

  #asSeen({ uid, version, next, armed_under }: Token) {
    return {
      condition: '#state <> :deleted AND #version = :version AND #due_at = :dueAt AND #armed_under = :armedUnder',
      values: {
        deleted: 'deleted',
        version,
        dueAt: next && dueAttributes(next.at, uid, uid).due_at,
        armedUnder: armed_under,
      },
    };
  }

  /** The token's next action, the notice, and the notice's place in its digest. */
  #claiming({ token, notice, next, digest }: Claim): readonly Step[] {
    const { token_uid, expires_at, threshold, claimed_at } = notice;
    const ttl = ttlAfter(claimed_at, keptMs.history);
    const key = this.#keys.notice(token_uid, expires_at, threshold);
    return [
      this.#rearming(token, next),
      { put: key, item: { ...notice, ...digest, ttl }, condition: notClaimed },
      { put: this.#keys.noticeInDigest(digest, notice), item: { token_uid, expires_at, threshold, claimed_at, ttl } },
    ];
  }

  /**
   * A digest is opened by its first notice, and takes no more once it is closed. Its own row never grows, however many notices it has.
   * Earlier versions called a digest `open` that takes notices, and kept them in the row itself. They neither fill nor send one that is
   * `filling`, so that rolling back delays a mail and loses no notice.
   */
  #filling({ stack, send_at }: Claim['digest']): Step {
    return {
      update: this.#keys.digest(stack, send_at),
      set: 'SET #stack = :stack, #send_at = :send_at, #state = :filling, #due_shard = :due_shard, #due_at = :due_at',
      condition: 'attribute_not_exists(#pk) OR #state IN (:filling, :open)',
      values: { stack, send_at, filling: 'filling', open: 'open', ...dueAttributes(send_at, stack, send_at) },
    };
  }
}
