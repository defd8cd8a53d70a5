import type { Context, EventBridgeEvent } from 'aws-lambda';
import { log } from '../runtime/log.ts';
import { type ResumeDependencies, type Resumed, resumeRevocations } from '../sessions/resume-revocations.ts';

/** A receipt is read and given a round in that time, however slow storage is. */
const spareMs = 10_000;

/**
 * Every minute: gives revocations that are not completed another round. Twice, late or at once: see `sessions/resume-revocations.ts`.
 * A run that finds nothing writes no line.
 */
export const resumeBySchedule =
  (deps: Omit<ResumeDependencies, 'hasTime' | 'onFailure'>) =>
  async (_event: EventBridgeEvent<'Scheduled Event', unknown>, context: Context): Promise<Resumed> => {
    const report = await resumeRevocations({
      ...deps,
      hasTime: () => context.getRemainingTimeInMillis() > spareMs,
      onFailure: (revocation, error) => log('error', 'a revocation was given no round', { ...revocation, error }),
    });
    if (report.resumed + report.failed > 0) log('warn', 'revocations resumed', { ...report });
    return report;
  };
