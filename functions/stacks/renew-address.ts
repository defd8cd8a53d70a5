import type { Randomness } from '../tokens/token-value.ts';
import { normalAddress, verifiedAddress } from './address.ts';
import { type AuditEntry, auditEntry, operationId } from './audit-entry.ts';
import type { Actor, Identity, KnownAddress } from './person.ts';
import type { PersonRepository } from './person-repository.ts';

export interface RenewAddressDependencies {
  readonly people: PersonRepository;
  readonly now: () => Date;
  readonly random: Randomness;
}

const mostTries = 3;

/**
 * Stores the address that the issuer vouches for today, where another one is stored: mails go to it, and the stacks of this person
 * know them by it. An older JWT, which may still be in use, never brings an old address back. Each stack of the person has the change
 * in its audit log. Twice at once: that the stored address is as it was seen is a condition of the write.
 * @param known as it was read with the stacks that were asked for; null: this person has never joined a stack, and nothing is kept of
 * them
 * @param except a stack that they have just joined under the new address, whose people have no business with the old one
 * @throws {Refusal} `conflict`, `unavailable`
 */
export async function renewAddress(
  { people, now, random }: RenewAddressDependencies,
  { actor, known, except }: { readonly actor: Actor; readonly known: KnownAddress | null; readonly except?: string },
): Promise<void> {
  if (!newerAddress(actor.identity, known)) return;
  // Another visit of theirs may be faster, with a JWT that is older than this one. After so many the next visit tries again.
  for (let tries = 0; tries < mostTries; tries += 1) {
    const { known: seen, stacks } = await people.find(actor.uid);
    const renewed = newerAddress(actor.identity, seen);
    if (!seen || !renewed) return;
    const affected = stacks.filter((stack) => stack !== except);
    const entries = entriesOf(affected, { actor, at: now(), random, from: seen.address, to: renewed.address });
    if (await people.renewAddress({ uid: actor.uid, seen, ...renewed, entries })) return;
  }
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
 * The address that a JWT brings, where it replaces the stored one; otherwise null. A JWT that does not say when it was issued replaces
 * nothing: it may be older than the one before.
 */
function newerAddress(identity: Identity, known: KnownAddress | null): { address: string; issued_at: number } | null {
  const address = verifiedAddress(identity);
  const { issued_at } = identity;
  if (!known || address === null || issued_at === undefined) return null;
  if (known.address !== null && normalAddress(known.address) === normalAddress(address)) return null;
  return known.issued_at === null || issued_at > known.issued_at ? { address, issued_at } : null;
}
