import * as z from 'zod/mini';

/**
 * One of the known values, or one that a newer version stored. Readers accept both, so that rolling a deployment back does not break
 * reading. No unknown value ever grants anything.
 */
export type OpenEnum<T extends string> = T | (string & Record<never, never>);

/** The schema of an open enum in an answer: the API's document lists the known values and allows others. */
export const openEnum = <const T extends string>(known: readonly T[]) => z.union([z.enum(known), z.string()]);

/** The schema of an open enum in a stored item: any text is read as it is. */
// @__NO_SIDE_EFFECTS__
export const storedEnum = <T extends string>() => z.string() as z.ZodMiniType<OpenEnum<T>, string>;
