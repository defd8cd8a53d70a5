import type { Context, EventBridgeEvent } from 'aws-lambda';
import { type SweepDependencies, sweep } from '../notices/sweep.ts';
import type { SweepReport } from '../notices/sweep-report.ts';
import { log } from '../runtime/log.ts';

/** A mail and what is recorded of it are done in that time. */
const spareMs = 30_000;

/** Every 15 minutes: what is due about tokens and digests. Twice, late or at once: see `notices/sweep.ts`. */
export const sweepBySchedule =
  (deps: Omit<SweepDependencies, 'hasTime' | 'onFailure'>) =>
  async ({ time }: EventBridgeEvent<'Scheduled Event', unknown>, context: Context): Promise<SweepReport> => {
    const scheduled = new Date(time);
    const report = await sweep(
      {
        ...deps,
        hasTime: () => context.getRemainingTimeInMillis() > spareMs,
        onFailure: (what, error) => log('error', `the sweep failed at ${what}`, { error }),
      },
      // A run by hand may tell no time: then it is now.
      { time: Number.isNaN(scheduled.getTime()) ? deps.now() : scheduled, requestId: context.awsRequestId },
    );
    log(report.failed.length > 0 ? 'warn' : 'info', 'swept', { ...report, ...counted(report) });
    return report;
  };

/** What was due and came to something, as numbers: metrics are made of the line. */
function counted({ notices, skipped, cleaned_up, held_back, failed }: SweepReport) {
  const done = notices + skipped + cleaned_up + held_back;
  return { due: done + failed.length, done, failures: failed.length };
}
