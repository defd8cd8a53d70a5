import type { SortDescriptor } from 'react-aria-components';
import type { Token } from '../api/tokens.ts';

export const filters = {
  all: 'All tokens',
  expiring: 'Expiring',
  expired: 'Expired',
  never_expires: 'Never expires',
  never_used: 'Never used',
} as const;
export type Filter = keyof typeof filters;

export const isFilter = (name: unknown): name is Filter => typeof name === 'string' && Object.hasOwn(filters, name);

const passes: Record<Filter, (token: Token) => boolean> = {
  all: () => true,
  expiring: ({ status }) => status === 'expiring',
  expired: ({ status }) => status === 'expired',
  never_expires: ({ expires_at }) => expires_at === null,
  never_used: ({ last_used_at }) => last_used_at === null,
};

interface Wanted {
  readonly filter: Filter;
  /** In name, description, uid or the last four characters of the value. */
  readonly search: string;
  readonly sort: SortDescriptor;
  readonly nameOf: (uid: string) => string;
}

/** The tokens that are wanted, in the order that is wanted. */
export function tokensWanted(tokens: readonly Token[], { filter, search, sort, nameOf }: Wanted): readonly Token[] {
  const needle = folded(search.trim());
  const found = tokens.filter(
    (token) =>
      passes[filter](token) &&
      [token.name, token.description, token.uid, token.hint].some((text) => folded(text).includes(needle)),
  );
  const keyOf = keys(nameOf)[String(sort.column)] ?? (({ created_at }) => created_at);
  const direction = sort.direction === 'descending' ? -1 : 1;
  return found.toSorted((a, b) => direction * collator.compare(keyOf(a), keyOf(b)));
}

const collator = new Intl.Collator('en', { numeric: true });
const folded = (text: string) => text.normalize('NFKC').toLowerCase();

/** What never happens comes after everything that does. */
const never = '~';

const keys = (nameOf: Wanted['nameOf']): Readonly<Record<string, (token: Token) => string>> => ({
  name: ({ name }) => name,
  expiry: ({ expires_at }) => expires_at ?? never,
  last_used: ({ last_used_at }) => last_used_at ?? '',
  created: ({ created_at, created_by }) => `${created_at} ${nameOf(created_by)}`,
});
