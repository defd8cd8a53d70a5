import { requireToken } from '../tokens/edit-token.ts';
import { isAlive, statusOf, type TokenStatus } from '../tokens/token.ts';
import type { TokenReads } from '../tokens/token-repository.ts';
import { hourMs } from '../values/duration.ts';
import { type LastUse, minutesUsed } from '../values/last-use.ts';
import { isUid } from '../values/token-value.ts';
import { countLiveSessions } from './list-sessions.ts';
import type { SessionRepository } from './session-repository.ts';

/** What deleting a token would end, for a person to read before they do it. */
export interface DeletionPreview {
  readonly status: TokenStatus;
  /** Exact up to 1,000; `more` where there are more than that. */
  readonly sessions: { readonly count: number; readonly more: boolean };
  readonly last_used_at: string | null;
  readonly last_used_client: string | null;
  /** When its scope refused a call with the right value the last time. */
  readonly last_refused_at: string | null;
  /** Minutes in which it was used, in the last 24 hours and 7 days. */
  readonly minutes_used: { readonly day: number; readonly week: number };
  readonly warnings: readonly string[];
}

const mostCounted = 1000;
const week = 7 * 24;

/** @throws {Refusal} `stack-not-found`, `not-allowed`, `token-not-found`, `unavailable` */
export async function previewDeletion(
  deps: { tokens: TokenReads; sessions: SessionRepository; now: () => Date },
  { caller, stack: key, uid }: { readonly caller: string; readonly stack: string; readonly uid: string },
): Promise<DeletionPreview> {
  const seen = await deps.tokens.see({
    stack: key,
    member: caller,
    lastUse: true,
    ...(isUid(uid) ? { token: uid } : {}),
  });
  const { token, stack, lastUse, lastRefusedAt = null } = requireToken(seen);
  const now = deps.now();
  const live = isAlive(token, now) ? await countLiveSessions(deps, token, mostCounted) : { count: 0, more: false };
  const minutes = (hours: number) => (lastUse ? minutesUsed(lastUse, hours, now) : 0);
  const facts = {
    status: statusOf(token, Math.max(0, ...stack.hygiene.warn_days), now),
    sessions: live,
    minutes_used: { day: minutes(24), week: minutes(week) },
  };
  return {
    ...facts,
    last_used_at: lastUse?.at ?? null,
    last_used_client: lastUse?.client || null,
    last_refused_at: lastRefusedAt,
    warnings: warningsOf({ ...facts, lastUse, lastRefusedAt }, now),
  };
}

type Facts = Pick<DeletionPreview, 'status' | 'sessions' | 'minutes_used'> & {
  readonly lastUse: LastUse | null;
  readonly lastRefusedAt: string | null;
};

function warningsOf(facts: Facts, now: Date): string[] {
  const { status, sessions, minutes_used: minutes, lastUse, lastRefusedAt: refusedAt } = facts;
  const live =
    sessions.count > 0
      ? [`${sessions.more ? 'More than ' : ''}${counted(sessions.count, 'session')} will end at once.`]
      : [];
  const isRecent = (at: string) => now.getTime() - Date.parse(at) < week * hourMs;
  const used = lastUse && isRecent(lastUse.at) ? [usedRecently(lastUse, now)] : [];
  const refused = refusedAt && isRecent(refusedAt) ? [refusedRecently(refusedAt, now)] : [];
  const busy = minutes.week > 0 ? [`It was in use in ${counted(minutes.week, 'minute')} of the last 7 days.`] : [];
  const idle = status !== 'expired' && !lastUse ? [refusedAt ? neverWithSuccess : neverUsed] : [];
  return [forGood, ...live, ...used, ...busy, ...refused, ...idle];
}

const forGood = 'Deleting cannot be undone, and the value can never be used again.';
const neverUsed = 'It has never been used: whoever holds its value may be about to.';
const neverWithSuccess = 'No call with it has ever succeeded.';

function usedRecently({ at, client }: LastUse, now: Date): string {
  return `It was used ${ago(at, now)}${client ? ` by ${client}` : ''}.`;
}

function refusedRecently(at: string, now: Date): string {
  return `It is still being called, and its scope refuses the calls: the last one was ${ago(at, now)}.`;
}

function ago(at: string, now: Date): string {
  const hours = Math.floor((now.getTime() - Date.parse(at)) / hourMs);
  return hours < 1 ? 'within the last hour' : `${counted(hours, 'hour')} ago`;
}

const counted = (count: number, noun: string) => `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
