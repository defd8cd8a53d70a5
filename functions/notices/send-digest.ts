import { createHash } from 'node:crypto';
import { type EventPublisher, eventOf } from '../events/catalogue.ts';
import { maySeeTokens } from '../stacks/stack.ts';
import { compareTexts } from '../values/compare-texts.ts';
import { minuteMs } from '../values/duration.ts';
import { type Addressed, type EntryContext, entryOf, isAddressed, type Telling, tellingOf } from './digest-entries.ts';
import { renderDigest } from './digest-mail.ts';
import type { Delivery, DigestRepository, DigestScene, TakenDigest } from './digest-repository.ts';
import type { Mailer, MailOutcome } from './mailer.ts';
import type { DueDigest } from './notice-repository.ts';

export interface SendDigestDependencies {
  readonly digests: DigestRepository;
  readonly mailer: Mailer;
  readonly publisher: EventPublisher;
  readonly now: () => Date;
  /** Where the console is, without a slash at the end; null: there is none. */
  readonly consoleUrl: string | null;
}

/** How many mails of a digest came to what in this run. */
export interface Sent {
  sent: number;
  failed: number;
  unknown: number;
  undeliverable: number;
}

/** Longer than a run lasts: who holds a digest longer has crashed. */
const leaseMs = 10 * minuteMs;
const firstRetryMs = 15 * minuteMs;
const mostTries = 8;

type Entries = NonNullable<ReturnType<Telling['told']['get']>>;

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

type EndedDelivery = Omit<Delivery, 'state' | 'reason'> &
  (
    | { readonly state: 'undeliverable'; readonly reason: string }
    | { readonly state: Exclude<keyof Sent, 'undeliverable'>; readonly reason: string | null }
  );

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
  /** Who is to be told now: a delivery to somebody else is of no account any more. */
  readonly #told = new Set<string>();

  constructor(deps: SendDigestDependencies, situation: Situation) {
    this.#deps = deps;
    this.#situation = situation;
    this.#deliveries = new Map(situation.scene.deliveries.map((delivery) => [delivery.person, delivery]));
  }

  async all(hasTime: () => boolean): Promise<void> {
    const { digest, scene, sentAt } = this.#situation;
    const { told, unheard } = tellingOf(scene, { notices: digest.notices, now: sentAt });
    const queue = new Map(told);
    const spare = spareOf(scene);
    const isLost =
      unheard.length > 0 && !passOn(queue, { spare, entries: unheard }) && !addTo(queue, { spare, entries: unheard });
    const failures: unknown[] = [];
    // A map goes on with what is added to it meanwhile.
    for (const [person, entries] of queue) {
      if (!hasTime()) return;
      this.#told.add(person.uid);
      const delivery = await this.#deliver(person, entries).catch((error: unknown) => void failures.push(error));
      if (delivery?.state === 'undeliverable') passOn(queue, { spare, entries });
    }
    if (isLost) await this.#tellUndeliverable(null, 'Nobody who could be told has a verified address.');
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
    // Told first: what is recorded is not looked at again, and to be told twice is to be told the same event.
    if (ended.state === 'undeliverable') await this.#tellUndeliverable(ended.person, ended.reason);
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
    const deliveries = [...this.#deliveries.values()].filter(({ person }) => this.#told.has(person));
    const [nextTry] = deliveries.flatMap(({ next_try_at }) => next_try_at ?? []).sort();
    if (nextTry) return await this.#deps.digests.postpone(digest, nextTry);
    const isTold = deliveries.some(({ state }) => state === 'sent' || state === 'unknown');
    await this.#deps.digests.finish(digest, isAboutNothing ? 'nobody' : isTold ? 'sent' : 'undeliverable');
  }

  async #tellUndeliverable(person: string | null, reason: string): Promise<void> {
    const { stack, send_at, notices } = this.#situation.digest;
    const tokens = [...new Set(notices.map(({ token_uid }) => token_uid))];
    const data = { api_key: stack, send_at, person, reason, tokens };
    const identity = [stack, send_at, person];
    await this.#deps.publisher.publish([
      eventOf('notice.undeliverable', { identity, time: this.#situation.now.toISOString(), data }),
    ]);
  }
}

/** Owner and admins who can be told, the owner first. */
function spareOf({ people }: DigestScene): readonly Addressed[] {
  const rank = ({ role }: Addressed) => (role === 'owner' ? 0 : 1);
  const spare = people.filter(isAddressed).filter((person) => maySeeTokens(person));
  return spare.sort((a, b) => rank(a) - rank(b) || compareTexts(a.uid, b.uid));
}

/** Has the first of them be told this: whatever they are told anyway is among it. @returns whether there is one */
function addTo(
  queue: Map<Addressed, Entries>,
  { spare: [first], entries }: { spare: readonly Addressed[]; entries: Entries },
): boolean {
  if (first) queue.set(first, entries);
  return first !== undefined;
}

/** Has the next person who is told nothing yet be told. @returns whether there is one */
function passOn(
  queue: Map<Addressed, Entries>,
  { spare, entries }: { spare: readonly Addressed[]; entries: Entries },
): boolean {
  const next = spare.find((person) => !queue.has(person));
  if (next) queue.set(next, entries);
  return next !== undefined;
}

/** The delivery that is to be recorded before a mail is sent; null where it has an outcome, or its time has not come. */
function claimOf(
  seen: Delivery | null,
  { digest, person, now, run }: Situation & { person: Addressed },
): Delivery | null {
  const at = now.toISOString();
  const { stack, send_at } = digest;
  const sending = {
    stack,
    send_at,
    person: person.uid,
    address: person.address,
    state: 'sending',
    run,
    at,
    reason: null,
    next_try_at: null,
  } as const;
  if (!seen) return { ...sending, tries: 1, again: false };
  const once = { ...sending, tries: seen.tries + 1 };
  if (seen.state === 'failed') return (seen.next_try_at ?? '') <= at ? { ...once, again: seen.again } : null;
  // Nobody recorded what became of it, and whoever sent it had its time.
  const isUnknown = seen.state === 'unknown' || seen.state === 'sending';
  if (!isUnknown) return null;
  if (!seen.again) return { ...once, again: true };
  if (seen.state === 'unknown') return null;
  return {
    ...seen,
    state: 'unknown',
    run,
    at,
    reason: 'The run that sent it did not say what became of it.',
    next_try_at: null,
  };
}

function endOf(claimed: Delivery, { outcome, at }: { outcome: MailOutcome; at: Date }): EndedDelivery {
  const ended = {
    ...claimed,
    at: at.toISOString(),
    reason: 'reason' in outcome ? outcome.reason : null,
    next_try_at: null,
  };
  const later = (ms: number) => new Date(at.getTime() + ms).toISOString();
  switch (outcome.outcome) {
    case 'sent':
      return { ...ended, state: 'sent' };
    case 'undeliverable':
      return { ...ended, state: 'undeliverable', reason: outcome.reason };
    case 'unknown':
      // Once more, and marked; then it stays unknown.
      return { ...ended, state: 'unknown', next_try_at: claimed.again ? null : at.toISOString() };
    case 'failed':
      return claimed.tries < mostTries
        ? { ...ended, state: 'failed', next_try_at: later(firstRetryMs * 2 ** (claimed.tries - 1)) }
        : { ...ended, state: 'undeliverable', reason: `${outcome.reason} Given up after ${claimed.tries} tries.` };
  }
}

/** Tells of a mail to which delivery and try it belongs, and nothing about anybody. */
function deliveryId({ stack, send_at }: TakenDigest, { person, tries }: Delivery): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([stack, send_at, person]))
    .digest('hex')
    .slice(0, 24);
  return `${hash}-${tries}`;
}
