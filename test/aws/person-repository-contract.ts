import { describe, expect, it } from 'vitest';
import { auditEntry, operationId } from '../../functions/stacks/audit-entry.ts';
import type { Actor } from '../../functions/stacks/person.ts';
import { mintUid } from '../../functions/values/token-value.ts';
import type { Repositories } from './repository-backends.ts';
import { at, memberOf, random, StackOfPeople, somebody } from './stack-of-people.ts';

/** What the renewal of addresses rests on. */
export function describePersonRepository(repositories: () => Repositories): void {
  const [old, today] = ['ann@old.example.test', 'ann@example.test'];
  const withAddress = (actor: Actor, email: string, issued_at?: number): Actor => ({
    ...actor,
    identity: { ...actor.identity, email, email_verified: true, ...(issued_at === undefined ? {} : { issued_at }) },
  });
  const knownOf = async ({ uid }: Actor) => (await repositories().visitors.find(uid)).known;
  const entriesIn = (stacks: readonly string[], actor: Actor) => {
    const operation = operationId(at, random);
    return stacks.map((stack) => {
      const event = { stack, module: 'stack', event_type: 'update', metadata: { uid: stack, title: today } } as const;
      return auditEntry(event, { actor, at, operation });
    });
  };
  const auditedIn = async (stacks: readonly string[]) => {
    const logs = stacks.map((stack) => repositories().auditLog.all({ stack, limit: 10, before: null }));
    return (await Promise.all(logs))
      .flatMap(({ entries }) => entries)
      .filter(({ metadata }) => metadata.title === today).length;
  };
  /** Somebody who joined with the old address. */
  async function joined(issued_at?: number) {
    const actor = withAddress(somebody(), old, issued_at);
    const { stack } = await StackOfPeople.make(repositories(), actor);
    const seen = await knownOf(actor);
    if (!seen) throw new Error('Nothing is known of who has joined.');
    const renew = (issued: number, entries = entriesIn([stack.api_key], actor), was = seen) =>
      repositories().visitors.renewAddress({ uid: actor.uid, seen: was, address: today, issued_at: issued, entries });
    return { actor, stack, renew };
  }

  describe('the address of a person', () => {
    it('is that of the JWT by which they first join, and stays when they join more', async () => {
      const { actor } = await joined(10);
      expect(await knownOf(actor)).toEqual({ address: old, issued_at: 10 });
      await StackOfPeople.make(repositories(), withAddress(actor, today, 20));
      expect(await knownOf(actor)).toEqual({ address: old, issued_at: 10 });
      expect(await knownOf(somebody())).toBeNull();
    });

    it('is known without its JWT where that does not say when it was issued, or where joining came later', async () => {
      const { actor } = await joined();
      expect(await knownOf(actor)).toEqual({ address: old, issued_at: null });
      await StackOfPeople.make(repositories(), withAddress(actor, today, 20));
      expect(await knownOf(actor)).toEqual({ address: old, issued_at: null });
    });

    it('is the one of whoever joins first with one', async () => {
      const actor = somebody();
      await StackOfPeople.make(repositories(), actor);
      expect(await knownOf(actor)).toEqual({ address: null, issued_at: null });
      await StackOfPeople.make(repositories(), withAddress(actor, old, 10));
      expect(await knownOf(actor)).toEqual({ address: old, issued_at: 10 });
    });

    it('is what an operator says, who has no JWT', async () => {
      const { actor } = await joined(10);
      const { stack, audit } = await StackOfPeople.make(repositories()).then((scene) => ({
        stack: scene.stack,
        audit: scene.audit(),
      }));
      await repositories().people.addMember(stack, { ...memberOf(actor, 'admin'), address: today }, audit);
      expect(await knownOf(actor)).toEqual({ address: today, issued_at: null });
    });

    it.each([
      ['an older JWT', 9],
      ['the same JWT', 10],
    ])('is not changed by %s, and nothing is audited', async (_, issued_at) => {
      const { actor, stack, renew } = await joined(10);
      expect(await renew(issued_at)).toBe(false);
      expect(await knownOf(actor)).toEqual({ address: old, issued_at: 10 });
      expect(await auditedIn([stack.api_key])).toBe(0);
    });

    it('is changed by a newer JWT once, with its entries', async () => {
      const { actor, stack, renew } = await joined(10);
      expect(await renew(11)).toBe(true);
      expect(await knownOf(actor)).toEqual({ address: today, issued_at: 11 });
      expect(await auditedIn([stack.api_key])).toBe(1);
      expect(await renew(12)).toBe(false);
      expect((await repositories().visitors.find(actor.uid)).stacks).toEqual([stack.api_key]);
    });

    it('of before JWTs were looked at, and one that was not known, is changed by any JWT', async () => {
      const { actor, renew } = await joined();
      expect(await renew(1)).toBe(true);
      expect(await knownOf(actor)).toEqual({ address: today, issued_at: 1 });
      const without = somebody();
      await StackOfPeople.make(repositories(), without);
      const seen = { address: null, issued_at: null };
      const renewal = { uid: without.uid, seen, address: today, issued_at: 1, entries: [] };
      expect(await repositories().visitors.renewAddress(renewal)).toBe(true);
      expect(await repositories().visitors.renewAddress(renewal)).toBe(false);
      expect(await knownOf(without)).toEqual({ address: today, issued_at: 1 });
    });

    it('is not made for who has never joined', async () => {
      const actor = somebody();
      const seen = { address: null, issued_at: null };
      const renewal = { uid: actor.uid, seen, address: today, issued_at: 1, entries: [] };
      expect(await repositories().visitors.renewAddress(renewal)).toBe(false);
      expect(await knownOf(actor)).toBeNull();
    });

    it.each([99, 100, 250])('is changed with its entries in %d stacks, or in none', async (count) => {
      const { actor, renew } = await joined(10);
      const stacks = Array.from({ length: count }, () => mintUid(random));
      const entries = entriesIn(stacks, actor);
      expect(await renew(10, entries)).toBe(false);
      expect(await renew(11, entries, { address: 'another@example.test', issued_at: 10 })).toBe(false);
      expect(await auditedIn(stacks)).toBe(0);
      expect(await renew(11, entries)).toBe(true);
      expect([await knownOf(actor), await auditedIn(stacks)]).toEqual([{ address: today, issued_at: 11 }, count]);
    });
  });
}
