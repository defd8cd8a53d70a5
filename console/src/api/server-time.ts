let offsetMs = 0;

/** A `Date` header has whole seconds: a smaller difference says nothing. */
const leastMs = 2000;

/** Learns from an answer how far this machine's clock is from the service's. */
export function learnTime(response: Response): void {
  const there = Date.parse(response.headers.get('date') ?? '');
  if (Number.isNaN(there)) return;
  const difference = there - Date.now();
  offsetMs = Math.abs(difference) < leastMs ? 0 : difference;
}

/** Now, by the service's clock: a token ends by that one. */
export function serverNow(): Date {
  return new Date(Date.now() + offsetMs);
}
