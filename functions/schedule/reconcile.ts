import type { Context, EventBridgeEvent } from 'aws-lambda';
import { log } from '../runtime/log.ts';
import { type ReconcileDependencies, type Reconciled, reconcile } from '../sessions/reconcile.ts';

const spareMs = 10_000;

/**
 * Daily: finds and repairs what a broken chain left. Twice or late it finds less or more to repair, and nothing else. Anything but
 * zeros means that a chain was broken: an alarm hangs on it.
 */
export const reconcileDaily =
  (deps: Omit<ReconcileDependencies, 'hasTime'>) =>
  async (_event: EventBridgeEvent<'Scheduled Event', unknown>, context: Context): Promise<Reconciled> => {
    const found = await reconcile({ ...deps, hasTime: () => context.getRemainingTimeInMillis() > spareMs });
    const { leftover_sessions, overdue_receipts, overdue_digests } = found;
    log(leftover_sessions + overdue_receipts + overdue_digests > 0 ? 'error' : 'info', 'reconciled', { ...found });
    return found;
  };
