import type * as z from 'zod/mini';

/**
 * What happens to a field beside being stored: `shown` in the API's answers, `edited` by people, `audited` where a change of it stands
 * in the audit log.
 */
export type Use = 'shown' | 'edited' | 'audited';

interface Field<S extends z.ZodMiniType = z.ZodMiniType, U extends Use = Use> {
  readonly stored: S;
  readonly uses: readonly U[];
}

/** An entity's fields: each is declared once, and its item, its type, its view and its audited changes follow from that. */
export type Shape = Readonly<Record<string, Field>>;

/**
 * Declares a field. One that stored items may lack is `z._default` or `z.exactOptional`.
 * @param stored accepts everything that any version may have stored: what people may send has rules of its own, in another file
 */
// @__NO_SIDE_EFFECTS__
export function field<S extends z.ZodMiniType, const U extends Use = never>(stored: S, ...uses: U[]): Field<S, U> {
  return { stored, uses };
}

/** The names of the fields that have a use. */
export type NameOf<F extends Shape, U extends Use> = {
  [N in keyof F]: U extends F[N]['uses'][number] ? N : never;
}[keyof F] &
  string;

type Schemas<F extends Shape, N extends keyof F> = { readonly [K in N]: F[K]['stored'] };

/** The names of the fields that have a use, in the order of their declaration. */
// @__NO_SIDE_EFFECTS__
export function namesOf<const F extends Shape, U extends Use>(shape: F, use: U): readonly NameOf<F, U>[] {
  return Object.keys(shape).filter((name): name is NameOf<F, U> => shape[name]?.uses.includes(use) === true);
}

/** The schemas of all fields, for `z.object`. */
// @__NO_SIDE_EFFECTS__
export function storedIn<const F extends Shape>(shape: F): Schemas<F, keyof F> {
  return Object.fromEntries(Object.entries(shape).map(([name, { stored }]) => [name, stored])) as Schemas<F, keyof F>;
}

/** The schemas of the fields that are shown, in the order of their declaration, for `z.object`. */
// @__NO_SIDE_EFFECTS__
export function shownIn<const F extends Shape>(shape: F): Schemas<F, NameOf<F, 'shown'>> {
  const names = namesOf(shape, 'shown');
  return Object.fromEntries(names.map((name) => [name, shape[name]?.stored])) as Schemas<F, NameOf<F, 'shown'>>;
}

/** What a stored schema yields, read-only throughout. */
export type Deep<T> = T extends string | number | boolean | null | undefined
  ? T
  : T extends readonly (infer E)[]
    ? readonly Deep<E>[]
    : { readonly [K in keyof T]: Deep<T[K]> };

/** The value that a schema of stored data yields. */
export type Stored<S extends z.ZodMiniType> = Deep<z.output<S>>;

type Optional<F extends Shape, N extends keyof F> = {
  [K in N]: F[K]['stored'] extends z.ZodMiniExactOptional ? K : never;
}[N];

/** An entity as the core has it: of all its fields, or of those named. */
export type Entity<F extends Shape, N extends keyof F = keyof F> = {
  readonly [K in Exclude<N, Optional<F, N>>]: Stored<F[K]['stored']>;
} & { readonly [K in Optional<F, N>]?: Stored<F[K]['stored']> };
