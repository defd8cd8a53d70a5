import type { Token } from '../api/tokens.ts';
import { useNow } from './instant.tsx';
import { distance, utc } from './time.ts';

const pills: Readonly<Record<string, { readonly label: string; readonly kind: string }>> = {
  active: { label: 'Active', kind: 'good' },
  expiring: { label: 'Expiring', kind: 'warn' },
  expired: { label: 'Expired', kind: 'bad' },
};
/** A state that the service knows and this page does not is shown as it is. */
const pillOf = (status: string) => pills[status] ?? { label: status, kind: 'bad' };

/** The state in a word. */
export function StatusPill({ status }: Pick<Token, 'status'>) {
  const { label, kind } = pillOf(status);
  return <span className={`pill pill-${kind}`}>{label}</span>;
}

/** `Never`, or the time that is left. */
export function ExpiryPill({ token: { expires_at: at, status } }: { readonly token: Token }) {
  const now = useNow();
  if (at === null) return <span className="pill">Never</span>;
  return (
    <time className={`pill pill-${pillOf(status).kind}`} dateTime={at} title={utc(at)}>
      {distance(at, now)}
    </time>
  );
}
