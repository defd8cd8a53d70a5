import { compareTexts } from '../values/compare-texts.ts';
import { dayMs } from '../values/duration.ts';
import type { OpenEnum } from '../values/open-enum.ts';
import { type NextAction, nextAction, type Scheduled, type ScheduledAction, scheduleOf } from './schedule.ts';
import type { HygieneSettings } from './settings.ts';

/** What a notice is about: so many days before the expiry, the expiry itself, or a clean-up that had to wait. */
export type Threshold = OpenEnum<`${number}` | 'expired' | 'held_back'>;

/** What is to be done about a token now. Instants are ISO 8601, UTC. */
export type Decision =
  | { readonly does: 'nothing'; readonly next: NextAction | null }
  /** People are told. */
  | {
      readonly does: 'notify';
      readonly threshold: Threshold;
      readonly expires_at: string;
      readonly next: NextAction | null;
    }
  /** What should have been told is too old for anybody to want it. */
  | { readonly does: 'skip'; readonly next: NextAction | null }
  | { readonly does: 'clean_up' }
  /** The stack's limit is used up until then. */
  | { readonly does: 'hold_back'; readonly expires_at: string; readonly until: string };

/** A stack's side of a decision. */
export interface StackState {
  readonly settings: HygieneSettings;
  /** When tokens were cleaned up: instants, at least those of the last 24 hours. */
  readonly cleaned: readonly string[];
}

/** A notice that could not be sent in time is worth sending for that long. */
const oldestNoticeMs = 7 * dayMs;

/**
 * Decides about one token, for the run and for its preview alike. Of several things that were missed only the most urgent is told;
 * deleting is more urgent than telling.
 */
export function decide(token: Scheduled, { settings, cleaned }: StackState, now: Date): Decision {
  const due = overdue(token, settings, now);
  const last = due.at(-1);
  if (!last) return { does: 'nothing', next: token.next };
  const { expires_at } = last;
  if (last.action === 'clean_up') {
    const until = heldBackUntil({ settings, cleaned }, now);
    return until === null ? { does: 'clean_up' } : { does: 'hold_back', expires_at, until };
  }
  const next = nextAction(token, settings, now);
  const threshold = last.action === 'expire' ? 'expired' : (last.action.slice('warn#'.length) as `${number}`);
  return now.getTime() - last.at > oldestNoticeMs
    ? { does: 'skip', next }
    : { does: 'notify', threshold, expires_at, next };
}

/** What should have been done by now, from the action on that is armed. */
function overdue(token: Scheduled, settings: HygieneSettings, now: Date): readonly ScheduledAction[] {
  const { next } = token;
  // It was pushed forward, after a failure or because of the limit.
  if (!next || Date.parse(next.at) > now.getTime()) return [];
  const schedule = scheduleOf(token, settings);
  const from = schedule.findIndex(({ action }) => action === next.action);
  return from < 0 ? [] : schedule.slice(from).filter(({ at }) => at <= now.getTime());
}

/** Of the clean-ups of a stack, those that its limit still counts. */
export function countedCleanUps(cleaned: readonly string[], now: Date): readonly string[] {
  return cleaned.filter((at) => Date.parse(at) > now.getTime() - dayMs).sort();
}

/** Until when the limit is used up; null where it is not. */
function heldBackUntil({ settings, cleaned }: StackState, now: Date): string | null {
  const counted = countedCleanUps(cleaned, now);
  const first = counted[counted.length - settings.max_cleanup_per_day];
  return first === undefined ? null : new Date(Date.parse(first) + dayMs).toISOString();
}

/** The order in which a stack's tokens are handled: what has been due the longest first. */
export function inOrder<U extends { readonly token: Pick<Scheduled, 'uid' | 'next'> }>(
  tokens: readonly U[],
): readonly U[] {
  const key = ({ token }: U) => `${token.next?.at ?? ''}#${token.uid}`;
  return [...tokens].sort((a, b) => compareTexts(key(a), key(b)));
}
