import { verifiedAddress } from '../stacks/address.ts';
import type { AuditEntry } from '../stacks/audit-entry.ts';
import type { Invitation } from '../stacks/invitation.ts';
import type { Alias, Branch, Member, Stack } from '../stacks/stack.ts';
import type { StackOfMember, StackRepository } from '../stacks/stack-repository.ts';
import { auditEntryPut } from './audit-entry-put.ts';
import type { Item } from './expressions.ts';
import { aliasFrom, branchFrom, invitationFrom, memberFrom, stackFrom } from './items.ts';
import { type Keys, keysOf, type Tables } from './keys.ts';
import { joining, mostRows } from './membership.ts';
import type { Storage } from './storage.ts';

const absent = 'attribute_not_exists(#pk)';
/** A batch read holds 100 keys, and a stack takes three. */
const stacksPerRead = 33;
const mostStacks = 1000;
const keysPerRead = 100;

/** Stacks and their people in DynamoDB. Every read is strong, of base items. */
export class DynamoStackRepository implements StackRepository {
  readonly #storage: Storage;
  readonly #keys: Keys;
  readonly #tables: Tables;

  constructor(storage: Storage, tables: Tables) {
    this.#storage = storage;
    this.#tables = tables;
    this.#keys = keysOf(tables);
  }

  async create({ stack, owner, branch, actor, audit }: Parameters<StackRepository['create']>[0]): Promise<void> {
    const key = stack.api_key;
    const address = verifiedAddress(actor.identity);
    const outcome = await this.#storage.transact(
      [
        auditEntryPut(this.#keys, audit),
        { put: this.#keys.stack(key), item: { ...stack }, condition: absent },
        { put: this.#keys.count(key), item: { tokens: 0, hygiene_version: stack.hygiene_version }, condition: absent },
        { put: this.#keys.branch(key, branch.name), item: { ...branch }, condition: absent },
        ...joining(this.#keys, key, { member: owner, ...(address === null ? {} : { address }) }),
      ],
      { proof: 0 },
    );
    if (outcome) throw new Error(`The api_key ${key} is taken.`);
  }

  async addMember(
    { api_key: key }: Stack,
    { address, ...member }: Member & { readonly address?: string },
    audit: AuditEntry,
  ): Promise<boolean> {
    const steps = joining(this.#keys, key, { member, ...(address ? { address } : {}) });
    return (await this.#storage.transact([auditEntryPut(this.#keys, audit), ...steps], { proof: 0 })) === null;
  }

  async find(stack: string, member: string): Promise<StackOfMember | null> {
    const [found] = await this.#stacks([stack], member);
    return found ?? null;
  }

  async listOf(member: string): Promise<readonly StackOfMember[]> {
    const range = { table: this.#tables.tokens, pk: this.#keys.person(member).pk, prefix: 'STACK#', limit: mostStacks };
    const keys = (await this.#storage.query(range)).map(({ sk }) => String(sk).slice('STACK#'.length));
    const found: StackOfMember[] = [];
    for (let from = 0; from < keys.length; from += stacksPerRead) {
      found.push(...(await this.#stacks(keys.slice(from, from + stacksPerRead), member)));
    }
    return found;
  }

  async #stacks(keys: readonly string[], member: string): Promise<StackOfMember[]> {
    const items = await this.#storage.read(
      keys.flatMap((key) => [this.#keys.stack(key), this.#keys.member(key, member), this.#keys.count(key)]),
    );
    return keys.flatMap((_, index) => stackOfMember(items.slice(index * 3, index * 3 + 3)));
  }

  async findMember(stack: string, member: string): Promise<Member | null> {
    const [item] = await this.#storage.read([this.#keys.member(stack, member)]);
    return memberFrom(item);
  }

  async branches(stack: string): Promise<readonly Branch[]> {
    return (await this.#rows(stack, 'BRANCH#')).flatMap((item) => branchFrom(item) ?? []);
  }

  async aliases(stack: string): Promise<readonly Alias[]> {
    return (await this.#rows(stack, 'ALIAS#')).flatMap((item) => aliasFrom(item) ?? []);
  }

  async people(stack: string): ReturnType<StackRepository['people']> {
    const members = (await this.#rows(stack, 'MEMBER#')).flatMap((item) => memberFrom(item) ?? []);
    const persons: (Item | null)[] = [];
    for (let from = 0; from < members.length; from += keysPerRead) {
      const some = members.slice(from, from + keysPerRead);
      persons.push(...(await this.#storage.read(some.map(({ uid }) => this.#keys.person(uid)))));
    }
    return members.map((member, index) => {
      const address = persons[index]?.email;
      return { ...member, address: typeof address === 'string' ? address : null };
    });
  }

  async invitations(stack: string): Promise<readonly Invitation[]> {
    return (await this.#rows(stack, 'INVITE#')).flatMap((item) => invitationFrom(item) ?? []);
  }

  async #rows(stack: string, prefix: string): Promise<Item[]> {
    const { table, pk } = this.#keys.stack(stack);
    return await this.#storage.query({ table, pk, prefix, limit: mostRows });
  }
}

function stackOfMember([stackItem, memberItem, count]: readonly (Item | null)[]): StackOfMember[] {
  const [stack, member] = [stackFrom(stackItem), memberFrom(memberItem)];
  return stack && member ? [{ stack, member, tokenCount: Number(count?.tokens ?? 0) }] : [];
}
