import * as z from 'zod/mini';
import type { UsedToken } from '../tokens/token-repository.ts';
import type { LastUse } from '../values/last-use.ts';

import { decoded } from './decoded.ts';
import type { Item } from './storage/expressions.ts';

const LastUseItem = z.catchall(
  z.object({
    at: z.string(),
    client: z.string(),
    remote_addr: z.string(),
    refused_at: z._default(z.nullable(z.string()), null),
  }),
  z.unknown(),
);
/** Stands for a use in the row of a token that was refused and never used: earlier versions do not read a row without one. */
export const neverUsedAt = '1970-01-01T00:00:00.000Z';

/** What is known of a token's calls. */
type Usage = Pick<UsedToken, 'lastUse' | 'lastRefusedAt'>;

/** When a token was used last, and refused last: one row has both, and a token may have only one of them. */
const usageOf = /* @__PURE__ */ decoded(
  LastUseItem,
  (item): Usage => ({ lastUse: lastUseOf(item), lastRefusedAt: item.refused_at }),
);
export const usageFrom = (item: Item | null | undefined): Usage =>
  usageOf(item) ?? { lastUse: null, lastRefusedAt: null };

/** Used minutes are attributes of their own, `h` and the hour: so they are counted in the write that tells of the use. */
function lastUseOf({ at, client, remote_addr, ...rest }: z.output<typeof LastUseItem>): LastUse | null {
  if (at === neverUsedAt) return null;
  const hours = Object.entries(rest).flatMap(([name, minutes]): [number, number][] =>
    /^h\d+$/.test(name) ? [[Number(name.slice(1)), Number(minutes)]] : [],
  );
  return { at, client, remote_addr, hours: new Map(hours) };
}
