import { secondMs } from '../values/duration.ts';
import type { RateWindows, WindowUse } from '../verification/rate-windows.ts';
import { type Keys, keysOf, type Tables } from './keys.ts';
import { keptMs } from './retention.ts';
import type { Writes } from './storage/writes.ts';

/** Aligned windows in DynamoDB: one conditional write a use, so that no number of instances admits more than the limit. */
export class DynamoRateWindows implements RateWindows {
  readonly #writes: Writes;
  readonly #keys: Keys;

  constructor(writes: Writes, tables: Tables) {
    this.#writes = writes;
    this.#keys = keysOf(tables);
  }

  async admit({ of, kind, seconds, limit, now }: WindowUse): Promise<{ remaining: number } | null> {
    const start = Math.floor(now.getTime() / secondMs / seconds) * seconds;
    const used = await this.#writes.increment({
      update: this.#keys.window(of, kind, start),
      set: 'SET #ttl = :ttl ADD #used :one',
      condition: 'attribute_not_exists(#used) OR #used < :limit',
      values: { ttl: start + seconds + keptMs.rateWindow / secondMs, one: 1, limit },
      count: 'used',
    });
    return used === null ? null : { remaining: limit - used };
  }
}
