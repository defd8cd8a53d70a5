import type { SessionEpoch, SessionPage, SessionRepository } from '../sessions/session-repository.ts';
import type { Session } from '../verification/session.ts';
import { type Keys, keysOf, sessionPartition, type Tables } from './keys.ts';
import { ttlAfter } from './retention.ts';
import { sessionEpochFrom, sessionFrom } from './session-items.ts';
import { backoff, type StorageOptions } from './storage/answers.ts';
import type { BatchDeletes } from './storage/batch-deletes.ts';
import type { Item } from './storage/expressions.ts';
import type { Reads } from './storage/reads.ts';
import type { Writes } from './storage/writes.ts';

const mostOpenings = 3;
const longestPausesMs = 1000;
const exists = 'attribute_exists(#pk)';

/** What each door needs of storage differs: one that only opens and ends sessions is given no batch deletes. */
type SessionStorage = Reads & Writes & Partial<BatchDeletes>;

/** Live sessions in DynamoDB; an ended one has no row. */
export class DynamoSessionRepository implements SessionRepository {
  readonly #storage: SessionStorage;
  readonly #keys: Keys;
  readonly #table: string;
  readonly #options: StorageOptions;

  constructor(storage: SessionStorage, tables: Tables, options: StorageOptions) {
    this.#storage = storage;
    this.#keys = keysOf(tables);
    this.#table = tables.sessions;
    this.#options = options;
  }

  /**
   * Storage may carry out a put long after we gave it up, and then its session may be over. So each put is sent once, and a further
   * attempt is another session: what arrives late has a value that nobody was given.
   */
  async open<M extends { readonly session: Session }>(mint: () => M): Promise<M> {
    const pauses = backoff(this.#options, longestPausesMs);
    const abandoned: Session[] = [];
    try {
      for (let attempt = 1; attempt <= mostOpenings; attempt += 1) {
        const minted = mint();
        try {
          if (await this.#put(minted.session)) return minted;
        } catch (error) {
          abandoned.push(minted.session);
          if (attempt === mostOpenings) throw error;
          await pauses();
        }
      }
      throw new Error('Other sessions had the uids of all attempts.');
    } finally {
      await this.#tidy(abandoned);
    }
  }

  /** @returns false where another session of the token has the uid */
  #put(session: Session): Promise<boolean> {
    const put = this.#keys.session(session.token_uid, session.uid);
    // TTL only tidies what nobody ended: the judge compares the instant.
    const item = { ...session, ttl: ttlAfter(session.expires_at) };
    return this.#storage.write({ put, item, condition: 'attribute_not_exists(#pk)', isSentOnce: true });
  }

  /** Where only the answer was lost, the row is there, and would be listed as live. What arrives later stays listed: nobody has its value. */
  async #tidy(abandoned: readonly Session[]): Promise<void> {
    await Promise.allSettled(abandoned.map(({ token_uid, uid }) => this.end(token_uid, uid)));
  }

  async end(token: string, uid: string): Promise<boolean> {
    return await this.#storage.write({ delete: this.#keys.session(token, uid), condition: exists });
  }

  page(page: SessionPage): Promise<readonly Session[]> {
    return this.#page(page, sessionFrom);
  }

  epochs(page: SessionPage): Promise<readonly SessionEpoch[]> {
    return this.#page(page, sessionEpochFrom, 'uid, epoch');
  }

  async #page<T>({ token, shard, after, limit }: SessionPage, from: (item: Item) => T | null, only?: string) {
    const range = { table: this.#table, pk: sessionPartition(token, shard), limit, after, only };
    return (await this.#storage.query(range)).flatMap((item) => from(item) ?? []);
  }

  async deleteAll(token: string, uids: readonly string[]): Promise<void> {
    if (!this.#storage.deleteAll) throw new Error('This function was given no batch deletes.');
    await this.#storage.deleteAll(uids.map((uid) => this.#keys.session(token, uid)));
  }
}
