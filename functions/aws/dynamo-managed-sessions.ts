import type { ManagedSessions } from '../sessions/session-repository.ts';
import { auditEntryPut } from './audit-entry-put.ts';
import { type Keys, keysOf, type Tables } from './keys.ts';
import { memberCheck, memberFailed } from './membership.ts';
import type { Transactions } from './storage/transactions.ts';

/** Sessions in DynamoDB, ended in the name of a member. */
export class DynamoManagedSessions implements ManagedSessions {
  readonly #storage: Transactions;
  readonly #keys: Keys;

  constructor(storage: Transactions, tables: Tables) {
    this.#storage = storage;
    this.#keys = keysOf(tables);
  }

  async endByMember({
    stack,
    member,
    token,
    session,
    audit,
  }: Parameters<ManagedSessions['endByMember']>[0]): ReturnType<ManagedSessions['endByMember']> {
    const outcome = await this.#storage.transact(
      [
        auditEntryPut(this.#keys, audit),
        memberCheck(this.#keys, stack, member),
        {
          check: this.#keys.token(token),
          condition: '#api_key = :stack AND #state <> :deleted',
          values: { stack, deleted: 'deleted' },
        },
        { delete: this.#keys.session(token, session), condition: 'attribute_exists(#pk)' },
      ],
      { proof: 0 },
    );
    return outcome && (memberFailed(outcome[1]) ?? { failed: 'session' });
  }
}
