import type { HygieneChange, HygieneRepository, NoticeIdentity } from '../notices/hygiene-repository.ts';
import type { NotChanged } from '../stacks/not-changed.ts';
import { auditEntryPut } from './audit-entry-put.ts';
import { dueAttributes, type Keys, keysOf, type Tables } from './keys.ts';
import { memberCheck, memberFailed } from './membership.ts';
import { deliveryFrom } from './notice-items.ts';
import type { Reads } from './storage/reads.ts';
import type { Step, Transactions } from './storage/transactions.ts';

/** Hygiene settings in DynamoDB, in the row of their stack. */
export class DynamoHygieneRepository implements HygieneRepository {
  readonly #storage: Reads & Transactions;
  readonly #keys: Keys;
  readonly #usage: string;

  constructor(storage: Reads & Transactions, tables: Tables) {
    this.#storage = storage;
    this.#usage = tables.usage;
    this.#keys = keysOf(tables);
  }

  /** A plan allows 45 tokens, so that all of them fit: a transaction holds 100 items. */
  async change({ before, after, member, audit, tokens }: HygieneChange): Promise<NotChanged | null> {
    const key = before.api_key;
    const outcome = await this.#storage.transact(
      [
        auditEntryPut(this.#keys, audit),
        memberCheck(this.#keys, key, member),
        {
          update: this.#keys.stack(key),
          set: 'SET #hygiene = :settings, #hygiene_version = :version, #updated_at = :at',
          condition: '#hygiene_version = :seen',
          values: {
            settings: after.hygiene,
            version: after.hygiene_version,
            at: after.updated_at,
            seen: before.hygiene_version,
          },
        },
        // Where a token comes or goes meanwhile, their number or one of them is not as it was seen.
        {
          update: this.#keys.count(key),
          set: 'SET #hygiene_version = :version',
          condition: '#tokens = :count AND #hygiene_version = :seen',
          values: { version: after.hygiene_version, count: tokens.length, seen: before.hygiene_version },
        },
        ...tokens.map((one) => this.#rearming(one, after.hygiene_version)),
      ],
      { proof: 0 },
    );
    return outcome && (memberFailed(outcome[1]) ?? { failed: 'stale' });
  }

  #rearming({ token, next }: HygieneChange['tokens'][number], version: number): Step {
    const { uid, state, version: seenVersion, armed_under: armedUnder } = token;
    const due = next ? { next_action: next.action, ...dueAttributes(next.at, uid, uid) } : {};
    const set = { armed_under: version, ...due };
    const sets = Object.keys(set).map((name) => `#${name} = :${name}`);
    return {
      update: this.#keys.token(uid),
      set: `SET ${sets.join(', ')} REMOVE ${next ? '' : '#next_action, #due_shard, #due_at, '}#sweep_failures`,
      // What the sweep does in between is not lost: it moves the next action, and this is done again by what is then.
      condition: `#state = :state AND #version = :version AND #armed_under = :armedUnder AND ${token.next ? '#due_at = :dueAt' : 'attribute_not_exists(#due_at)'}`,
      values: {
        ...set,
        state,
        version: seenVersion,
        armedUnder,
        ...(token.next ? { dueAt: dueAttributes(token.next.at, uid, uid).due_at } : {}),
      },
    };
  }

  async cleaned(stack: string): Promise<readonly string[]> {
    const [count] = await this.#storage.read([this.#keys.count(stack)]);
    return Array.isArray(count?.cleaned) ? count.cleaned.map(String) : [];
  }

  async claimed(notices: readonly NoticeIdentity[]): Promise<ReadonlySet<string>> {
    const keys = notices.map((one) => this.#keys.notice(one.token_uid, one.expires_at, one.threshold));
    const found = await this.#storage.read(keys);
    return new Set(notices.filter((_, index) => found[index]).map(({ token_uid }) => token_uid));
  }

  async deliveries(stack: string, limit: number): ReturnType<HygieneRepository['deliveries']> {
    const { pk } = this.#keys.delivery(stack, '', '');
    const items = await this.#storage.query({ table: this.#usage, pk, newestFirst: true, limit });
    return items.flatMap((item) => deliveryFrom(item) ?? []);
  }
}
