import { type EventPublisher, eventOf } from '../events/catalogue.ts';
import { maySeeTokens } from '../stacks/stack.ts';
import { compareTexts } from '../values/compare-texts.ts';
import { minuteMs } from '../values/duration.ts';
import { claimOf, deliveryId, endOf, type Sent } from './delivery-tries.ts';
import {
  type Addressed,
  type EntryContext,
  entryOf,
  isAddressed,
  type Recipients,
  recipientsOf,
} from './digest-entries.ts';
import { renderDigest } from './digest-mail.ts';
import type { Delivery, DigestRepository, DigestScene, TakenDigest } from './digest-repository.ts';
import type { Mailer } from './mailer.ts';
import type { DueDigest } from './notice-repository.ts';

export interface SendDigestDependencies {
  readonly digests: DigestRepository;
  readonly mailer: Mailer;
  readonly publisher: EventPublisher;
  readonly now: () => Date;
  /** Where the console is, without a slash at the end; null: there is none. */
  readonly consoleUrl: string | null;
}

/** Longer than a run lasts: who holds a digest longer has crashed. */
const leaseMs = 10 * minuteMs;

type Entries = NonNullable<ReturnType<Recipients['recipients']['get']>>;

/**
 * Sends a digest whose time has come: one mail to each recipient, each claimed by itself before it is sent, so that one failing address
 * holds up no other. Harmless twice and at once: the digest is taken on condition that nobody else has it, and a delivery that has an
 * outcome is not sent again. A delivery whose outcome nobody recorded is unknown: it is tried once more, and marked.
 */
export async function sendDigest(
  deps: SendDigestDependencies,
  { digest, now, run, hasTime }: { digest: DueDigest; now: Date; run: string; hasTime: () => boolean },
): Promise<Sent> {
  const counts: Sent = { sent: 0, failed: 0, unknown: 0, undeliverable: 0 };
  const taken = await deps.digests.take(digest, new Date(deps.now().getTime() + leaseMs));
  const scene = taken && (await deps.digests.scene(taken));
  if (!taken || !scene) return counts;
  const sending = new Sending(deps, { digest: taken, scene, now, sentAt: deps.now(), run, counts });
  await sending.all(hasTime);
  return counts;
}

interface Situation {
  readonly digest: TakenDigest;
  readonly scene: DigestScene;
  /** The instant that the run is for, which may have been handed over late. */
  readonly now: Date;
  /** The clock's: a mail says what is true when it is sent. */
  readonly sentAt: Date;
  /** Of this run alone. */
  readonly run: string;
  readonly counts: Sent;
}

class Sending {
  readonly #deps: SendDigestDependencies;
  readonly #situation: Situation;
  readonly #deliveries: Map<string, Delivery>;
  /** Uids of those who get this digest now: an earlier delivery to somebody else does not count any more. */
  readonly #recipients = new Set<string>();

  constructor(deps: SendDigestDependencies, situation: Situation) {
    this.#deps = deps;
    this.#situation = situation;
    this.#deliveries = new Map(situation.scene.deliveries.map((delivery) => [delivery.person, delivery]));
  }

  async all(hasTime: () => boolean): Promise<void> {
    const { digest, scene, sentAt } = this.#situation;
    const { recipients, undeliverable: entries } = recipientsOf(scene, { notices: digest.notices, now: sentAt });
    const queue = new Map(recipients);
    const spare = spareOf(scene);
    const isLost = entries.length > 0 && !passOn(queue, { spare, entries }) && !addTo(queue, { spare, entries });
    const failures: unknown[] = [];
    // A map goes on with what is added to it meanwhile.
    for (const [person, entries] of queue) {
      if (!hasTime()) return;
      this.#recipients.add(person.uid);
      const delivery = await this.#deliver(person, entries).catch((error: unknown) => void failures.push(error));
      if (delivery?.state === 'undeliverable') passOn(queue, { spare, entries });
    }
    if (isLost) await this.#publishUndeliverable(null, 'Nobody who could be told has a verified address.');
    // What storage did not take of one recipient held up no other; the digest stays due.
    if (failures.length > 0) throw failures[0];
    await this.#finish(queue.size === 0 && !isLost);
  }

  async #deliver(person: Addressed, entries: Entries): Promise<Delivery | undefined> {
    const seen = this.#deliveries.get(person.uid) ?? null;
    const claimed = claimOf(seen, { ...this.#situation, person });
    if (!claimed) return seen ?? undefined;
    await this.#record(claimed, seen);
    if (claimed.state !== 'sending') return claimed;
    const { sentAt: now, scene, digest } = this.#situation;
    const context: EntryContext = { stack: scene.stack, people: scene.people, now, consoleUrl: this.#deps.consoleUrl };
    const mail = renderDigest({
      stack: scene.stack,
      time_zone: scene.stack.hygiene.time_zone,
      now,
      entries: entries.map((entry) => entryOf(entry, context)),
      again: claimed.again,
    });
    const outcome = await this.#deps.mailer.send({
      ...mail,
      to: claimed.address,
      delivery: deliveryId(digest, claimed),
    });
    const ended = endOf(claimed, { outcome, at: this.#deps.now() });
    this.#situation.counts[ended.state] += 1;
    // Published first: what is recorded is not looked at again, and publishing twice is publishing the same event.
    if (ended.state === 'undeliverable') await this.#publishUndeliverable(ended.person, ended.reason);
    await this.#record(ended, claimed);
    return ended;
  }

  /** @throws where somebody else has the delivery: then the digest is not finished, and is looked at again */
  async #record(delivery: Delivery, seen: Delivery | null): Promise<void> {
    const recorded = await this.#deps.digests.record(delivery, seen);
    if (!recorded) throw new Error(`The delivery to ${delivery.person} is not as it was seen.`);
    this.#deliveries.set(delivery.person, delivery);
  }

  async #finish(isAboutNothing: boolean): Promise<void> {
    const { digest } = this.#situation;
    const deliveries = [...this.#deliveries.values()].filter(({ person }) => this.#recipients.has(person));
    const [nextTry] = deliveries.flatMap(({ next_try_at }) => next_try_at ?? []).sort();
    if (nextTry) return await this.#deps.digests.postpone(digest, nextTry);
    const isSent = deliveries.some(({ state }) => state === 'sent' || state === 'unknown');
    await this.#deps.digests.finish(digest, isAboutNothing ? 'nobody' : isSent ? 'sent' : 'undeliverable');
  }

  async #publishUndeliverable(person: string | null, reason: string): Promise<void> {
    const { stack, send_at, notices } = this.#situation.digest;
    const tokens = [...new Set(notices.map(({ token_uid }) => token_uid))];
    const data = { api_key: stack, send_at, person, reason, tokens };
    const identity = [stack, send_at, person];
    await this.#deps.publisher.publish([
      eventOf('notice.undeliverable', { identity, time: this.#situation.now.toISOString(), data }),
    ]);
  }
}

/** Owner and admins who can be mailed, the owner first. */
function spareOf({ people }: DigestScene): readonly Addressed[] {
  const rank = ({ role }: Addressed) => (role === 'owner' ? 0 : 1);
  const spare = people.filter(isAddressed).filter((person) => maySeeTokens(person));
  return spare.sort((a, b) => rank(a) - rank(b) || compareTexts(a.uid, b.uid));
}

/** Adds this to the mail of the first of them: it holds whatever they get anyway. @returns whether there is one */
function addTo(
  queue: Map<Addressed, Entries>,
  { spare: [first], entries }: { spare: readonly Addressed[]; entries: Entries },
): boolean {
  if (first) queue.set(first, entries);
  return first !== undefined;
}

/** Adds the next person who gets no mail yet. @returns whether there is one */
function passOn(
  queue: Map<Addressed, Entries>,
  { spare, entries }: { spare: readonly Addressed[]; entries: Entries },
): boolean {
  const next = spare.find((person) => !queue.has(person));
  if (next) queue.set(next, entries);
  return next !== undefined;
}
