import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { dayMs, minuteMs } from '../values/duration.ts';
import { Refusal } from '../values/refusals.ts';

/** In milliseconds; decision 42 says why. */
export const keyLimits = {
  /** Keys are fetched again when they are this old, so that a withdrawn one is refused by then. */
  fresh: 10 * minuteMs,
  /** While fetching fails, keys are used until they are this old. */
  usable: dayMs,
  /** Between the end of one fetch and the start of the next. */
  pause: 5000,
} as const;

export interface IssuerKeysOptions {
  /** Reads the issuer's key set (RFC 7517, 5). Rejects when there is none to be had. */
  readonly fetch: () => Promise<unknown>;
  readonly now: () => Date;
  /** Called for each fetch that failed. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Finds the key that a JWT is signed with among the issuer's. One function instance shares one set of keys, and several requests at
 * once share one fetch. A key that is not in the set may be a new one: the set is fetched again, at most every 5 s.
 * @returns a function that throws jose's `JWKSNoMatchingKey` for a key that the issuer does not have, and a `Refusal` of kind
 * `unavailable` when it cannot be known whether the issuer has it
 */
export function createIssuerKeys(options: IssuerKeysOptions): JWTVerifyGetKey {
  const keys = new IssuerKeys(options);
  return (header, jws) => keys.find(header, jws);
}

type KeySet = ReturnType<typeof createLocalJWKSet>;

class IssuerKeys {
  readonly #options: IssuerKeysOptions;
  /** What was fetched last, and when that fetch began: a key may have been withdrawn while the issuer answered. */
  #fetched: { readonly keys: KeySet; readonly at: number } | undefined;
  /** When the last fetch ended, and why it failed, if it did. */
  #tried: { readonly at: number; readonly failure?: { readonly cause: unknown } } | undefined;
  #fetching: Promise<void> | undefined;

  constructor(options: IssuerKeysOptions) {
    this.#options = options;
  }

  async find(...jws: Parameters<JWTVerifyGetKey>): ReturnType<KeySet> {
    if (!this.#isWithin(keyLimits.fresh, this.#fetched?.at)) await this.#fetch();
    try {
      return await this.#usable()(...jws);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
    }
    await this.#fetch();
    if (this.#tried?.failure) throw this.#unavailable();
    return await this.#usable()(...jws);
  }

  #usable(): KeySet {
    if (!this.#fetched || !this.#isWithin(keyLimits.usable, this.#fetched.at)) throw this.#unavailable();
    return this.#fetched.keys;
  }

  async #fetch(): Promise<void> {
    if (this.#isWithin(keyLimits.pause, this.#tried?.at)) return;
    this.#fetching ??= this.#fetchOnce().finally(() => {
      this.#fetching = undefined;
    });
    await this.#fetching;
  }

  async #fetchOnce(): Promise<void> {
    const at = this.#now();
    try {
      // jose refuses what is not a key set.
      this.#fetched = { keys: createLocalJWKSet((await this.#options.fetch()) as JSONWebKeySet), at };
      this.#tried = { at: this.#now() };
    } catch (cause) {
      // Whatever it was, there are no new keys. It is counted, and told to the caller if there are no old ones either.
      this.#tried = { at: this.#now(), failure: { cause } };
      this.#options.onFailure(cause);
    }
  }

  #unavailable(): Refusal {
    const pauseEnds = (this.#tried?.at ?? this.#now()) + keyLimits.pause;
    const seconds = Math.max(1, Math.ceil((pauseEnds - this.#now()) / 1000));
    return new Refusal('unavailable', {
      detail: 'The public keys of the identity provider cannot be fetched now.',
      headers: { 'retry-after': String(seconds) },
      cause: this.#tried?.failure?.cause,
    });
  }

  /** False, too, for an instant that is ahead: a clock that was set back does not make keys younger. */
  #isWithin(limit: number, instant: number | undefined): boolean {
    if (instant === undefined) return false;
    const age = this.#now() - instant;
    return age >= 0 && age < limit;
  }

  #now(): number {
    return this.#options.now().getTime();
  }
}
