import { randomBytes } from 'node:crypto';
import { keysOf } from '../../functions/aws/keys.ts';
import { nextAction } from '../../functions/hygiene/schedule.ts';
import { type AuditEntry, auditEntry, operationId } from '../../functions/stacks/audit-entry.ts';
import { createStack } from '../../functions/stacks/create-stack.ts';
import { type Actor, personUid } from '../../functions/stacks/person.ts';
import { type Member, madeBy, type Role, type Stack } from '../../functions/stacks/stack.ts';
import { type Receipt, receiptOf } from '../../functions/tokens/revocation.ts';
import type { Token } from '../../functions/tokens/token.ts';
import { digestOf, mintUid } from '../../functions/values/token-value.ts';
import { tokenLike } from '../tokens/token-like.ts';
import type { Repositories } from './repository-backends.ts';

export const random = (bytes: number): Uint8Array => randomBytes(bytes);
export const at = new Date('2026-03-01T08:00:00.000Z');

/** Somebody new, who signs in at an issuer. */
export function somebody(): Actor {
  const identity = { issuer: 'https://issuer.example.test', sub: randomBytes(8).toString('hex') };
  return { uid: personUid(identity), identity, request_id: 'request', remote_addr: '192.0.2.1' };
}

/** A new stack on a plan with two tokens, with its people; each test has its own. */
export class StackOfPeople {
  readonly stack: Stack;
  readonly owner: Actor;
  readonly #repositories: Repositories;

  private constructor(repositories: Repositories, stack: Stack, owner: Actor) {
    this.#repositories = repositories;
    this.stack = stack;
    this.owner = owner;
  }

  static async make(repositories: Repositories, owner = somebody()): Promise<StackOfPeople> {
    const deps = {
      stacks: repositories.stacks,
      now: () => at,
      random,
      organizationUid: 'blt00000000000000aa',
      newStackPlan: { max_tokens: 2, manage_rate_limits: true },
    };
    const { stack } = await createStack(deps, { actor: owner, fields: { name: 'Web' } });
    return new StackOfPeople(repositories, stack, owner);
  }

  async member(role: Role): Promise<Actor> {
    const actor = somebody();
    await this.#repositories.people.addMember(this.stack, memberOf(actor, role), this.audit());
    return actor;
  }

  /** Who changes the stack as it is now, with the entry of it. */
  async by(actor: Actor = this.owner) {
    const { storage, tables } = this.#repositories;
    const [item] = await storage.read([keysOf(tables).stack(this.stack.api_key)]);
    return { stack: this.stack.api_key, member: actor.uid, seen: Number(item?.changes ?? 0), audit: this.audit() };
  }

  /** An alias that points to `main`. */
  async alias(name: string): Promise<void> {
    const to = { name: 'main', aliases: [] };
    const alias = { name, target: 'main', ...madeBy(this.owner.uid, at) };
    await this.#repositories.changes.pointAlias({ ...(await this.by()), alias, from: null, to });
  }

  audit(operation = operationId(at, random), title = 'x'): AuditEntry {
    const metadata = { uid: this.stack.api_key, title };
    const event = { stack: this.stack.api_key, module: 'management_token', event_type: 'update', metadata } as const;
    return auditEntry(event, { actor: this.owner, at, operation });
  }

  /** A token that is not stored yet. */
  newToken(fields: Partial<Token> = {}): Token {
    const settings = { expires_on: '2026-09-01', expires_at: '2026-09-01T00:00:00.000Z' };
    return tokenLike({
      scope: [
        { module: '$all', acl: { read: true, write: true } },
        { module: 'branch', acl: { read: true }, branches: ['main'] },
      ],
      ...settings,
      uid: mintUid(random),
      api_key: this.stack.api_key,
      org_uid: this.stack.org_uid,
      digest: digestOf('value'),
      next: nextAction({ ...settings, state: 'live' }, this.stack.hygiene, at),
      armed_under: this.stack.hygiene_version,
      created_by: this.owner.uid,
      updated_by: this.owner.uid,
      created_at: at.toISOString(),
      updated_at: at.toISOString(),
      ...fields,
    });
  }

  async token(fields: Partial<Token> = {}): Promise<Token> {
    const token = this.newToken(fields);
    await this.create(token);
    return token;
  }

  create(token: Token, by: Actor = this.owner): ReturnType<Repositories['tokens']['create']> {
    const audit = this.audit();
    return this.#repositories.tokens.create({ token, stack: this.stack, member: by.uid, audit });
  }

  receipt(token: Token, epoch: number | null = null): Receipt {
    const operation = operationId(at, random);
    return receiptOf(token, {
      operation,
      reason: epoch === null ? 'deleted' : 'expired_now',
      actor: this.owner.uid,
      at,
      epoch,
    });
  }

  delete(
    token: Token,
    { by = this.owner, name = token.name, ...more }: { by?: Actor; name?: string; version?: number } = {},
  ): ReturnType<Repositories['tokens']['delete']> {
    const receipt = this.receipt(token);
    const audit = this.audit(receipt.operation);
    return this.#repositories.tokens.delete({ receipt, member: by.uid, confirmName: name, audit, ...more });
  }

  edit(before: Token, fields: Partial<Token>, by: Actor = this.owner): ReturnType<Repositories['tokens']['replace']> {
    const after = { ...before, version: before.version + 1, ...fields };
    const raised = after.epoch === before.epoch ? {} : { receipt: this.receipt(before, after.epoch) };
    return this.#repositories.tokens.replace({ before, after, by: { member: by.uid }, audit: this.audit(), ...raised });
  }

  /** Everything that is stored of the stack and of a token, to see that nothing was changed. */
  async stored(token?: Token): Promise<unknown> {
    const { storage, tables } = this.#repositories;
    const partition = (table: string, pk: string) => storage.query({ table, pk, limit: 1000 });
    return await Promise.all([
      partition(tables.tokens, `STACK#${this.stack.api_key}`),
      partition(tables.audit, `STACK#${this.stack.api_key}`),
      token ? partition(tables.tokens, `TOKEN#${token.uid}`) : [],
    ]);
  }
}

export function memberOf({ uid, identity: { issuer, sub } }: Actor, role: Role): Member {
  return { uid, role, issuer, sub };
}
