import type { LastUse, UsageRepository, Use } from '../sessions/usage.ts';
import type { Item } from './expressions.ts';
import { type Keys, keysOf, type Tables } from './keys.ts';
import type { Reads } from './reads.ts';
import type { Writes } from './writes.ts';

const hourMs = 3_600_000;
const week = 7 * 24;
/** Hours that nobody asks for any more are removed while the token is used: those of this many hours before the last week. */
const tidied = 48;

/** Uses of tokens in DynamoDB: an item a token, with a count of used minutes for each hour. */
export class DynamoUsageRepository implements UsageRepository {
  readonly #storage: Reads & Writes;
  readonly #keys: Keys;

  constructor(storage: Reads & Writes, tables: Tables) {
    this.#storage = storage;
    this.#keys = keysOf(tables);
  }

  async recordUse({ token, at, client, remote_addr }: Use): Promise<void> {
    const hour = Math.floor(at.getTime() / hourMs);
    const old = Array.from({ length: tidied }, (_, index) => `#h${hour - week - 24 - index}`);
    await this.#storage.write({
      update: this.#keys.lastUse(token),
      set: `SET #at = :at, #client = :client, #remote_addr = :remote, #h${hour} = if_not_exists(#h${hour}, :none) + :one REMOVE ${old.join(', ')}`,
      // The first instance to tell of a minute counts it; who comes later, or late, changes nothing.
      condition: 'attribute_not_exists(#at) OR #at < :minute',
      values: { at: at.toISOString(), client, remote: remote_addr, none: 0, one: 1, minute: startOfMinute(at) },
    });
  }

  async recordDeadUse({ token, at, remote_addr, client, calls }: Use & { calls: number }): Promise<void> {
    await this.#storage.write({
      update: this.#keys.deadUse(token),
      set: 'SET #at = :at, #client = :client, #remote_addr = :remote ADD #calls :calls',
      values: { at: at.toISOString(), client, remote: remote_addr, calls },
    });
    // The table's stream tells of it; the row of an hour is put once, so it is told once.
    const hour = at.toISOString().slice(0, 13);
    const ttl = Math.ceil(at.getTime() / 1000) + 7 * 86_400;
    await this.#storage.write({
      put: this.#keys.ghost(token, hour),
      item: { token_uid: token, at: at.toISOString(), client, remote_addr, calls, ttl },
      condition: 'attribute_not_exists(#pk)',
    });
  }

  async lastUses(tokens: readonly string[], now: Date): Promise<readonly (LastUse | null)[]> {
    const items = await this.#storage.read(tokens.map((token) => this.#keys.lastUse(token)));
    return items.map((item) => item && lastUseFrom(item, now));
  }
}

export function lastUseFrom(item: Item, now: Date): LastUse {
  const hour = Math.floor(now.getTime() / hourMs);
  const minutes = (hours: number) =>
    Object.entries(item).reduce((sum, [name, count]) => {
      const age = hour - Number(/^h(\d+)$/.exec(name)?.[1] ?? Number.NaN);
      return age >= 0 && age < hours ? sum + Number(count) : sum;
    }, 0);
  return { at: String(item.at), client: String(item.client), minutes: { day: minutes(24), week: minutes(week) } };
}

function startOfMinute(at: Date): string {
  return new Date(Math.floor(at.getTime() / 60_000) * 60_000).toISOString();
}
