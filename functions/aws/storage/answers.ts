import { Refusal, unavailable } from '../../values/refusals.ts';

export interface StorageOptions {
  /** Waits that many milliseconds. */
  readonly pause: (ms: number) => Promise<void>;
  /** A number from 0 to 1. */
  readonly jitter: () => number;
}

/** Whatever storage says that is not an outcome of the request means that it cannot answer. Fail closed, and say so. */
export async function answered<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw error instanceof Refusal ? error : unavailable(error);
  }
}

/** Doubling pauses with jitter, until they add up to `longest` ms; each call waits, or answers false when time is up. */
export function backoff({ pause, jitter }: StorageOptions, longest: number): () => Promise<boolean> {
  let spent = 0;
  let step = 25;
  return async () => {
    if (spent >= longest) return false;
    const wait = Math.min(longest - spent, Math.ceil(step * (0.5 + jitter() / 2)));
    spent += wait;
    step = Math.min(step * 2, 400);
    await pause(wait);
    return true;
  };
}

export function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}
