/** This moment. The core is given it and has no clock of its own. */
export const now = (): Date => new Date();

/** Waits until some work is done, but no longer than that many milliseconds. */
export async function atMost(ms: number, work: Promise<void>): Promise<void> {
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([work, over]).finally(() => clearTimeout(timer));
}
