import type { Environment, EnvironmentRepository } from '../stacks/environment.ts';
import { type Keys, keysOf, type Tables } from './keys.ts';
import { environmentFrom } from './stack-items.ts';
import type { Reads } from './storage/reads.ts';
import type { Writes } from './storage/writes.ts';

/** The sample resource, in a partition of its own: a door for programs has no right to write among a stack's people. */
export class DynamoEnvironmentRepository implements EnvironmentRepository {
  readonly #storage: Reads & Writes;
  readonly #keys: Keys;

  constructor(storage: Reads & Writes, tables: Tables) {
    this.#storage = storage;
    this.#keys = keysOf(tables);
  }

  async list(stack: string, limit: number): Promise<readonly Environment[]> {
    const { table, pk } = this.#keys.environment(stack, '');
    return (await this.#storage.query({ table, pk, limit })).flatMap((item) => environmentFrom(item) ?? []);
  }

  async create(stack: string, environment: Environment): Promise<boolean> {
    const key = this.#keys.environment(stack, environment.name);
    const put = await this.#storage.write({
      put: key,
      item: { ...environment },
      condition: 'attribute_not_exists(#pk)',
    });
    if (put) return true;
    // Ours may have been put by an earlier try whose answer was lost.
    const [there] = await this.#storage.read([key]);
    return environmentFrom(there)?.uid === environment.uid;
  }
}
