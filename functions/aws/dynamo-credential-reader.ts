import type { CredentialReader, FoundCredential, WantedCredential } from '../verification/credential-reader.ts';
import { type Keys, keysOf, type Tables } from './keys.ts';
import { sessionFrom } from './session-items.ts';
import { branchNamesFrom } from './stack-items.ts';
import type { Key } from './storage/expressions.ts';
import type { Reads } from './storage/reads.ts';
import { tokenFrom } from './token-item.ts';

/** What every verification reads: strongly, base items only, one request. */
export class DynamoCredentialReader implements CredentialReader {
  readonly #reads: Reads;
  readonly #keys: Keys;

  constructor(reads: Reads, tables: Tables) {
    this.#reads = reads;
    this.#keys = keysOf(tables);
  }

  async find({ token, session, branch }: WantedCredential): Promise<FoundCredential> {
    const keys: Key[] = [
      this.#keys.token(token),
      ...(session ? [this.#keys.session(token, session)] : []),
      ...(branch ? [this.#keys.branch(branch.stack, branch.name)] : []),
    ];
    const [tokenItem, ...rest] = await this.#reads.read(keys);
    return {
      token: tokenFrom(tokenItem),
      session: session ? sessionFrom(rest.shift()) : null,
      branch: branchNamesFrom(rest.shift()),
    };
  }
}
