import { invalid, notAllowed, stackNotFound } from '../refusals.ts';
import type { AuditEntry } from '../stacks/audit-entry.ts';
import { maySeeTokens } from '../stacks/stack.ts';
import { type Receipt, retryAfterMs } from '../tokens/revocation.ts';
import type { Token } from '../tokens/token.ts';
import {
  type CleanUp,
  type Deletion,
  type DeletionOutcome,
  type IdempotencyRecord,
  idempotencyMs,
  type Seen,
  type Sight,
  type TokenRepository,
} from '../tokens/token-repository.ts';
import { idempotencyFrom, lastUseFrom, memberFrom, stackFrom, tokenFrom, tokenItem } from './items.ts';
import { dueAttributes, type Keys, keysOf, type Tables } from './keys.ts';
import type { Storage } from './storage.ts';
import type { Step, StepOutcome } from './transactions.ts';

const second = 1000;
const day = 24 * 60 * 60 * second;
/** A plan allows 45; those, their last uses and two rows more are one batch read. */
const mostTokens = 49;
/** A tombstone stays as long as anybody may ask what became of a token. */
const tombstoneMs = 400 * day;

const epochSeconds = (ms: number) => Math.ceil(ms / second);
const absent = 'attribute_not_exists(#pk)';

/** Tokens in DynamoDB. Every read is strong, of base items; every change is one transaction. */
export class DynamoTokenRepository implements TokenRepository {
  readonly #storage: Storage;
  readonly #keys: Keys;
  readonly #tokensTable: string;

  constructor(storage: Storage, tables: Tables) {
    this.#storage = storage;
    this.#keys = keysOf(tables);
    this.#tokensTable = tables.tokens;
  }

  async see({ stack, member, token, branches = [], aliases = [], idempotencyId, lastUse }: Sight): Promise<Seen> {
    const keys = this.#keys;
    const names = [
      ...branches.map((name) => keys.branch(stack, name)),
      ...aliases.map((name) => keys.alias(stack, name)),
    ];
    const always = [keys.member(stack, member), keys.stack(stack)];
    const asked = [
      ...(token ? [keys.token(token)] : []),
      ...(token && lastUse ? [keys.lastUse(token)] : []),
      ...(idempotencyId ? [keys.idempotency(idempotencyId)] : []),
    ];
    const [memberItem, stackItem, ...rest] = await this.#storage.read([...always, ...asked, ...names]);
    const tokenRow = token ? rest.shift() : null;
    const lastUseRow = token && lastUse ? rest.shift() : null;
    const earlier = idempotencyId ? idempotencyFrom(rest.shift()) : null;
    return {
      member: memberFrom(memberItem),
      stack: stackFrom(stackItem),
      token: tokenFrom(tokenRow),
      earlier,
      lastUse: lastUseFrom(lastUseRow),
      branches: branches.filter((_, index) => rest[index]),
      aliases: aliases.filter((_, index) => rest[branches.length + index]),
    };
  }

  async list(stack: string, member: string): ReturnType<TokenRepository['list']> {
    const roster = await this.#storage.query({
      table: this.#tokensTable,
      pk: `STACK#${stack}`,
      prefix: 'TOKEN#',
      limit: mostTokens,
    });
    const uids = roster.map(({ sk }) => String(sk).slice('TOKEN#'.length));
    const keys = [
      this.#keys.member(stack, member),
      this.#keys.stack(stack),
      ...uids.map((uid) => this.#keys.token(uid)),
      ...uids.map((uid) => this.#keys.lastUse(uid)),
    ];
    const [memberItem, stackItem, ...rows] = await this.#storage.read(keys);
    return {
      member: memberFrom(memberItem),
      stack: stackFrom(stackItem),
      tokens: uids.flatMap((_, index) => {
        const token = tokenFrom(rows[index]);
        return token ? [{ token, lastUse: lastUseFrom(rows[uids.length + index]) }] : [];
      }),
    };
  }

  async create({
    token,
    stack,
    member,
    audit,
    idempotency,
  }: Parameters<TokenRepository['create']>[0]): ReturnType<TokenRepository['create']> {
    const key = stack.api_key;
    const outcome = await this.#changeByName(audit, {
      member: this.#memberCheck(key, member),
      token: { put: this.#keys.token(token.uid), item: tokenItem(token), condition: absent },
      name: this.#nameTaken(key, token),
      count: {
        update: this.#keys.count(key),
        set: 'SET #tokens = #tokens + :one',
        condition: '#tokens < :most AND #hygiene_version = :armed',
        values: { one: 1, most: stack.plan.max_tokens, armed: token.armed_under },
      },
      roster: { put: this.#keys.roster(key, token.uid), item: { created_at: token.created_at } },
      record: idempotency && this.#idempotencyStep(idempotency),
    });
    if (!outcome) return null;
    refuseNonMembers(outcome.member);
    // Before the name: the first request with this key took it.
    if (outcome.record?.failed) return idempotencyFrom(outcome.record.item);
    if (outcome.name?.failed) throw invalid({ name: ['is not unique.'] });
    if (outcome.count?.failed) {
      if (Number(outcome.count.item?.tokens) < stack.plan.max_tokens) return 'settings-changed';
      throw invalid({
        token: [
          `cannot be created: this stack has ${stack.plan.max_tokens} management tokens, which is its limit. Delete one first.`,
        ],
      });
    }
    throw new Error(`The uid ${token.uid} is taken.`);
  }

  #idempotencyStep(record: IdempotencyRecord): Step {
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

  async replace({ before, after, by, audit, receipt }: Parameters<TokenRepository['replace']>[0]): Promise<boolean> {
    if ((after.epoch !== before.epoch) !== (receipt !== undefined))
      throw new Error('An epoch is raised with a receipt, and only so.');
    const stack = before.api_key;
    const steps = {
      token: this.#replacement(before, after, 'holder' in by ? by.holder : before.digest),
      member: 'member' in by ? this.#memberCheck(stack, by.member) : undefined,
      oldName: before.name === after.name ? undefined : this.#nameFreed(stack, before.name, before.uid),
      newName: before.name === after.name ? undefined : this.#nameTaken(stack, after),
      receipt: receipt && this.#receiptStep(receipt),
    };
    const outcome = await this.#changeByName(audit, steps);
    if (!outcome) return true;
    refuseNonMembers(outcome.member);
    if (outcome.token?.failed) return false;
    if (outcome.newName?.failed) throw invalid({ name: ['is not unique.'] });
    throw new Error(`The name row of ${before.uid} is not its own.`);
  }

  #replacement(before: Token, after: Token, digest: string): Step {
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

  async delete({ receipt, member, confirmedName, version, audit }: Deletion): Promise<DeletionOutcome | null> {
    const { api_key: stack, token_uid: uid } = receipt;
    const outcome = await this.#changeByName(audit, {
      member: this.#memberCheck(stack, member),
      token: this.#tombstone(receipt, { name: confirmedName, ...(version === undefined ? {} : { version }) }),
      ...this.#rowsOfDead(receipt, confirmedName),
      count: this.#countDown(stack),
      receipt: this.#receiptStep(receipt),
    });
    if (!outcome) return null;
    if (!outcome.member?.failed && !outcome.token?.failed)
      throw new Error(`The rows of ${uid} in its stack are not its own.`);
    return {
      ...(outcome.member?.failed ? { member: memberFrom(outcome.member.item) } : {}),
      ...(outcome.token?.failed ? { token: tokenFrom(outcome.token.item) } : {}),
    };
  }

  async cleanUp({ receipt, audit, seen, cleanedBefore, cleanedAfter }: CleanUp): Promise<boolean> {
    const { api_key: stack, token_uid: uid } = receipt;
    const { name, version, state, expires_at, armed_under } = seen;
    const due_at = seen.next && dueAttributes(seen.next.at, uid, uid).due_at;
    const outcome = await this.#changeByName(audit, {
      token: this.#tombstone(receipt, { name, version, state, expires_at, armed_under, due_at }),
      ...this.#rowsOfDead(receipt, name),
      count: this.#countDown(stack, { cleanedBefore, cleanedAfter }),
      receipt: this.#receiptStep(receipt),
    });
    if (outcome && !outcome.token?.failed && !outcome.count?.failed)
      throw new Error(`The rows of ${uid} in its stack are not its own.`);
    return outcome === null;
  }

  #rowsOfDead({ api_key: stack, token_uid: uid }: Receipt, name: string) {
    const roster: Step = { delete: this.#keys.roster(stack, uid), condition: 'attribute_exists(#pk)' };
    return { roster, name: this.#nameFreed(stack, name, uid) };
  }

  /** Of a clean-up its instant is kept, on condition that no other was counted meanwhile. */
  #countDown(stack: string, cleaned?: Pick<CleanUp, 'cleanedBefore' | 'cleanedAfter'>): Step {
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
  #tombstone(receipt: Receipt, seen: Readonly<Record<string, unknown>>): Step {
    const { refused_from: at, actor: by, reason, operation } = receipt;
    const set = {
      state: 'deleted',
      end: { at, by, reason, operation },
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

  async recordRefusal(audit: AuditEntry): Promise<void> {
    await this.#storage.write({ put: this.#keys.audit(audit.stack, audit.uid), item: { ...audit }, condition: absent });
  }

  /** As below, with the steps and their outcomes by name; a step that is undefined is left out. */
  async #changeByName<N extends string>(
    audit: AuditEntry,
    steps: Readonly<Record<N, Step | undefined>>,
  ): Promise<Partial<Record<N, StepOutcome>> | null> {
    const present = (Object.entries(steps) as [N, Step | undefined][]).flatMap(([name, step]) =>
      step ? [{ name, step }] : [],
    );
    const outcome = await this.#change(
      audit,
      present.map(({ step }) => step),
    );
    return (
      outcome &&
      (Object.fromEntries(present.map(({ name }, index) => [name, outcome[index + 1]])) as Partial<
        Record<N, StepOutcome>
      >)
    );
  }

  /** The change with its audit entry, which is step 0 and the proof. */
  async #change(audit: AuditEntry, steps: readonly Step[]): Promise<StepOutcome[] | null> {
    const entry: Step = { put: this.#keys.audit(audit.stack, audit.uid), item: { ...audit }, condition: absent };
    return await this.#storage.transact([entry, ...steps], { proof: 0 });
  }

  #memberCheck(stack: string, member: string): Step {
    const values = { owner: 'owner', admin: 'admin' };
    return { check: this.#keys.member(stack, member), condition: '#role IN (:owner, :admin)', values };
  }

  #nameTaken(stack: string, { name, uid }: Token): Step {
    return { put: this.#keys.name(stack, name), item: { token_uid: uid }, condition: absent };
  }

  #nameFreed(stack: string, name: string, uid: string): Step {
    return { delete: this.#keys.name(stack, name), condition: '#token_uid = :uid', values: { uid } };
  }

  #receiptStep(receipt: Receipt): Step {
    const due = new Date(Date.parse(receipt.refused_from) + retryAfterMs).toISOString();
    const item = { ...receipt, ...dueAttributes(due, receipt.token_uid, receipt.operation) };
    return { put: this.#keys.receipt(receipt.token_uid, receipt.operation), item, condition: absent };
  }
}

/** @throws {Refusal} where the membership condition failed */
export function refuseNonMembers(outcome: StepOutcome | undefined): void {
  if (!outcome?.failed) return;
  const member = memberFrom(outcome.item);
  if (!member) throw stackNotFound();
  if (!maySeeTokens(member)) throw notAllowed();
}
