import { minuteMs } from '../values/duration.ts';
import { hourOf } from '../values/last-use.ts';
import type { UsageRepository, Use } from '../verification/usage.ts';
import { type Keys, keysOf, type Tables } from './keys.ts';
import { keptMs, ttlAfter } from './retention.ts';
import type { Writes } from './storage/writes.ts';
import { neverUsedAt } from './usage-item.ts';

const week = 7 * 24;
/** Hours that nobody asks for any more are removed while the token is used: so many of those before the last week. */
const tidiedHours = 48;

/** Uses of tokens in DynamoDB: an item a token, with a count of used minutes for each hour. */
export class DynamoUsageRepository implements UsageRepository {
  readonly #writes: Writes;
  readonly #keys: Keys;

  constructor(writes: Writes, tables: Tables) {
    this.#writes = writes;
    this.#keys = keysOf(tables);
  }

  async recordUse({ token, at, client, remote_addr }: Use): Promise<void> {
    const hour = hourOf(at);
    const old = Array.from({ length: tidiedHours }, (_, index) => `#h${hour - week - index}`);
    await this.#writes.write({
      update: this.#keys.lastUse(token.uid),
      set: `SET #at = :at, #client = :client, #remote_addr = :remote, #ttl = :ttl, #h${hour} = if_not_exists(#h${hour}, :none) + :one REMOVE ${old.join(', ')}`,
      // The first instance to tell of a minute counts it; who comes later, or late, changes nothing.
      condition: 'attribute_not_exists(#at) OR #at < :minute',
      values: {
        at: at.toISOString(),
        client,
        remote: remote_addr,
        none: 0,
        one: 1,
        minute: startOfMinute(at),
        ttl: ttlAfter(at.toISOString(), keptMs.history),
      },
    });
  }

  async recordRefusal({ token, at }: Use): Promise<void> {
    await this.#writes.write({
      update: this.#keys.lastUse(token.uid),
      set: 'SET #refused_at = :at, #ttl = :ttl, #at = if_not_exists(#at, :never), #client = if_not_exists(#client, :nobody), #remote_addr = if_not_exists(#remote_addr, :nobody)',
      condition: 'attribute_not_exists(#refused_at) OR #refused_at < :minute',
      values: {
        at: at.toISOString(),
        minute: startOfMinute(at),
        ttl: ttlAfter(at.toISOString(), keptMs.history),
        never: neverUsedAt,
        nobody: '',
      },
    });
  }

  /** Only a count, which a late write may raise twice: who called, and when, is told once an hour. */
  async recordDeadCalls({ token, at }: Use, calls: number): Promise<number> {
    const all = await this.#writes.increment({
      update: this.#keys.deadUse(token.uid),
      set: 'SET #ttl = if_not_exists(#ttl, :ttl) ADD #calls :calls',
      values: { calls, ttl: ttlAfter(at.toISOString(), keptMs.history) },
      count: 'calls',
    });
    return all ?? calls;
  }

  async tellOfDeadCalls({ token, at, client, remote_addr }: Use, calls: number): Promise<void> {
    const { uid: token_uid, version: token_version, epoch, api_key, name } = token;
    const instant = at.toISOString();
    // The table's stream tells of it; the row of an hour is put once, so it is told once.
    await this.#writes.write({
      put: this.#keys.ghost(token_uid, instant.slice(0, 13)),
      item: {
        token_uid,
        token_version,
        epoch,
        api_key,
        name,
        at: instant,
        client,
        remote_addr,
        calls,
        ttl: ttlAfter(instant, keptMs.deadCall),
      },
      condition: 'attribute_not_exists(#pk)',
    });
  }
}

function startOfMinute(at: Date): string {
  return new Date(Math.floor(at.getTime() / minuteMs) * minuteMs).toISOString();
}
