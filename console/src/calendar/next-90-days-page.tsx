import { Link } from 'react-router';
import { type HygieneSettings, useHygiene } from '../api/hygiene.ts';
import { type Token, useTokens } from '../api/tokens.ts';
import { useNow } from '../design/instant.tsx';
import { Notice } from '../design/notice.tsx';
import { QueryState } from '../design/query-state.tsx';
import { utc, utcDay } from '../design/time.ts';
import { useStackOfPage } from '../frame/for-admins.tsx';
import { editPathOf } from '../tokens/token-table.tsx';
import { TokensPage } from '../tokens/tokens-page.tsx';
import { Quarter } from './quarter.tsx';
import { countOf, type Day, daysAhead, type Happening, type Kind } from './what-happens.ts';

/** The next 90 days as a picture, and as a list. */
export function Next90DaysPage() {
  const { key } = useStackOfPage();
  const tokens = useTokens(key);
  const hygiene = useHygiene(key);
  return (
    <TokensPage>
      <QueryState query={tokens} what="the tokens">
        {(found) => (
          <QueryState query={hygiene} what="the settings">
            {({ token_hygiene }) => <Ahead tokens={found} settings={token_hygiene} />}
          </QueryState>
        )}
      </QueryState>
    </TokensPage>
  );
}

function Ahead({ tokens, settings }: { readonly tokens: readonly Token[]; readonly settings: HygieneSettings }) {
  const now = useNow();
  const days = daysAhead(tokens, { settings, now });
  const eventful = days.filter(({ happenings }) => happenings.length > 0);
  const endless = tokens.filter(({ expires_at }) => expires_at === null).length;
  return (
    <>
      <Busiest days={days} />
      <Legend />
      <Quarter days={days} />
      {endless > 0 && (
        <p className="hint">
          {endless} {endless === 1 ? 'token never expires and is' : 'tokens never expire and are'} not in this picture.
        </p>
      )}
      {eventful.length === 0 ? (
        <div className="empty">
          <h2>Nothing happens in the next 90 days</h2>
        </div>
      ) : (
        <ol className="days">
          {eventful.map((day) => (
            <DayEntry key={day.date} day={day} />
          ))}
        </ol>
      )}
    </>
  );
}

/** Many on one day are worth a word: whoever renews them has a busy day. */
function Busiest({ days }: { readonly days: readonly Day[] }) {
  const [most] = days.toSorted((a, b) => countOf(b, 'expiry') - countOf(a, 'expiry'));
  const count = most ? countOf(most, 'expiry') : 0;
  if (!most || count < 2) return null;
  return (
    <Notice kind="warn">
      {count} tokens expire on one day: {utcDay(most.date)}.
    </Notice>
  );
}

const marks: Record<Kind, string> = { expiry: 'Expiry', notice: 'Warning', cleanup: 'Clean-up' };

function Legend() {
  return (
    <ul className="legend" aria-label="Legend">
      {(['expiry', 'notice', 'cleanup'] as const).map((kind) => (
        <li key={kind}>
          <span className={`mark mark-${kind}`} aria-hidden="true">
            n
          </span>{' '}
          {marks[kind]}
        </li>
      ))}
    </ul>
  );
}

function DayEntry({ day }: { readonly day: Day }) {
  return (
    <li id={`day-${day.date}`}>
      <strong>{utcDay(day.date)}</strong>
      <ul>
        {day.happenings.map((one) => (
          <li key={`${one.kind} ${one.token.uid} ${one.at.toISOString()}`}>
            <span className={`mark mark-${one.kind}`}>{marks[one.kind]}</span>{' '}
            <Link to={editPathOf(one.token)}>
              <bdi>{one.token.name}</bdi>
            </Link>{' '}
            <span className="hint">{wordsOf(one)}</span>
          </li>
        ))}
      </ul>
    </li>
  );
}

function wordsOf({ kind, at, daysBefore }: Happening): string {
  if (kind === 'expiry') return `stops working at ${utc(at.toISOString())}`;
  if (kind === 'cleanup') return 'is deleted, having expired';
  return `the ${daysBefore}-day warning is mailed at ${utc(at.toISOString())}`;
}
