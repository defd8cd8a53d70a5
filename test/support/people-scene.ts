/** Stacks and their people, by the use cases themselves over the simulated product. */

import { auditEntry, operationId } from '../../functions/stacks/audit-entry.ts';
import { createBranch, deleteAlias, pointAlias } from '../../functions/stacks/change-branches.ts';
import { editStack } from '../../functions/stacks/edit-stack.ts';
import { type Actor, personUid } from '../../functions/stacks/person.ts';
import { shareStack } from '../../functions/stacks/share-stack.ts';
import type { StackChanges } from '../../functions/stacks/stack-changes.ts';
import { transferStack } from '../../functions/stacks/transfer-stack.ts';
import { unshareStack } from '../../functions/stacks/unshare-stack.ts';
import { visitStack, visitStacks } from '../../functions/stacks/visit-stacks.ts';
import { Refusal } from '../../functions/values/refusals.ts';
import type { Row } from '../simulation/simulated-commits.ts';
import { type Person, type SimulatedProduct, tables } from '../simulation/simulated-product.ts';
import { fixture, simulatedProduct } from '../simulation/simulated-stack.ts';

/** `done`, or the kind of the refusal with what it says of the fields. */
export type Outcome = 'done' | { readonly kind: string; readonly errors: Refusal['errors'] };

type Fields = Readonly<Record<string, unknown>> | null;

export class PeopleScene {
  readonly product: SimulatedProduct;
  readonly stack: string;
  /** What happens between the reads of a change and its transaction, once. */
  meanwhile: (() => Promise<unknown>) | null = null;

  constructor(product: SimulatedProduct = simulatedProduct({}), stack: string = fixture.stack) {
    this.product = product;
    this.stack = stack;
  }

  edit = (fields: Fields, by?: Actor) => this.#asked(editStack, fields, by);
  branch = (fields: Fields, by?: Actor) => this.#asked(createBranch, fields, by);
  /** `alias` is what the path names; the rest is the body. */
  point = (fields: Fields, by?: Actor) => {
    const { alias: name, ...rest } = fields ?? {};
    const body = fields && rest;
    return this.#asked((deps, command) => pointAlias(deps, { ...command, fields: body, name: String(name) }), body, by);
  };
  unalias = (name: string, by?: Actor) =>
    this.#asked((deps, { actor, stack }) => deleteAlias(deps, { actor, stack, name, confirm: () => {} }), null, by);
  share = (fields: Fields, by?: Actor) => this.#asked(shareStack, fields, by);
  unshare = (fields: Fields, by?: Actor) => this.#asked(unshareStack, fields, by);
  transfer = (fields: Fields, by?: Actor) => this.#asked(transferStack, fields, by);

  who(person: Person): Actor {
    return this.product.actor(person);
  }

  /** Somebody who signs in with an address. */
  withAddress(
    email: string,
    { sub = email, isVerified = true, issuedAt }: { sub?: string; isVerified?: boolean; issuedAt?: number } = {},
  ): Actor {
    const { identity, ...actor } = this.product.actor('outsider');
    const issued = issuedAt === undefined ? {} : { issued_at: issuedAt };
    const own = { issuer: identity.issuer, sub, email, email_verified: isVerified, ...issued };
    return { ...actor, identity: own, uid: personUid(own) };
  }

  /** As `GET /v3/stacks`: of all stacks, or of one. */
  signIn(actor: Actor, stack?: string): Promise<Outcome> {
    return this.visit(actor, stack === undefined ? null : { stack, managing: false });
  }

  /** The same, with what only owner and admins may see. */
  async visit(actor: Actor, one: { readonly stack: string; readonly managing: boolean } | null): Promise<Outcome> {
    const { stacks, people, invitations } = this.product;
    const random = (bytes: number) => this.product.random(bytes);
    const deps = { stacks, people, invitations, now: () => this.product.now(), random };
    return await outcomeOf(() => (one ? visitStack(deps, { actor, ...one }) : visitStacks(deps, actor)));
  }

  /** Invited and signed in. */
  async member(email: string, role: 'admin' | 'developer'): Promise<Actor> {
    await this.share({ emails: [email], roles: { [email]: [role] } });
    const actor = this.withAddress(email);
    await this.signIn(actor);
    return actor;
  }

  /** A developer with an address that a member has already: made so by an operator. */
  memberBeside(email: string, sub: string): Promise<Actor> {
    return this.#added(this.withAddress(email, { sub }));
  }

  /** A developer from a time when the deployment had another issuer. */
  memberOfIssuer(issuer: string, sub: string): Promise<Actor> {
    const { identity, ...actor } = this.withAddress('of-before@example.test', { sub });
    const former = { ...identity, issuer };
    return this.#added({ ...actor, identity: former, uid: personUid(former) });
  }

  async #added(actor: Actor): Promise<Actor> {
    const { stacks } = this.product;
    const stack = (await stacks.find(this.stack, this.who('owner').uid))?.stack;
    if (!stack) throw new Error('There is no stack.');
    const metadata = { uid: stack.api_key, title: stack.name };
    const event = { stack: stack.api_key, module: 'stack', event_type: 'update', metadata } as const;
    const at = this.product.now();
    const audit = auditEntry(event, { actor, at, operation: operationId(at, (bytes) => this.product.random(bytes)) });
    const { issuer, sub, email: address = '' } = actor.identity;
    await stacks.addMember(stack, { uid: actor.uid, role: 'developer', issuer, sub, address }, audit);
    return actor;
  }

  async roleOf({ uid }: Actor): Promise<string | null> {
    return (await this.product.stacks.findMember(this.stack, uid))?.role ?? null;
  }

  /** The entry that was put last. */
  lastEntry(): Row {
    return this.product.commits(tables.audit).at(-1)?.after ?? {};
  }

  async #asked(
    change: (deps: Parameters<typeof editStack>[0], command: Parameters<typeof editStack>[1]) => Promise<unknown>,
    fields: Fields,
    actor: Actor = this.who('owner'),
  ): Promise<Outcome> {
    const { product, stack } = this;
    const deps = {
      stacks: product.stacks,
      changes: this.#interrupted(),
      now: () => product.now(),
      random: (bytes: number) => product.random(bytes),
    };
    return await outcomeOf(() => change(deps, { actor, stack, fields }));
  }

  #interrupted(): StackChanges {
    const first =
      <A extends readonly unknown[], T>(change: (...args: A) => Promise<T>) =>
      async (...args: A): Promise<T> => {
        const { meanwhile } = this;
        this.meanwhile = null;
        await meanwhile?.();
        return await change(...args);
      };
    const changes = this.product.stackChanges;
    return {
      edit: first((change) => changes.edit(change)),
      addBranch: first((change) => changes.addBranch(change)),
      pointAlias: first((change) => changes.pointAlias(change)),
      removeAlias: first((change) => changes.removeAlias(change)),
      share: first((change) => changes.share(change)),
      remove: first((change) => changes.remove(change)),
      transfer: first((change) => changes.transfer(change)),
    };
  }
}

async function outcomeOf(run: () => Promise<unknown>): Promise<Outcome> {
  try {
    await run();
    return 'done';
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { kind: error.kind, errors: error.errors };
  }
}
