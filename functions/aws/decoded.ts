import * as z from 'zod/mini';
import type { Item } from './storage/expressions.ts';

/** A state, a reason, an action, a role: a newer version may have stored one that is not known here. It is read as it is. */
export const open = z.string();

/** A malformed item is our own mistake, and is told by the attribute that is wrong, never by its value. */
export class MalformedItem extends Error {
  override readonly name = 'MalformedItem';
}

function parse<S extends z.ZodMiniType>(schema: S, item: Item): z.output<S> {
  const result = schema.safeParse(item);
  if (result.success) return result.data;
  const attributes = result.error.issues.map((issue) => issue.path.join('.')).join(', ');
  throw new MalformedItem(`Item ${String(item.pk)} / ${String(item.sk)}: ${attributes}`);
}

/** Reads an item by its schema; marked pure where it is called, so that a bundle holds only the items that its door reads. */
export const decoded =
  <S extends z.ZodMiniType, T>(schema: S, shape: (data: z.output<S>) => T) =>
  (item: Item | null | undefined): T | null =>
    item ? shape(parse(schema, item)) : null;
