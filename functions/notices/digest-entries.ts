import type { LastUse } from '../sessions/usage.ts';
import type { Stack } from '../stacks/stack.ts';
import type { UsedToken } from '../tokens/token-repository.ts';
import type { DigestEntry } from './digest-mail.ts';
import type { DigestNotice, DigestScene, Reachable } from './digest-repository.ts';
import type { HygieneSettings } from './hygiene.ts';
import type { DigestKey } from './notice-repository.ts';
import { nextSendTime } from './send-time.ts';

const day = 86_400_000;
/** Used within that time, it is somebody's that works with it now. */
const inUseMs = 7 * day;

export function isInUse(lastUse: LastUse | null, now: Date): boolean {
  return lastUse !== null && now.getTime() - Date.parse(lastUse.at) < inUseMs;
}

/**
 * The digest that is to tell of a token: at once where it is in use and has a day or less left, else at the stack's hour.
 * @param closed a digest that was found closed: the next one after it is wanted
 */
export function digestFor(
  { token, lastUse }: UsedToken,
  { settings, now, closed }: { settings: HygieneSettings; now: Date; closed: DigestKey | null },
): DigestKey {
  // Stryker disable next-line StringLiteral: for the compiler; about what never expires nothing is told
  const left = Date.parse(token.expires_at ?? '') - now.getTime();
  const isUrgent = isInUse(lastUse, now) && left <= day;
  if (isUrgent) {
    const sendAt = closed ? new Date(Date.parse(closed.send_at) + 1) : now;
    return { stack: token.api_key, send_at: sendAt.toISOString() };
  }
  const after = closed ? new Date(closed.send_at) : now;
  return { stack: token.api_key, send_at: nextSendTime(settings, after).toISOString() };
}

/** A token in a digest, with the rows that it is told by. */
interface ToldToken extends UsedToken {
  readonly notice: DigestNotice;
}

/** Somebody who can be mailed. */
export type Addressed = Reachable & { readonly address: string };

export function isAddressed(person: Reachable): person is Addressed {
  return person.address !== null;
}

/** Who is told what of a digest. */
export interface Telling {
  /** By the settings, and only of what still holds. Everybody here has an address; nobody is told of nothing. */
  readonly told: ReadonlyMap<Addressed, readonly ToldToken[]>;
  /** What the settings want told, and nobody with an address is. */
  readonly unheard: readonly ToldToken[];
}

export function tellingOf({ stack, people, tokens }: DigestScene, notices: readonly DigestNotice[]): Telling {
  const valid = stillTrue(tokens, notices);
  const { mail_to, mail_about } = stack.hygiene;
  // A newer version may know more than these two: rather a mail too many than one too few.
  const isAbout = ({ token }: ToldToken) => mail_about !== 'flagged' || token.is_email_notification_enabled;
  const isAsked = ({ role }: Reachable) =>
    (role === 'owner' && mail_to.includes('owner')) || (role === 'admin' && mail_to.includes('admins'));
  const isMaker = ({ uid }: Reachable, { token }: ToldToken) =>
    token.is_email_notification_enabled && token.created_by === uid;
  const each = people.filter(isAddressed).map((person) => {
    const some = valid.filter((one) => (isAsked(person) && isAbout(one)) || isMaker(person, one));
    return [person, some] as const;
  });
  const told = new Map(each.filter(([, some]) => some.length > 0));
  const heard = new Set([...told].filter(([person]) => isAsked(person)).flatMap(([, some]) => some));
  const unheard = mail_to.length === 0 ? [] : valid.filter((one) => isAbout(one) && !heard.has(one));
  return { told, unheard };
}

/** Of each token the notice that came last; none where the token is deleted, or its expiry has moved since. */
function stillTrue(tokens: readonly UsedToken[], notices: readonly DigestNotice[]): readonly ToldToken[] {
  return tokens.flatMap((used) => {
    const { uid, state, expires_at } = used.token;
    const notice = notices.findLast((one) => one.token_uid === uid && one.expires_at === expires_at);
    return notice && state !== 'deleted' ? [{ ...used, notice }] : [];
  });
}

export interface EntryContext {
  readonly stack: Stack;
  readonly people: readonly Reachable[];
  readonly now: Date;
  /** Where the console is, without a slash at the end; null: there is none. */
  readonly consoleUrl: string | null;
}

/** A token as a mail shows it. */
export function entryOf(
  { token, lastUse, notice }: ToldToken,
  { stack, people, now, consoleUrl }: EntryContext,
): DigestEntry {
  const { cleanup_after_days: days } = stack.hygiene;
  const expiry = Date.parse(notice.expires_at);
  const isHeldBack = notice.threshold === 'held_back';
  const cleanUp = isHeldBack ? token.next?.at : days === null ? undefined : new Date(expiry + days * day).toISOString();
  const what = isHeldBack ? 'cleanup_held_back' : now.getTime() < expiry ? 'expiring' : 'expired';
  return {
    uid: token.uid,
    name: token.name,
    hint: token.hint,
    what,
    expires_at: notice.expires_at,
    last_use: lastUse && { at: lastUse.at, client: lastUse.client },
    in_use: isInUse(lastUse, now),
    created_by: people.find(({ uid }) => uid === token.created_by)?.address ?? token.created_by,
    cleaned_up_at: cleanUp ?? null,
    link: consoleUrl && `${consoleUrl}/#/stack/${stack.api_key}/settings/management-tokens/${token.uid}/edit`,
  };
}
