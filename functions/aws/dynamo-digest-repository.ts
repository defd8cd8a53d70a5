import type {
  Delivery,
  DigestRepository,
  DigestScene,
  Reachable,
  ReadDigest,
  TakenDigest,
} from '../notices/digest-repository.ts';
import type { DueDigest } from '../notices/notice-repository.ts';
import type { UsedToken } from '../tokens/token-repository.ts';
import { isSameData } from '../values/canonical-json.ts';
import { MalformedItem } from './decoded.ts';
import { dueAttributes, type Keys, keysOf, type Tables } from './keys.ts';
import { mostRows } from './membership.ts';
import { deliveryFrom, digestFrom, digestNoticeFrom } from './notice-items.ts';
import { keptMs, ttlAfter } from './retention.ts';
import { memberFrom, stackFrom } from './stack-items.ts';
import type { Item, Key } from './storage/expressions.ts';
import type { Reads } from './storage/reads.ts';
import type { Writes } from './storage/writes.ts';
import { tokenFrom } from './token-item.ts';
import { usageFrom } from './usage-item.ts';

const keysPerRead = 100;
/** More than the runs of a day can claim: one notice of each of 45 tokens every 15 minutes. */
const mostNotices = 10_000;

/** Digests and their deliveries in DynamoDB. */
export class DynamoDigestRepository implements DigestRepository {
  readonly #storage: Reads & Writes;
  readonly #keys: Keys;

  constructor(storage: Reads & Writes, tables: Tables) {
    this.#storage = storage;
    this.#keys = keysOf(tables);
  }

  async take({ stack, send_at, due_at }: DueDigest, until: Date): Promise<TakenDigest | null> {
    const key = this.#keys.digest(stack, send_at);
    const dueOf = (at: string) => dueAttributes(at, stack, send_at).due_at;
    const held = until.toISOString();
    const taken = await this.#storage.write({
      update: key,
      set: 'SET #state = :closed, #due_at = :until',
      // What is finished is out of the index, and is due at no instant.
      condition: '#due_at = :seen AND #state IN (:filling, :open, :closed)',
      values: {
        filling: 'filling',
        open: 'open',
        closed: 'closed',
        seen: dueOf(due_at),
        until: dueOf(held),
      },
    });
    // Read after it was closed: no notice is added to it any more.
    const digest = taken ? await this.#read(key) : null;
    return digest && { ...digest, due_at: held };
  }

  /** A digest with its notices, in the order in which they were claimed. */
  async #read({ table, pk, sk: prefix }: Key): Promise<ReadDigest | null> {
    const [row, ...rows] = await this.#storage.query({ table, pk, prefix, limit: mostNotices });
    const digest = digestFrom(row);
    const claimed = rows.flatMap((one) => digestNoticeFrom(one) ?? []);
    claimed.sort((a, b) => Date.parse(a.claimed_at) - Date.parse(b.claimed_at));
    const notices = claimed.map(({ claimed_at, ...notice }) => notice);
    return digest && { ...digest, notices: [...digest.notices, ...notices] };
  }

  async scene({ stack: key, send_at, notices }: ReadDigest): Promise<DigestScene | null> {
    const { table, pk } = this.#keys.stack(key);
    const members = (await this.#storage.query({ table, pk, prefix: 'MEMBER#', limit: mostRows })).flatMap(
      (item) => memberFrom(item) ?? [],
    );
    const deliveries = await this.#deliveriesOf(key, send_at);
    const uids = [...new Set(notices.map(({ token_uid }) => token_uid))];
    const keys = [
      this.#keys.stack(key),
      ...members.map(({ uid }) => this.#keys.person(uid)),
      ...uids.flatMap((uid) => [this.#keys.token(uid), this.#keys.lastUse(uid)]),
    ];
    const [stackItem, ...rows] = await this.#readAll(keys);
    const stack = stackFrom(stackItem);
    const people = members.map((member, index): Reachable => {
      const address = rows[index]?.email;
      return { ...member, address: typeof address === 'string' ? address : null };
    });
    const tokens = uids.flatMap((_, index) => {
      const at = members.length + 2 * index;
      return readable(rows[at], rows[at + 1]);
    });
    return stack && { stack, people, tokens, deliveries };
  }

  async record(delivery: Delivery, seen: Delivery | null): Promise<boolean> {
    const { stack, send_at, person, at } = delivery;
    const ttl = ttlAfter(at, keptMs.history);
    const key = this.#keys.delivery(stack, send_at, person);
    const recorded = await this.#storage.write({
      put: key,
      item: { ...delivery, ttl },
      condition: seen ? '#state = :was AND #tries = :tried' : 'attribute_not_exists(#pk)',
      ...(seen ? { values: { was: seen.state, tried: seen.tries } } : {}),
    });
    // An earlier try of this very write may have been carried out, and only its answer lost.
    if (recorded) return true;
    const [stored] = await this.#storage.read([key]);
    return isSameData(deliveryFrom(stored), delivery);
  }

  async finish(digest: DueDigest, state: Parameters<DigestRepository['finish']>[1]): Promise<void> {
    const ttl = ttlAfter(digest.send_at, keptMs.history);
    await this.#settle(digest, {
      set: 'SET #state = :state, #ttl = :ttl REMOVE #due_shard, #due_at',
      values: { state, ttl },
    });
  }

  async postpone(digest: DueDigest, until: string): Promise<void> {
    const { due_at } = dueAttributes(until, digest.stack, digest.send_at);
    await this.#settle(digest, { set: 'SET #due_at = :until', values: { until: due_at } });
  }

  /** On condition that nobody has taken it since: what a run writes late is nothing to the next one. */
  async #settle({ stack, send_at, due_at }: DueDigest, { set, values }: { set: string; values: Item }): Promise<void> {
    await this.#storage.write({
      update: this.#keys.digest(stack, send_at),
      set,
      condition: '#state = :closed AND #due_at = :held',
      values: { ...values, closed: 'closed', held: dueAttributes(due_at, stack, send_at).due_at },
    });
  }

  async #deliveriesOf(stack: string, sendAt: string): Promise<readonly Delivery[]> {
    const { table, pk, sk: prefix } = this.#keys.delivery(stack, sendAt, '');
    const items = await this.#storage.query({ table, pk, prefix, limit: mostRows });
    return items.flatMap((item) => deliveryFrom(item) ?? []);
  }

  async #readAll(keys: Parameters<Reads['read']>[0]): ReturnType<Reads['read']> {
    const rows: Awaited<ReturnType<Reads['read']>> = [];
    for (let from = 0; from < keys.length; from += keysPerRead)
      rows.push(...(await this.#storage.read(keys.slice(from, from + keysPerRead))));
    return rows;
  }
}

/** One whose rows are not as they should be is left out: the sweep tells of it, and it holds up no other's mail. */
function readable(row: Item | null | undefined, lastUse: Item | null | undefined): UsedToken[] {
  try {
    const token = tokenFrom(row);
    return token ? [{ token, ...usageFrom(lastUse) }] : [];
  } catch (error) {
    if (error instanceof MalformedItem) return [];
    throw error;
  }
}
