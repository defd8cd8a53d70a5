import type { RevocationSummary, TidiedSample } from './revocation-repository.ts';

export const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** The receipt's figures: how many sessions were ended, and how long after the revocation their rows were gone, and how much of that was waiting. */
export function summaryOf({
  ended,
  samples,
  waited_ms,
  at,
}: {
  ended: number;
  samples: readonly TidiedSample[];
  waited_ms: number;
  at: Date;
}): RevocationSummary {
  const sorted = [...samples].sort((a, b) => a.ms - b.ms);
  return {
    sessions: { total: ended, ended, remaining: 0 },
    tidied_ms: { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99), max: sorted.at(-1)?.ms ?? 0 },
    waited_ms,
    completed_at: at.toISOString(),
  };
}

/** Nearest rank, each sample as often as it has sessions. */
function percentile(sorted: readonly TidiedSample[], share: number): number {
  const rank = Math.ceil(sum(sorted.map(({ sessions }) => sessions)) * share);
  let seen = 0;
  for (const { ms, sessions } of sorted) {
    seen += sessions;
    if (seen >= rank) return ms;
  }
  return 0;
}
