import type { AuditEntry } from '../stacks/audit-entry.ts';
import type { PersonRepository } from '../stacks/person-repository.ts';
import { auditEntryPut } from './audit-entry-put.ts';
import { type Keys, keysOf, type Tables } from './keys.ts';
import { knownAddressFrom } from './stack-items.ts';
import type { Item } from './storage/expressions.ts';
import type { Reads } from './storage/reads.ts';
import type { Step, Transactions } from './storage/transactions.ts';

const mostStacks = 1000;
/**
 * A transaction holds 100 items, and the person is one of them.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
 */
const entriesPerTransaction = 99;

/** People and machines in DynamoDB: one partition each, with a row for who it is and one for each of their stacks. */
export class DynamoPersonRepository implements PersonRepository {
  readonly #storage: Reads & Transactions;
  readonly #keys: Keys;

  constructor(storage: Reads & Transactions, tables: Tables) {
    this.#storage = storage;
    this.#keys = keysOf(tables);
  }

  async find(uid: string): ReturnType<PersonRepository['find']> {
    const { table, pk, sk } = this.#keys.person(uid);
    const items = await this.#storage.query({ table, pk, limit: mostStacks + 1 });
    const stacks = items.map((item) => String(item.sk)).filter((key) => key.startsWith('STACK#'));
    return {
      known: knownAddressFrom(items.find((item) => item.sk === sk)),
      stacks: stacks.map((key) => key.slice('STACK#'.length)).slice(0, mostStacks),
    };
  }

  /**
   * The last transaction changes the address. If a person is in more than 99 stacks, earlier transactions put the other entries, each on
   * the same condition. So an address never changes without its entries. If we are cut short in between, some logs have the entry
   * already; the next visit changes the address, and those logs get a second entry.
   */
  async renewAddress(renewal: Parameters<PersonRepository['renewAddress']>[0]): Promise<boolean> {
    const { uid, address, issued_at, entries } = renewal;
    const person = this.#keys.person(uid);
    const seen = asSeen(renewal);
    const first = Math.max(0, Math.ceil(entries.length / entriesPerTransaction) - 1) * entriesPerTransaction;
    for (let from = 0; from < first; from += entriesPerTransaction) {
      const some = entries.slice(from, from + entriesPerTransaction);
      if (!(await this.#carryOut(some, { check: person, ...seen }))) return false;
    }
    const values = { ...seen.values, address, vouched: { email: address, iat: issued_at } };
    const change = { update: person, set: 'SET #email = :address, #vouched = :vouched', ...seen, values };
    return await this.#carryOut(entries.slice(first), change);
  }

  async #carryOut(entries: readonly AuditEntry[], change: Step): Promise<boolean> {
    const puts = entries.map((audit): Step => auditEntryPut(this.#keys, audit));
    return (await this.#storage.transact([...puts, change], puts.length > 0 ? { proof: 0 } : {})) === null;
  }
}

/** The stored address is the one that was read, and it came from an older JWT than this one. */
function asSeen({
  seen: { address },
  issued_at,
}: Pick<Parameters<PersonRepository['renewAddress']>[0], 'seen' | 'issued_at'>): {
  condition: string;
  values: Item;
} {
  if (address === null) return { condition: 'attribute_exists(#pk) AND attribute_not_exists(#email)', values: {} };
  return {
    condition:
      '#email = :seen AND (attribute_not_exists(#vouched) OR #vouched.#email <> :seen OR #vouched.#iat < :iat)',
    values: { seen: address, iat: issued_at },
  };
}
