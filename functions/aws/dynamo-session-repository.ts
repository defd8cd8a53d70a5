import type { Session } from '../sessions/session.ts';
import type { SessionEpoch, SessionPage, SessionRepository } from '../sessions/session-repository.ts';
import type { BatchDeletes } from './batch-deletes.ts';
import type { Item } from './expressions.ts';
import { sessionEpochFrom, sessionFrom } from './items.ts';
import { type Keys, keysOf, sessionPartition, type Tables } from './keys.ts';
import type { Reads } from './reads.ts';
import type { Writes } from './writes.ts';

const second = 1000;
const exists = 'attribute_exists(#pk)';

/** What each door needs of storage differs: one that only opens and ends sessions is given no batch deletes. */
type SessionStorage = Reads & Writes & Partial<BatchDeletes>;

/** Live sessions in DynamoDB; an ended one has no row. */
export class DynamoSessionRepository implements SessionRepository {
  readonly #storage: SessionStorage;
  readonly #keys: Keys;
  readonly #table: string;

  constructor(storage: SessionStorage, tables: Tables) {
    this.#storage = storage;
    this.#keys = keysOf(tables);
    this.#table = tables.sessions;
  }

  async open(session: Session): Promise<void> {
    const key = this.#keys.session(session.token_uid, session.uid);
    // TTL only tidies what nobody ended: the judge compares the instant.
    const item = { ...session, ttl: Math.ceil(Date.parse(session.expires_at) / second) };
    const put = await this.#storage.write({ put: key, item, condition: 'attribute_not_exists(#pk)' });
    // Ours may have been put by an earlier try whose answer was lost, and may be over by now: what verifies next tells.
    if (!put && (await this.#isAnothers(session))) throw new Error(`The session uid ${session.uid} is taken.`);
  }

  async #isAnothers({ token_uid, uid, digest }: Session): Promise<boolean> {
    const [item] = await this.#storage.read([this.#keys.session(token_uid, uid)]);
    const there = sessionFrom(item);
    return there !== null && there.digest !== digest;
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
