import type { Environment, EnvironmentRepository } from '../stacks/environment.ts';
import { environmentFrom } from './items.ts';
import { type Keys, keysOf, type Tables } from './keys.ts';
import type { Storage } from './storage.ts';

/** The sample resource, in a partition of its own: a door for programs has no right to a stack's people. */
export class DynamoEnvironmentRepository implements EnvironmentRepository {
  readonly #storage: Storage;
  readonly #keys: Keys;

  constructor(storage: Storage, tables: Tables) {
    this.#storage = storage;
    this.#keys = keysOf(tables);
  }

  async list(stack: string, limit: number): Promise<readonly Environment[]> {
    const { table, pk } = this.#keys.environment(stack, '');
    return (await this.#storage.query({ table, pk, limit })).flatMap((item) => environmentFrom(item) ?? []);
  }

  async create(stack: string, environment: Environment): Promise<boolean> {
    const step = { put: this.#keys.environment(stack, environment.name), item: { ...environment } };
    return await this.#storage.put({ ...step, condition: 'attribute_not_exists(#pk)' });
  }
}
