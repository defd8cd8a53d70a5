import { countOf, type Day } from './what-happens.ts';

const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const kinds = ['expiry', 'notice', 'cleanup'] as const;
const nouns = { expiry: 'expiries', notice: 'warnings', cleanup: 'clean-ups' } as const;
/** So many expiries in a day are many. */
const many = 2;

const month = new Intl.DateTimeFormat('en-US', { month: 'short', timeZone: 'UTC' });

/** Thirteen weeks, a row each, with the number of expiries, warnings and clean-ups in every day. */
export function Quarter({ days }: { readonly days: readonly Day[] }) {
  return (
    <table className="quarter">
      <caption className="visually-hidden">Expiries, warnings and clean-ups of the next 90 days, by day in UTC</caption>
      <thead>
        <tr>
          <th scope="col" className="month">
            <span className="visually-hidden">Month</span>
          </th>
          {weekdays.map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {weeksOf(days).map((week) => (
          <tr key={week.find((day) => day !== null)?.date}>
            <th scope="row" className="month">
              <span aria-hidden="true">{monthOf(week)}</span>
              <span className="visually-hidden">Week of {week.find((day) => day !== null)?.date}</span>
            </th>
            {week.map((day, at) =>
              day ? (
                <DayCell key={day.date} day={day} isToday={day === days[0]} />
              ) : (
                <td key={weekdays[at]} className="past" />
              ),
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function DayCell({ day, isToday }: { readonly day: Day; readonly isToday: boolean }) {
  const classes = [isToday && 'today', countOf(day, 'expiry') >= many && 'many'].filter((name) => name !== false);
  return (
    <td className={classes.join(' ')}>
      <span className="day-number">
        {Number(day.date.slice(8))}
        {isToday && <span className="visually-hidden"> (today)</span>}
      </span>
      <span className="marks">
        {kinds.map((kind) => {
          const count = countOf(day, kind);
          return (
            count > 0 && (
              <span key={kind} className={`mark mark-${kind}`}>
                {count}
                <span className="visually-hidden"> {nouns[kind]}</span>
              </span>
            )
          );
        })}
      </span>
    </td>
  );
}

/** Weeks from Monday to Sunday; days outside the 90 are null. */
function weeksOf(days: readonly Day[]): readonly (readonly (Day | null)[])[] {
  const first = days[0];
  const before = first ? (new Date(first.date).getUTCDay() + 6) % 7 : 0;
  const padded = [...Array.from({ length: before }, () => null), ...days];
  const weeks = Math.ceil(padded.length / 7);
  return Array.from({ length: weeks }, (_, week) =>
    Array.from({ length: 7 }, (__, at) => padded[week * 7 + at] ?? null),
  );
}

/** At the first week, and at each that has a first of the month. */
function monthOf(week: readonly (Day | null)[]): string {
  const first =
    week.find((day) => day?.date.endsWith('-01')) ?? (week[0] === null ? week.find((day) => day) : undefined);
  return first ? month.format(new Date(first.date)) : '';
}
