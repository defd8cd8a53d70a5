/** What of the stored items a request changed, and what of that a refusal may change. */
import { isDeepStrictEqual } from 'node:util';
import type { Operator } from './operator.ts';

type Item = Readonly<Record<string, unknown>>;

/** An item that came, went or changed. */
export interface ItemChange {
  readonly before: Item | undefined;
  readonly after: Item | undefined;
}

/**
 * All that a refused request may leave behind: what is noted of it, and nothing of what it asked for. Whatever is not in this list is a
 * fault, and so is a line that nothing needs any more.
 */
export const mayBeLeftByRefusals: Readonly<Record<string, (change: ItemChange) => boolean>> = {
  'the audit entry of a deletion that was refused to an owner or admin': ({ before, after }) =>
    before === undefined && after?.outcome === 'refused' && after.event_type === 'delete',
  'when a token or session with a good value was used last': (change) => keyOf(change).startsWith('USED#'),
  'how many requests a token has made, where it is limited': (change) => keyOf(change).startsWith('WINDOW#'),
  'that somebody called with the value of a dead token': (change) => keyOf(change).startsWith('GHOST#'),
};

/** The reason for which a refusal may leave a change behind; undefined where it may not. */
export function reasonFor(change: ItemChange): string | undefined {
  return Object.entries(mayBeLeftByRefusals).find(([, mayBe]) => mayBe(change))?.[0];
}

export const keyOf = ({ before, after }: ItemChange): string => {
  const { pk, sk } = after ?? before ?? {};
  return `${pk} ${sk}`;
};

/** @returns the changes between two readings of the same items */
export function changesBetween(before: readonly Item[], after: readonly Item[]): readonly ItemChange[] {
  const keyed = (items: readonly Item[]) => new Map(items.map((item) => [`${item.pk} ${item.sk}`, item]));
  const [one, other] = [keyed(before), keyed(after)];
  return [...new Set([...one.keys(), ...other.keys()])]
    .map((key) => ({ before: one.get(key), after: other.get(key) }))
    .filter((change) => !isDeepStrictEqual(change.before, change.after));
}

/** Every change of every table while something runs. Nothing else may run meanwhile. */
export async function changesDuring(operator: Operator, run: () => Promise<unknown>): Promise<readonly ItemChange[]> {
  const stored = async () => Object.values(await operator.everything()).flat();
  const before = await stored();
  await run();
  return changesBetween(before, await stored());
}
