import { verifiedAddress } from '../stacks/address.ts';
import type { AuditEntry } from '../stacks/audit-entry.ts';
import type { Invitation } from '../stacks/invitation.ts';
import type { Alias, Authorship, Branch, Member, Stack } from '../stacks/stack.ts';
import type { StackOfMember, StackRepository } from '../stacks/stack-repository.ts';
import { auditEntryPut } from './audit-entry-put.ts';
import { type Keys, keysOf, type Tables } from './keys.ts';
import { joining, mostRows } from './membership.ts';
import { aliasFrom, branchFrom, invitationFrom, knownAddressFrom, memberFrom, stackFrom } from './stack-items.ts';
import type { Item, Key } from './storage/expressions.ts';
import type { Storage } from './storage/storage.ts';

const absent = 'attribute_not_exists(#pk)';
/** A batch read holds 100 keys, and a stack takes three. */
const stacksPerRead = 33;
const keysPerRead = 100;

/** Stacks and their people in DynamoDB. Every read is strong, of base items. */
export class DynamoStackRepository implements StackRepository {
  readonly #storage: Storage;
  readonly #keys: Keys;

  constructor(storage: Storage, tables: Tables) {
    this.#storage = storage;
    this.#keys = keysOf(tables);
  }

  async create({ stack, owner, branch, actor, audit }: Parameters<StackRepository['create']>[0]): Promise<void> {
    const key = stack.api_key;
    const address = verifiedAddress(actor.identity) ?? undefined;
    const { issued_at } = actor.identity;
    const outcome = await this.#storage.transact(
      [
        auditEntryPut(this.#keys, audit),
        { put: this.#keys.stack(key), item: { ...stack }, condition: absent },
        { put: this.#keys.count(key), item: { tokens: 0, hygiene_version: stack.hygiene_version }, condition: absent },
        { put: this.#keys.branch(key, branch.name), item: { ...branch }, condition: absent },
        ...joining(this.#keys, key, { member: owner, address, issued_at }),
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
    const steps = joining(this.#keys, key, { member, address, replaces: true });
    return (await this.#storage.transact([auditEntryPut(this.#keys, audit), ...steps], { proof: 0 })) === null;
  }

  async find(stack: string, member: string): Promise<StackOfMember | null> {
    const [found] = await this.findEach([stack], member);
    return found ?? null;
  }

  async findForVisit(stack: string, member: string): ReturnType<StackRepository['findForVisit']> {
    const keys = [...this.#placeIn(stack, member), this.#keys.person(member)];
    const [item, own, count, person] = await this.#storage.read(keys);
    return { found: stackOfMember([item, own, count])[0] ?? null, known: knownAddressFrom(person) };
  }

  async findEach(stacks: readonly string[], member: string): Promise<readonly StackOfMember[]> {
    const found: StackOfMember[] = [];
    for (let from = 0; from < stacks.length; from += stacksPerRead) {
      const some = stacks.slice(from, from + stacksPerRead);
      const items = await this.#storage.read(some.flatMap((stack) => this.#placeIn(stack, member)));
      found.push(...some.flatMap((_, index) => stackOfMember(items.slice(index * 3, index * 3 + 3))));
    }
    return found;
  }

  #placeIn(stack: string, member: string): Key[] {
    return [this.#keys.stack(stack), this.#keys.member(stack, member), this.#keys.count(stack)];
  }

  async findMember(stack: string, member: string): Promise<Member | null> {
    const [item] = await this.#storage.read([this.#keys.member(stack, member)]);
    return memberFrom(item);
  }

  async findStack(key: string): Promise<Stack | null> {
    const [item] = await this.#storage.read([this.#keys.stack(key)]);
    return stackFrom(item);
  }

  async branches(stack: Stack): Promise<readonly Branch[]> {
    const rows = await this.#rows(stack.api_key, 'BRANCH#');
    return rows.flatMap((item) => branchFrom({ ...authorshipOf(stack), ...item }) ?? []);
  }

  async aliases(stack: Stack): Promise<readonly Alias[]> {
    const rows = await this.#rows(stack.api_key, 'ALIAS#');
    return rows.flatMap((item) => aliasFrom({ ...authorshipOf(stack), ...item }) ?? []);
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

/** Of its branches and aliases from before it was kept who made them. */
function authorshipOf({ created_by, created_at, updated_at }: Stack): Authorship {
  return { created_by, updated_by: created_by, created_at, updated_at };
}

function stackOfMember([stackItem, memberItem, count]: readonly (Item | null | undefined)[]): StackOfMember[] {
  const [stack, member] = [stackFrom(stackItem), memberFrom(memberItem)];
  return stack && member ? [{ stack, member, tokenCount: Number(count?.tokens ?? 0) }] : [];
}
