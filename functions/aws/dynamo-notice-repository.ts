import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type {
  Claim,
  ClaimOutcome,
  Due,
  DueTokens,
  NoticeRepository,
  UnreadableToken,
} from '../notices/notice-repository.ts';
import type { NextAction, Token } from '../tokens/token.ts';
import type { UsedToken } from '../tokens/token-repository.ts';
import { type DuePage, dueIn, dueShards, isReceipt, under } from './due-index.ts';
import { lastUseFrom, MalformedItem, stackFrom, tokenFrom } from './items.ts';
import { dueAttributes, type Keys, keysOf, type Tables } from './keys.ts';
import type { Reads } from './reads.ts';
import type { Step, Transactions } from './transactions.ts';
import type { Writes } from './writes.ts';

const pageSize = 100;
/** With their last uses they are one batch read. */
const tokensPerRead = 50;
/** Notices stay as long as anybody may ask what was told. */
const keptMs = 400 * 86_400_000;

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
          if (token) found.push({ token, lastUse: lastUseFrom(rows[2 * index + 1]) });
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

  async claim({ token, notice, next, digest }: Claim): Promise<ClaimOutcome> {
    const { token_uid, expires_at, threshold, claimed_at } = notice;
    const ttl = Math.ceil((Date.parse(claimed_at) + keptMs) / 1000);
    const key = this.#keys.notice(token_uid, expires_at, threshold);
    const outcome = await this.#storage.transact([
      this.#rearming(token, next),
      { put: key, item: { ...notice, ...digest, ttl }, condition: 'attribute_not_exists(#pk)' },
      this.#addition(digest, { token_uid, expires_at, threshold }),
    ]);
    if (!outcome) return 'claimed';
    const [isChanged, isClaimed] = outcome.map(({ failed }) => failed);
    return isChanged ? 'changed' : isClaimed ? 'claimed-before' : 'digest-closed';
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
    const values = { deleted: 'deleted', was: due_at, now: `${now.toISOString()}~` };
    const condition = '#state <> :deleted AND #due_at = :was AND #due_at <= :now';
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
      condition: '#state <> :deleted AND #version = :seen AND #due_at = :was AND #armed_under = :armed',
      values: {
        deleted: 'deleted',
        seen: version,
        was: next && dueAttributes(next.at, uid, uid).due_at,
        armed: armed_under,
      },
    };
  }

  /** A digest is opened by its first notice, and takes no more once it is closed. */
  #addition({ stack, send_at }: Claim['digest'], notice: Readonly<Record<string, unknown>>): Step {
    return {
      update: this.#keys.digest(stack, send_at),
      set: 'SET #stack = :stack, #send_at = :send_at, #state = :open, #due_shard = :due_shard, #due_at = :due_at, #notices = list_append(if_not_exists(#notices, :none), :notice)',
      condition: 'attribute_not_exists(#pk) OR #state = :open',
      values: { stack, send_at, open: 'open', none: [], notice: [notice], ...dueAttributes(send_at, stack, send_at) },
    };
  }
}
