import type { AuditEntry } from '../stacks/audit-entry.ts';
import type { Token } from '../tokens/token.ts';
import type {
  CleanUp,
  Creation,
  Deletion,
  DeletionOutcome,
  NotCreated,
  NotReplaced,
  Succession,
  TokenRepository,
} from '../tokens/token-repository.ts';
import { auditEntryPut } from './audit-entry-put.ts';
import { DynamoTokenReads } from './dynamo-token-reads.ts';
import { type Keys, keysOf, type Tables } from './keys.ts';
import { memberCheck, memberFailed } from './membership.ts';
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
    return outcome && whyNotCreated(creation.token, outcome);
  }

  async succeed({ creation, before, edit }: Succession): ReturnType<TokenRepository['succeed']> {
    const outcome = await this.#changeByName(creation.audit, {
      ...this.#steps.creation(creation),
      before: edit ? this.#steps.replacement(before, edit.after, before.digest) : this.#steps.unchanged(before),
      edited: edit && auditEntryPut(this.#keys, edit.audit),
      receipt: edit?.receipt && this.#steps.receipt(edit.receipt),
    });
    return outcome && whyNotCreated(creation.token, outcome);
  }

  async replace({
    before,
    after,
    by,
    audit,
    receipt,
  }: Parameters<TokenRepository['replace']>[0]): Promise<NotReplaced | null> {
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
    if (!outcome) return null;
    const failure = memberFailed(outcome.member);
    if (failure) return failure;
    if (outcome.token?.failed) return { failed: 'token' };
    if (outcome.newName?.failed) return { failed: 'name' };
    throw new Error(`The name row of ${before.uid} is not its own.`);
  }

  async delete({ receipt, member, audit, ...confirmed }: Deletion): Promise<DeletionOutcome | null> {
    const { api_key: stack, token_uid: uid } = receipt;
    const outcome = await this.#changeByName(audit, {
      member: memberCheck(this.#keys, stack, member),
      token: this.#steps.deletion(receipt, confirmed),
      ...this.#steps.rowsOfDead(receipt, { name: confirmed.confirmName, count: this.#steps.countDown(stack) }),
    });
    if (!outcome) return null;
    if (!outcome.member?.failed && !outcome.token?.failed)
      throw new Error(`The rows of ${uid} in its stack are not its own.`);
    return {
      ...(outcome.member?.failed ? { member: memberFrom(outcome.member.item) } : {}),
      ...(outcome.token?.failed ? { token: tokenFrom(outcome.token.item) } : {}),
    };
  }

  async cleanUp({ receipt, audit, seen, ...cleaned }: CleanUp): Promise<boolean> {
    const { api_key: stack, token_uid: uid } = receipt;
    const outcome = await this.#changeByName(audit, {
      token: this.#steps.cleanUp(receipt, seen),
      ...this.#steps.rowsOfDead(receipt, { name: seen.name, count: this.#steps.countCleanUp(stack, cleaned) }),
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

type CreationOutcome = Partial<Record<'member' | 'record' | 'before' | 'name' | 'count', StepOutcome>>;

function whyNotCreated({ uid }: Token, { member, record, before, name, count }: CreationOutcome): NotCreated {
  const failure = memberFailed(member);
  if (failure) return failure;
  const earlier = record?.failed ? idempotencyFrom(record.item) : null;
  // Before all else: the first request with this key took the name, and edited the token that is followed.
  if (earlier) return { failed: 'idempotency', earlier };
  if (before?.failed) return { failed: 'before' };
  if (name?.failed) return { failed: 'name' };
  if (count?.failed) return { failed: 'count', tokens: Number(count.item?.tokens) };
  throw new Error(`The uid ${uid} is taken.`);
}
