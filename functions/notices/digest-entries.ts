import { isInUse, isWarning, sendTimeOf } from '../hygiene/send-time.ts';
import type { HygieneSettings } from '../hygiene/settings.ts';
import type { Stack } from '../stacks/stack.ts';
import type { UsedToken } from '../tokens/token-repository.ts';
import { dayMs } from '../values/duration.ts';
import type { DigestEntry } from './digest.ts';
import type { DigestNotice, DigestScene, Reachable } from './digest-repository.ts';
import type { DigestKey } from './notice-repository.ts';

/**
 * The digest that a notice goes into: that of the instant at which it is mailed.
 * @param closed a digest that took no more notices: the next one after it is used instead
 */
export function digestFor(
  { token, lastUse }: UsedToken,
  {
    notice: { threshold, expires_at },
    settings,
    now,
    closed,
  }: {
    notice: Pick<DigestNotice, 'threshold' | 'expires_at'>;
    settings: HygieneSettings;
    now: Date;
    closed: DigestKey | null;
  },
): DigestKey {
  const notice = { threshold, expires_at, isInUse: isInUse(lastUse, now) };
  const earliest = closed ? new Date(Date.parse(closed.send_at) + 1) : now;
  return { stack: token.api_key, send_at: sendTimeOf(notice, { settings, now: earliest }).toISOString() };
}

/** A token in a digest, with the notice that put it there. */
interface NotifiedToken extends UsedToken {
  readonly notice: DigestNotice;
}

/** Somebody who can be mailed. */
export type Addressed = Reachable & { readonly address: string };

export function isAddressed(person: Reachable): person is Addressed {
  return person.address !== null;
}

/** Who gets which tokens of a digest. */
export interface Recipients {
  /** By the settings, and only of what still holds. Everybody here has an address and at least one token. */
  readonly recipients: ReadonlyMap<Addressed, readonly NotifiedToken[]>;
  /** What the settings ask to be sent, and nobody with an address would get. */
  readonly undeliverable: readonly NotifiedToken[];
}

export function recipientsOf(
  { stack, people, tokens }: DigestScene,
  { notices, now }: { notices: readonly DigestNotice[]; now: Date },
): Recipients {
  const valid = stillTrue(tokens, { notices, now });
  const { mail_to, mail_about } = stack.hygiene;
  // A newer version may know more than these two: rather a mail too many than one too few.
  const isAbout = ({ token }: NotifiedToken) => mail_about !== 'flagged' || token.is_email_notification_enabled;
  const isAsked = ({ role }: Reachable) =>
    (role === 'owner' && mail_to.includes('owner')) || (role === 'admin' && mail_to.includes('admins'));
  const isMaker = ({ uid }: Reachable, { token }: NotifiedToken) =>
    token.is_email_notification_enabled && token.created_by === uid;
  const each = people.filter(isAddressed).map((person) => {
    const some = valid.filter((one) => (isAsked(person) && isAbout(one)) || isMaker(person, one));
    return [person, some] as const;
  });
  const recipients = new Map(each.filter(([, some]) => some.length > 0));
  const delivered = new Set([...recipients].filter(([person]) => isAsked(person)).flatMap(([, some]) => some));
  const undeliverable = mail_to.length === 0 ? [] : valid.filter((one) => isAbout(one) && !delivered.has(one));
  return { recipients, undeliverable };
}

/**
 * Of each token the notice that came last. A token is left out when it is deleted, when its expiry has moved since, and when it has
 * expired before its warning was sent: the notice of its expiry tells that.
 */
function stillTrue(
  tokens: readonly UsedToken[],
  { notices, now }: { notices: readonly DigestNotice[]; now: Date },
): readonly NotifiedToken[] {
  return tokens.flatMap((used) => {
    const { uid, state, expires_at } = used.token;
    const notice = notices.findLast((one) => one.token_uid === uid && one.expires_at === expires_at);
    return notice && state !== 'deleted' && !isOvertaken(notice, now) ? [{ ...used, notice }] : [];
  });
}

function isOvertaken({ threshold, expires_at }: DigestNotice, now: Date): boolean {
  return isWarning(threshold) && Date.parse(expires_at) <= now.getTime();
}

export interface EntryContext {
  readonly stack: Stack;
  readonly people: readonly Reachable[];
  readonly now: Date;
  /** Where the console is, without a slash at the end; null: there is none. */
  readonly consoleUrl: string | null;
}

/** A token as a mail shows it, where its notice is still true. */
export function entryOf(
  { token, lastUse, notice }: NotifiedToken,
  { stack, people, now, consoleUrl }: EntryContext,
): DigestEntry {
  const { cleanup_after_days: days } = stack.hygiene;
  const { threshold, expires_at } = notice;
  const expiry = Date.parse(expires_at);
  const isHeldBack = threshold === 'held_back';
  const cleanUp = isHeldBack
    ? token.next?.at
    : days === null
      ? undefined
      : new Date(expiry + days * dayMs).toISOString();
  const what = isHeldBack ? 'cleanup_held_back' : isWarning(threshold) ? 'expiring' : 'expired';
  return {
    uid: token.uid,
    name: token.name,
    hint: token.hint,
    what,
    expires_at,
    last_use: lastUse && { at: lastUse.at, client: lastUse.client },
    in_use: isInUse(lastUse, now),
    created_by: people.find(({ uid }) => uid === token.created_by)?.address ?? token.created_by,
    cleaned_up_at: cleanUp ?? null,
    link: consoleUrl && `${consoleUrl}/#/stack/${stack.api_key}/settings/management-tokens/${token.uid}/edit`,
  };
}
