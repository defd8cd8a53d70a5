import { scheduleOf } from '../../../functions/hygiene/schedule.ts';
import { isInUse, sendTimeOf } from '../../../functions/hygiene/send-time.ts';
import type { HygieneSettings } from '../api/hygiene.ts';
import type { Token } from '../api/tokens.ts';

export type Kind = 'expiry' | 'notice' | 'cleanup';

/** Something that happens to a token at an instant. */
export interface Happening {
  readonly kind: Kind;
  readonly token: Token;
  /** Of a notice: when it is mailed. */
  readonly at: Date;
  /** Of a notice: so many days before the expiry. */
  readonly daysBefore?: number;
}

/** A day in UTC with what happens in it, the most important first. */
export interface Day {
  /** `YYYY-MM-DD` */
  readonly date: string;
  readonly happenings: readonly Happening[];
}

export const daysShown = 90;
const dayMs = 86_400_000;
const ranks: Record<Kind, number> = { expiry: 0, notice: 1, cleanup: 2 };

/** Every expiry, warning and clean-up of the next 90 days, by day. */
export function daysAhead(
  tokens: readonly Token[],
  { settings, now }: { settings: HygieneSettings; now: Date },
): readonly Day[] {
  const start = Date.parse(now.toISOString().slice(0, 10));
  const end = start + daysShown * dayMs;
  const happenings = tokens
    .flatMap((token) => happeningsOf(token, { settings, now }))
    .filter(({ at }) => at.getTime() < end);
  const byDay = Map.groupBy(happenings, ({ at }) => at.toISOString().slice(0, 10));
  return Array.from({ length: daysShown }, (_, ahead) => {
    const date = new Date(start + ahead * dayMs).toISOString().slice(0, 10);
    return { date, happenings: (byDay.get(date) ?? []).toSorted(inOrder) };
  });
}

/** What is still to come, by the schedule and the mail hours that the sweep goes by. */
function happeningsOf(token: Token, { settings, now }: { settings: HygieneSettings; now: Date }): readonly Happening[] {
  const { expires_at, last_used_at } = token;
  if (expires_at === null) return [];
  const lastUse = last_used_at === null ? null : { at: last_used_at };
  return scheduleOf({ state: 'live', expires_at }, settings)
    .filter(({ at }) => at > now.getTime())
    .map(({ action, at: ms }): Happening => {
      const at = new Date(ms);
      if (action === 'expire') return { kind: 'expiry', token, at };
      if (action === 'clean_up') return { kind: 'cleanup', token, at };
      const daysBefore = Number(action.slice('warn#'.length));
      const notice = { threshold: `${daysBefore}`, expires_at, isInUse: isInUse(lastUse, now) } as const;
      return { kind: 'notice', token, at: sendTimeOf(notice, { settings, now: at }), daysBefore };
    });
}

const inOrder = (a: Happening, b: Happening) => ranks[a.kind] - ranks[b.kind] || a.at.getTime() - b.at.getTime();

export const countOf = ({ happenings }: Day, kind: Kind) => happenings.filter((one) => one.kind === kind).length;
