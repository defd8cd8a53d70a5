import { requireToken } from '../tokens/edit-token.ts';
import { isAlive, statusOf, type TokenStatus } from '../tokens/token.ts';
import type { TokenRepository } from '../tokens/token-repository.ts';
import { isUid } from '../tokens/token-value.ts';
import { liveSessions } from './list-sessions.ts';
import type { SessionRepository } from './session-repository.ts';
import type { LastUse, UsageRepository } from './usage.ts';

/** What deleting a token would end, for a person to read before they do it. */
export interface DeletionPreview {
  readonly status: TokenStatus;
  /** Exact up to 1,000; `more` where there are more than that. */
  readonly sessions: { readonly count: number; readonly more: boolean };
  readonly last_use: LastUse | null;
  readonly warnings: readonly string[];
}

const mostCounted = 1000;
const hourMs = 3_600_000;

/** @throws {Refusal} `stack-not-found`, `not-allowed`, `token-not-found`, `unavailable` */
export async function previewDeletion(
  deps: { tokens: TokenRepository; sessions: SessionRepository; usage: UsageRepository; now: () => Date },
  { caller, stack: key, uid }: { readonly caller: string; readonly stack: string; readonly uid: string },
): Promise<DeletionPreview> {
  const seen = await deps.tokens.see({ stack: key, member: caller, ...(isUid(uid) ? { token: uid } : {}) });
  const { token, stack } = requireToken(seen);
  const now = deps.now();
  const [last_use = null] = await deps.usage.lastUses([uid], now);
  const live = isAlive(token, now)
    ? await liveSessions(deps, token, { from: { shard: 0 }, limit: mostCounted + 1 })
    : { sessions: [] };
  const sessions = { count: Math.min(live.sessions.length, mostCounted), more: live.sessions.length > mostCounted };
  const status = statusOf(token, Math.max(0, ...stack.hygiene.warn_days), now);
  return { status, sessions, last_use, warnings: warningsOf({ status, sessions, last_use }, now) };
}

function warningsOf({ status, sessions, last_use: last }: Omit<DeletionPreview, 'warnings'>, now: Date): string[] {
  const live =
    sessions.count > 0
      ? [`${sessions.more ? 'More than ' : ''}${counted(sessions.count, 'session')} will end at once.`]
      : [];
  const used = last && now.getTime() - Date.parse(last.at) < 7 * 24 * hourMs ? [usedRecently(last, now)] : [];
  const idle =
    status !== 'expired' && !last ? ['It has never been used: whoever holds its value may be about to.'] : [];
  return ['Deleting cannot be undone, and the value can never be used again.', ...live, ...used, ...idle];
}

function usedRecently({ at, client, minutes }: LastUse, now: Date): string {
  const hours = Math.floor((now.getTime() - Date.parse(at)) / hourMs);
  const when = hours < 1 ? 'within the last hour' : `${counted(hours, 'hour')} ago`;
  return `It was used ${when}${client ? ` by ${client}` : ''}, in ${counted(minutes.week, 'minute')} of the last 7 days.`;
}

const counted = (count: number, noun: string) => `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
