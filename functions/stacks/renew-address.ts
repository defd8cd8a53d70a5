import { retryLostRace } from '../values/lost-race.ts';
import type { Randomness } from '../values/token-value.ts';
import { normalAddress, verifiedAddress } from './address.ts';
import { type AuditEntry, auditEntry, operationId } from './audit-entry.ts';
import type { Actor, Identity, KnownAddress } from './person.ts';
import type { PersonRepository } from './person-repository.ts';

export interface RenewAddressDependencies {
  readonly people: PersonRepository;
  readonly now: () => Date;
  readonly random: Randomness;
}

/**
 * Stores the address that the issuer vouches for today, if another one is stored. Mails go to the stored address, and stacks know the
 * person by it. An older JWT, which may still be in use, never brings an old address back. The audit log of each of the person's stacks
 * gets an entry. Safe to run twice at once: the write has the stored address, as it was read, as its condition.
 * @param known as it was read before; null: this person has never joined a stack, and we keep nothing about them
 * @param except a stack that they have just joined by the new address: its people need not know the old one
 * @throws {Refusal} `conflict`, `unavailable`
 */
export async function renewAddress(
  { people, now, random }: RenewAddressDependencies,
  { actor, known, except }: { readonly actor: Actor; readonly known: KnownAddress | null; readonly except?: string },
): Promise<void> {
  if (!newerAddress(actor.identity, known)) return;
  // Another visit may store an address first, from a JWT that is older than this one. After three tries, the next visit goes on.
  await retryLostRace(async () => {
    const { known: seen, stacks } = await people.find(actor.uid);
    const renewed = newerAddress(actor.identity, seen);
    if (!seen || !renewed) return true;
    const affected = stacks.filter((stack) => stack !== except);
    const entries = entriesOf(affected, { actor, at: now(), random, from: seen.address, to: renewed.address });
    return await people.renewAddress({ uid: actor.uid, seen, ...renewed, entries });
  });
}

/** One operation, with an entry in the log of each stack. */
function entriesOf(
  stacks: readonly string[],
  { actor, at, random, from, to }: { actor: Actor; at: Date; random: Randomness; from: string | null; to: string },
): readonly AuditEntry[] {
  const operation = operationId(at, random);
  const changes = [{ field: 'email', from, to }];
  return stacks.map((stack) => {
    const event = {
      stack,
      module: 'stack',
      event_type: 'update',
      metadata: { uid: stack, title: to },
      changes,
    } as const;
    return auditEntry(event, { actor, at, operation });
  });
}

/**
 * The address of a JWT if it replaces the stored one, otherwise null. A JWT without `iat` replaces nothing: it may be older than the one
 * before.
 */
function newerAddress(identity: Identity, known: KnownAddress | null): { address: string; issued_at: number } | null {
  const address = verifiedAddress(identity);
  const { issued_at } = identity;
  if (!known || address === null || issued_at === undefined) return null;
  if (known.address !== null && normalAddress(known.address) === normalAddress(address)) return null;
  return known.issued_at === null || issued_at > known.issued_at ? { address, issued_at } : null;
}
