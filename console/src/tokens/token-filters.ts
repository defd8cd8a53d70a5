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
  const order = orders(nameOf)[String(sort.column)] ?? byInstant(({ created_at }) => created_at);
  const direction = sort.direction === 'descending' ? -1 : 1;
  return found.toSorted((a, b) => direction * order(a, b));
}

const collator = new Intl.Collator('en', { numeric: true });
/** The ends of what a Date can say, ms since the epoch. */
const [earliest, latest] = [-8.64e15, 8.64e15];
const folded = (text: string) => text.normalize('NFKC').toLowerCase();

type Order = (a: Token, b: Token) => number;

const byText =
  (textOf: (token: Token) => string): Order =>
  (a, b) =>
    collator.compare(textOf(a), textOf(b));

const byInstant =
  (instantOf: (token: Token) => string | number): Order =>
  (a, b) =>
    new Date(instantOf(a)).getTime() - new Date(instantOf(b)).getTime();

/** What never happens comes after everything that does; what has never happened, before. */
const orders = (nameOf: Wanted['nameOf']): Readonly<Record<string, Order>> => {
  const byCreator = byText(({ created_by }) => nameOf(created_by));
  const byCreation = byInstant(({ created_at }) => created_at);
  return {
    name: byText(({ name }) => name),
    expiry: byInstant(({ expires_at }) => expires_at ?? latest),
    last_used: byInstant(({ last_used_at }) => last_used_at ?? earliest),
    created: (a, b) => byCreation(a, b) || byCreator(a, b),
  };
};
