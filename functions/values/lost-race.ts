import { conflict } from './refusals.ts';

const mostAttempts = 3;

/**
 * Reads, decides and writes; again where the write found that something read before it had changed, three times at most.
 * @param attempt false where it lost such a race; nothing was changed then
 * @returns false where every attempt lost
 */
export async function retryLostRace<T>(attempt: () => Promise<T | false>): Promise<T | false> {
  for (let attempts = 0; attempts < mostAttempts; attempts += 1) {
    const done = await attempt();
    if (done !== false) return done;
  }
  return false;
}

/**
 * The same, for a caller who can try again themselves.
 * @param what others are changing, for the caller to read
 * @throws {Refusal} `conflict` where every attempt lost
 */
export async function retryOrConflict<T>(what: string, attempt: () => Promise<T | false>): Promise<T> {
  const done = await retryLostRace(attempt);
  if (done === false) throw conflict(`Others are changing ${what} at the same time. Try again.`);
  return done;
}
