import { useEffect, useState } from 'react';
import { serverNow } from '../api/server-time.ts';
import { utc } from './time.ts';

const everyMs = 15_000;

const dateAndTime = new Intl.DateTimeFormat('en-US', {
  month: 'short',
  day: '2-digit',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
});

/** Now by the service's clock, as it goes on. */
export function useNow(): Date {
  const [now, setNow] = useState(serverNow);
  useEffect(() => {
    const timer = setInterval(() => setNow(serverNow()), everyMs);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** An instant as `Mar 12, 2026, 05:23 PM` where the reader is; UTC on hover. */
export function Instant({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} title={utc(at)}>
      {dateAndTime.format(new Date(at))}
    </time>
  );
}
