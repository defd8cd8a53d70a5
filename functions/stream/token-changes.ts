import { eventOf, type TokenwardEvent } from '../events/catalogue.ts';
import type { Notice } from '../notices/notice-repository.ts';
import type { DeadUse, RowChange } from '../notices/row-change.ts';
import { changesBetween } from '../tokens/changes.ts';
import type { Token, TokenSettings } from '../tokens/token.ts';
import { dayMs } from '../values/duration.ts';
import { type ScopeEntry, scopeString } from '../values/scope.ts';

/** Told once an hour at most: the hour is what makes it this one. */
function usedAfterDeath({ at, ...data }: DeadUse): TokenwardEvent {
  return eventOf('token.used_after_death', { identity: [data.token_uid, at.slice(0, 13)], time: at, data });
}

/** What a write is to the world: none, one or (a rename that extends) still one event. */
export function eventsOf(change: RowChange): readonly TokenwardEvent[] {
  if ('deadUse' in change) return change.deadUse ? [usedAfterDeath(change.deadUse)] : [];
  if ('notice' in change) return change.notice ? noticed(change.notice) : [];
  const { before, after } = change;
  if (!after) return [];
  if (!before) return [created(after)];
  if (after.state === 'deleted') return before.state === 'deleted' ? [] : [deleted(after)];
  return after.version > before.version ? [edited(before, after)] : [];
}

/**
 * The event of a notice. A clean-up that had to wait is told by its run and by mail; it is nothing that happened to the token. What an
 * unknown threshold means is not known, so nothing is said about it.
 */
function noticed({
  threshold,
  claimed_at: time,
  last_used_at,
  expires_at,
  ...facts
}: Notice): readonly TokenwardEvent[] {
  const { token_uid, token_version, epoch, api_key, name } = facts;
  const data = { token_uid, token_version, epoch, api_key, name, expires_at, last_used_at };
  const identity = [token_uid, expires_at, threshold];
  if (threshold === 'expired') return [eventOf('token.expired', { identity, time, data })];
  if (!/^\d+$/.test(threshold)) return [];
  const days_left = Math.max(0, Math.ceil((Date.parse(expires_at) - Date.parse(time)) / dayMs));
  return [eventOf('token.expiring', { identity, time, data: { ...data, days_left } })];
}

function subjectOf({ uid, version, epoch, api_key, name }: Token) {
  return { token_uid: uid, token_version: version, epoch, api_key, name };
}

function created(token: Token): TokenwardEvent {
  const { created_by, expires_at } = token;
  return eventOf('token.created', {
    identity: [token.uid],
    time: token.created_at,
    data: { ...subjectOf(token), created_by, expires_at },
  });
}

function edited(before: Token, after: Token): TokenwardEvent {
  const data = {
    ...subjectOf(after),
    updated_by: after.updated_by,
    changes: [...changesBetween(before, after)],
    ...reach(before, after),
  };
  return eventOf('token.edited', { identity: [after.uid, after.version], time: after.updated_at, data });
}

function deleted(token: Token): TokenwardEvent {
  const { at, by, reason } = token.end ?? { at: token.updated_at, by: token.updated_by, reason: 'deleted' };
  return eventOf('token.deleted', {
    identity: [token.uid],
    time: at,
    data: { ...subjectOf(token), reason, actor: by },
  });
}

/** Whether an edit let the token do more, less, or both: by scope, and by a later or earlier end. */
function reach(before: TokenSettings, after: TokenSettings): { widened: boolean; narrowed: boolean } {
  const [was, is] = [words(before.scope), words(after.scope)];
  const [endWas, endIs] = [endOf(before), endOf(after)];
  return {
    widened: [...is].some((word) => !was.has(word)) || endIs > endWas,
    narrowed: [...was].some((word) => !is.has(word)) || endIs < endWas,
  };
}

const words = (scope: readonly ScopeEntry[]) => new Set(scopeString(scope).split(' '));
const endOf = ({ expires_at }: TokenSettings) =>
  expires_at === null ? Number.POSITIVE_INFINITY : Date.parse(expires_at);
