import { nextTry, type Receipt } from '../tokens/revocation.ts';
import type { Token } from '../tokens/token.ts';
import {
  type CleanUp,
  type Creation,
  type Deletion,
  type IdempotencyRecord,
  idempotencyMs,
} from '../tokens/token-repository.ts';
import { dueAttributes, type Keys } from './keys.ts';
import { memberCheck } from './membership.ts';
import { keptMs, ttlAfter } from './retention.ts';
import type { Item } from './storage/expressions.ts';
import type { Step } from './storage/transactions.ts';
import { storedReason } from './stored-reasons.ts';
import { tokenItem } from './token-item.ts';

const absent = 'attribute_not_exists(#pk)';
const lessOne = 'SET #tokens = #tokens - :one';

/** Sets each attribute to its new value, under placeholders that no condition uses. */
function assignments(attributes: Readonly<Record<string, unknown>>): { set: string; values: Item } {
  const names = Object.keys(attributes);
  return {
    set: `SET ${names.map((name) => `#${name} = :new_${name}`).join(', ')}`,
    values: Object.fromEntries(names.map((name) => [`new_${name}`, attributes[name]])),
  };
}

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
        condition: '#tokens < :maxTokens AND #hygiene_version = :armedUnder',
        values: { one: 1, maxTokens: stack.plan.max_tokens, armedUnder: token.armed_under },
      },
      roster: { put: this.#keys.roster(key, token.uid), item: { created_at: token.created_at } },
      record: idempotency && this.idempotency(idempotency),
    };
  }

  /** A token is as it was read. */
  unchanged({ uid, api_key: stack, state, version }: Token): Step {
    return {
      check: this.#keys.token(uid),
      condition: '#api_key = :stack AND #state = :state AND #version = :version',
      values: { stack, state, version },
    };
  }

  idempotency(record: IdempotencyRecord): Step {
    const createdAt = Date.parse(record.created_at);
    const item = { ...record, ttl: ttlAfter(record.created_at, idempotencyMs) };
    // TTL deletes late: a record that is over is as if it were gone.
    const condition = `${absent} OR #created_at <= :oldest`;
    return {
      put: this.#keys.idempotency(record.id),
      item,
      condition,
      values: { oldest: new Date(createdAt - idempotencyMs).toISOString() },
    };
  }

  /** An edit of a token that nobody else has changed since it was read. `digest` is the right of whoever holds its value. */
  replacement(before: Token, after: Token, digest: string): Step {
    const { next, ...token } = after;
    const fields = Object.entries(token).filter(([name, value]) => value !== before[name as keyof typeof token]);
    const isArmed = next !== null && next !== before.next;
    const due = isArmed ? { next_action: next.action, ...dueAttributes(next.at, token.uid, token.uid) } : {};
    const { set, values } = assignments(Object.fromEntries([...fields, ...Object.entries(due)]));
    return {
      update: this.#keys.token(before.uid),
      // What failed before, failed about what was due then.
      set:
        next === before.next
          ? set
          : `${set} REMOVE ${next ? '' : '#next_action, #due_shard, #due_at, '}#sweep_failures`,
      condition:
        '#api_key = :stack AND #state = :state AND #version = :version AND #epoch = :epoch AND #digest = :digest AND #armed_under = :armedUnder',
      values: {
        ...values,
        stack: before.api_key,
        state: before.state,
        version: before.version,
        epoch: before.epoch,
        digest,
        armedUnder: before.armed_under,
      },
    };
  }

  /** A person's deletion: the token has the very name that they typed, and the version that they read where they say which. */
  deletion(receipt: Receipt, { confirmName, version }: Pick<Deletion, 'confirmName' | 'version'>): Step {
    return this.#tombstone(receipt, `#name = :confirmName${version === undefined ? '' : ' AND #version = :version'}`, {
      confirmName,
      version,
    });
  }

  /** A clean-up: the token expired long ago, and is in every respect as the sweep read it. */
  cleanUp(receipt: Receipt, { uid, name, version, state, expires_at, next, armed_under }: Token): Step {
    return this.#tombstone(
      receipt,
      '#name = :seenName AND #version = :seenVersion AND #state = :seenState AND #expires_at = :seenExpiresAt AND #due_at = :seenDueAt AND #armed_under = :seenArmedUnder',
      {
        seenName: name,
        seenVersion: version,
        seenState: state,
        seenExpiresAt: expires_at,
        seenDueAt: next && dueAttributes(next.at, uid, uid).due_at,
        seenArmedUnder: armed_under,
      },
    );
  }

  /** The token must be in the stack, not deleted, and as `condition` says. */
  #tombstone(receipt: Receipt, condition: string, values: Readonly<Record<string, unknown>>): Step {
    const { refused_from: at, actor: by, reason, operation } = receipt;
    const tombstone = assignments({
      state: 'deleted',
      end: { at, by, reason: storedReason(reason), operation },
      ttl: ttlAfter(at, keptMs.history),
    });
    return {
      update: this.#keys.token(receipt.token_uid),
      set: `${tombstone.set}, #epoch = #epoch + :one REMOVE #next_action, #due_shard, #due_at`,
      condition: `#api_key = :stack AND #state <> :deleted AND ${condition}`,
      values: { ...tombstone.values, ...values, one: 1, stack: receipt.api_key, deleted: 'deleted' },
    };
  }

  /** What every end of a token writes beside its tombstone: its name and place are free, it is not counted, and a receipt ends its sessions. */
  rowsOfDead(receipt: Receipt, { name, count }: { readonly name: string; readonly count: Step }) {
    const { api_key: stack, token_uid: uid } = receipt;
    return {
      roster: { delete: this.#keys.roster(stack, uid), condition: 'attribute_exists(#pk)' },
      name: this.nameFreed(stack, name, uid),
      count,
      receipt: this.receipt(receipt),
    };
  }

  countDown(stack: string): Step {
    const condition = '#tokens > :none';
    return { update: this.#keys.count(stack), set: lessOne, condition, values: { one: 1, none: 0 } };
  }

  /** The count of a clean-up. Its instant is kept, on condition that no other clean-up was counted meanwhile. */
  countCleanUp(stack: string, { cleanedBefore, cleanedAfter }: Pick<CleanUp, 'cleanedBefore' | 'cleanedAfter'>): Step {
    const asRead = '#cleaned = :cleanedBefore';
    const none = 'attribute_not_exists(#cleaned)';
    return {
      update: this.#keys.count(stack),
      set: `${lessOne}, #cleaned = :cleanedAfter`,
      condition: `#tokens > :none AND ${cleanedBefore.length === 0 ? `(${none} OR ${asRead})` : asRead}`,
      values: { one: 1, none: 0, cleanedBefore, cleanedAfter },
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
