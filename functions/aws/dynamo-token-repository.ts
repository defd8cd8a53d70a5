import type { AuditEntry } from '../stacks/audit-entry.ts';
import type {
  CleanUp,
  Creation,
  Deletion,
  DeletionOutcome,
  IdempotencyRecord,
  Succession,
  TokenRepository,
} from '../tokens/token-repository.ts';
import { invalid } from '../values/refusals.ts';
import { auditEntryPut } from './audit-entry-put.ts';
import { DynamoTokenReads } from './dynamo-token-reads.ts';
import { dueAttributes, type Keys, keysOf, type Tables } from './keys.ts';
import { memberCheck, refuseNonMembers } from './membership.ts';
import { memberFrom } from './stack-items.ts';
import type { Storage } from './storage/storage.ts';
import type { Step, StepOutcome } from './storage/transactions.ts';
import { idempotencyFrom, tokenFrom } from './token-item.ts';
import { TokenSteps } from './token-steps.ts';

/** People get their rights back, names become free, stacks have room again. Versions, epochs and digests only move on. */
const conditionsThatMayHoldAgain: readonly string[] = ['member', 'name', 'newName', 'count'];

/** Tokens in DynamoDB. Every read is strong, of base items; every change is one transaction. */
export class DynamoTokenRepository extends DynamoTokenReads implements TokenRepository {
  readonly #storage: Storage;
  readonly #keys: Keys;
  readonly #steps: TokenSteps;

  constructor(storage: Storage, tables: Tables) {
    super(storage, tables);
    this.#storage = storage;
    this.#keys = keysOf(tables);
    this.#steps = new TokenSteps(this.#keys);
  }

  async create(creation: Creation): ReturnType<TokenRepository['create']> {
    const outcome = await this.#changeByName(creation.audit, this.#steps.creation(creation));
    return outcome && whyNotCreated(creation, outcome);
  }

  async succeed({ creation, before, edit }: Succession): ReturnType<TokenRepository['succeed']> {
    const outcome = await this.#changeByName(creation.audit, {
      ...this.#steps.creation(creation),
      before: edit ? this.#steps.replacement(before, edit.after, before.digest) : this.#steps.unchanged(before),
      edited: edit && auditEntryPut(this.#keys, edit.audit),
      receipt: edit?.receipt && this.#steps.receipt(edit.receipt),
    });
    if (!outcome) return null;
    refuseNonMembers(outcome.member);
    // Before all else: the first request with this key edited the token, too.
    if (outcome.record?.failed) return idempotencyFrom(outcome.record.item);
    return outcome.before?.failed ? 'changed' : whyNotCreated(creation, outcome);
  }

  async replace({ before, after, by, audit, receipt }: Parameters<TokenRepository['replace']>[0]): Promise<boolean> {
    if ((after.epoch !== before.epoch) !== (receipt !== undefined))
      throw new Error('An epoch is raised with a receipt, and only so.');
    const stack = before.api_key;
    const steps = {
      token: this.#steps.replacement(before, after, 'holder' in by ? by.holder : before.digest),
      member: 'member' in by ? memberCheck(this.#keys, stack, by.member) : undefined,
      oldName: before.name === after.name ? undefined : this.#steps.nameFreed(stack, before.name, before.uid),
      newName: before.name === after.name ? undefined : this.#steps.nameTaken(stack, after),
      receipt: receipt && this.#steps.receipt(receipt),
    };
    const outcome = await this.#changeByName(audit, steps);
    if (!outcome) return true;
    refuseNonMembers(outcome.member);
    if (outcome.token?.failed) return false;
    if (outcome.newName?.failed) throw invalid({ name: ['is not unique.'] });
    throw new Error(`The name row of ${before.uid} is not its own.`);
  }

  async delete({ receipt, member, confirmedName, version, audit }: Deletion): Promise<DeletionOutcome | null> {
    const { api_key: stack, token_uid: uid } = receipt;
    const outcome = await this.#changeByName(audit, {
      member: memberCheck(this.#keys, stack, member),
      token: this.#steps.tombstone(receipt, { name: confirmedName, ...(version === undefined ? {} : { version }) }),
      ...this.#steps.rowsOfDead(receipt, confirmedName),
      count: this.#steps.countDown(stack),
      receipt: this.#steps.receipt(receipt),
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
      token: this.#steps.tombstone(receipt, { name, version, state, expires_at, armed_under, due_at }),
      ...this.#steps.rowsOfDead(receipt, name),
      count: this.#steps.countDown(stack, { cleanedBefore, cleanedAfter }),
      receipt: this.#steps.receipt(receipt),
    });
    if (outcome && !outcome.token?.failed && !outcome.count?.failed)
      throw new Error(`The rows of ${uid} in its stack are not its own.`);
    return outcome === null;
  }

  async recordRefusal(audit: AuditEntry): Promise<void> {
    await this.#storage.write(auditEntryPut(this.#keys, audit));
  }

  /** A change with its audit entry, which is step 0 and the proof; steps and outcomes by name. A step that is undefined is left out. */
  async #changeByName<N extends string>(
    audit: AuditEntry,
    steps: Readonly<Record<N, Step | undefined>>,
  ): Promise<Partial<Record<N, StepOutcome>> | null> {
    const present = (Object.entries(steps) as [N, Step | undefined][]).flatMap(([name, step]) =>
      step ? [{ name, step }] : [],
    );
    const puts = [auditEntryPut(this.#keys, audit), ...present.map(({ step }) => step)];
    // A deletion that was refused cannot come late: the entry of its refusal has the id of the operation, in the place of the proof.
    const mayHoldAgain =
      audit.event_type === 'delete'
        ? []
        : present.flatMap(({ name }, at) => (conditionsThatMayHoldAgain.includes(name) ? [at + 1] : []));
    const outcome = await this.#storage.transact(puts, { proof: 0, mayHoldAgain });
    return (
      outcome &&
      (Object.fromEntries(present.map(({ name }, index) => [name, outcome[index + 1]])) as Partial<
        Record<N, StepOutcome>
      >)
    );
  }
}

type CreationOutcome = Partial<Record<'member' | 'record' | 'name' | 'count', StepOutcome>>;

/** What was in the way of a creation, where that is for the use case to tell. @throws {Refusal} `stack-not-found`, `not-allowed`, `invalid` */
function whyNotCreated(
  { stack, token }: Creation,
  { member, record, name, count }: CreationOutcome,
): IdempotencyRecord | 'changed' | null {
  refuseNonMembers(member);
  // Before the name: the first request with this key took it.
  if (record?.failed) return idempotencyFrom(record.item);
  if (name?.failed) throw invalid({ name: ['is not unique.'] });
  if (!count?.failed) throw new Error(`The uid ${token.uid} is taken.`);
  const most = stack.plan.max_tokens;
  if (Number(count.item?.tokens) < most) return 'changed';
  throw invalid({
    token: [`cannot be created: this stack has ${most} management tokens, which is its limit. Delete one first.`],
  });
}
