import { nextTry, type Receipt } from '../tokens/revocation.ts';
import type { Token } from '../tokens/token.ts';
import { type CleanUp, type Creation, type IdempotencyRecord, idempotencyMs } from '../tokens/token-repository.ts';
import { dueAttributes, type Keys } from './keys.ts';
import { memberCheck } from './membership.ts';
import type { Step } from './storage/transactions.ts';
import { storedReason } from './stored-reasons.ts';
import { tokenItem } from './token-item.ts';

const second = 1000;
const day = 24 * 60 * 60 * second;
/** A tombstone stays as long as anybody may ask what became of a token. */
const tombstoneMs = 400 * day;

const epochSeconds = (ms: number) => Math.ceil(ms / second);
const absent = 'attribute_not_exists(#pk)';

/** The parts of the transactions that change tokens: each states what it believes. */
export class TokenSteps {
  readonly #keys: Keys;

  constructor(keys: Keys) {
    this.#keys = keys;
  }

  /** Of a new token: itself, its name and its place in the stack's roster and count; and the key that it was asked for with. */
  creation({ token, stack, member, idempotency }: Creation) {
    const key = stack.api_key;
    return {
      member: memberCheck(this.#keys, key, member),
      token: { put: this.#keys.token(token.uid), item: tokenItem(token), condition: absent },
      name: this.nameTaken(key, token),
      count: {
        update: this.#keys.count(key),
        set: 'SET #tokens = #tokens + :one',
        condition: '#tokens < :most AND #hygiene_version = :armed',
        values: { one: 1, most: stack.plan.max_tokens, armed: token.armed_under },
      },
      roster: { put: this.#keys.roster(key, token.uid), item: { created_at: token.created_at } },
      record: idempotency && this.idempotency(idempotency),
    };
  }

  /** A token is as it was read. */
  unchanged({ uid, api_key: stack, state, version }: Token): Step {
    return {
      check: this.#keys.token(uid),
      condition: '#api_key = :stack AND #state = :was AND #version = :seen',
      values: { stack, was: state, seen: version },
    };
  }

  idempotency(record: IdempotencyRecord): Step {
    const createdAt = Date.parse(record.created_at);
    const item = { ...record, ttl: epochSeconds(createdAt + idempotencyMs) };
    // TTL deletes late: a record that is over is as if it were gone.
    const condition = `${absent} OR #created_at <= :oldest`;
    return {
      put: this.#keys.idempotency(record.id),
      item,
      condition,
      values: { oldest: new Date(createdAt - idempotencyMs).toISOString() },
    };
  }

  replacement(before: Token, after: Token, digest: string): Step {
    const { next, ...token } = after;
    const fields = Object.entries(token).filter(([name, value]) => value !== before[name as keyof typeof token]);
    const isArmed = next !== null && next !== before.next;
    const due = isArmed ? { next_action: next.action, ...dueAttributes(next.at, token.uid, token.uid) } : {};
    const set = Object.fromEntries([...fields, ...Object.entries(due)]);
    const sets = `SET ${Object.keys(set)
      .map((name) => `#${name} = :${name}`)
      .join(', ')}`;
    return {
      update: this.#keys.token(before.uid),
      // What failed before, failed about what was due then.
      set:
        next === before.next
          ? sets
          : `${sets} REMOVE ${next ? '' : '#next_action, #due_shard, #due_at, '}#sweep_failures`,
      condition:
        '#api_key = :stack AND #state = :was AND #version = :seen AND #epoch = :era AND #digest = :proof AND #armed_under = :armed',
      values: {
        ...set,
        stack: before.api_key,
        was: before.state,
        seen: before.version,
        era: before.epoch,
        proof: digest,
        armed: before.armed_under,
      },
    };
  }

  rowsOfDead({ api_key: stack, token_uid: uid }: Receipt, name: string) {
    const roster: Step = { delete: this.#keys.roster(stack, uid), condition: 'attribute_exists(#pk)' };
    return { roster, name: this.nameFreed(stack, name, uid) };
  }

  /** Of a clean-up its instant is kept, on condition that no other was counted meanwhile. */
  countDown(stack: string, cleaned?: Pick<CleanUp, 'cleanedBefore' | 'cleanedAfter'>): Step {
    const [condition, values] = ['#tokens > :none', { one: 1, none: 0 }];
    const set = 'SET #tokens = #tokens - :one';
    if (!cleaned) return { update: this.#keys.count(stack), set, condition, values };
    const { cleanedBefore: before, cleanedAfter: after } = cleaned;
    return {
      update: this.#keys.count(stack),
      set: `${set}, #cleaned = :after`,
      condition: `${condition} AND ${before.length === 0 ? '(attribute_not_exists(#cleaned) OR #cleaned = :before)' : '#cleaned = :before'}`,
      values: { ...values, before, after },
    };
  }

  /** The token must be in the stack, not deleted, and what `seen` says of it. */
  tombstone(receipt: Receipt, seen: Readonly<Record<string, unknown>>): Step {
    const { refused_from: at, actor: by, reason, operation } = receipt;
    const set = {
      state: 'deleted',
      end: { at, by, reason: storedReason(reason), operation },
      ttl: epochSeconds(Date.parse(at) + tombstoneMs),
    };
    const assignments = Object.keys(set)
      .map((name) => `#${name} = :${name}`)
      .join(', ');
    const asSeen = Object.keys(seen).map((name) => ` AND #${name} = :seen_${name}`);
    return {
      update: this.#keys.token(receipt.token_uid),
      set: `SET ${assignments}, #epoch = #epoch + :one REMOVE #next_action, #due_shard, #due_at`,
      condition: `#api_key = :stack AND #state <> :state${asSeen.join('')}`,
      values: {
        ...set,
        one: 1,
        stack: receipt.api_key,
        ...Object.fromEntries(Object.entries(seen).map(([name, value]) => [`seen_${name}`, value])),
      },
    };
  }

  nameTaken(stack: string, { name, uid }: Token): Step {
    return { put: this.#keys.name(stack, name), item: { token_uid: uid }, condition: absent };
  }

  nameFreed(stack: string, name: string, uid: string): Step {
    return { delete: this.#keys.name(stack, name), condition: '#token_uid = :uid', values: { uid } };
  }

  receipt(receipt: Receipt): Step {
    const due = nextTry(new Date(receipt.refused_from)).toISOString();
    const reason = storedReason(receipt.reason);
    const item = { ...receipt, reason, ...dueAttributes(due, receipt.token_uid, receipt.operation) };
    return { put: this.#keys.receipt(receipt.token_uid, receipt.operation), item, condition: absent };
  }
}
