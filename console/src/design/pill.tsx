import type { Token } from '../api/tokens.ts';
import { useNow } from './instant.tsx';
import { distance, utc } from './time.ts';

const labels = { active: 'Active', expiring: 'Expiring', expired: 'Expired' } as const;
const kinds = { active: 'good', expiring: 'warn', expired: 'bad' } as const;

/** The state in a word. */
export function StatusPill({ status }: Pick<Token, 'status'>) {
  return <span className={`pill pill-${kinds[status]}`}>{labels[status]}</span>;
}

/** `Never`, or the time that is left. */
export function ExpiryPill({ token: { expires_at: at, status } }: { readonly token: Token }) {
  const now = useNow();
  if (at === null) return <span className="pill">Never</span>;
  return (
    <time className={`pill pill-${kinds[status]}`} dateTime={at} title={utc(at)}>
      {distance(at, now)}
    </time>
  );
}
