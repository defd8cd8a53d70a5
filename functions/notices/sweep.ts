import { eventOf } from '../events/catalogue.ts';
import type { Due, DueDigest } from './notice-repository.ts';
import { sendDigest } from './send-digest.ts';
import { isEmpty, type SweepReport } from './sweep-report.ts';
import { nameOf, type SweepDependencies, SweepRun } from './sweep-run.ts';
import { sweepTokens } from './sweep-stacks.ts';

export type { SweepDependencies } from './sweep-run.ts';

const mostPasses = 1000;

/**
 * One tick: what is due is told, cleaned up or tried again, and digests whose time has come are sent.
 *
 * Harmless twice, late and at once: the head of the index only says where to look, the token's own item decides; every write is on
 * condition that the token is as it was seen, and a notice is claimed before anybody is told. A tick that comes late finds the same
 * head of the range; one that runs out of time leaves the rest there. An early event cannot make anything due before its time: the
 * earlier of the event's `time` and the clock is believed.
 */
export async function sweep(
  deps: SweepDependencies,
  { time, requestId }: { time: Date; requestId: string },
): Promise<SweepReport> {
  const now = new Date(Math.min(time.getTime(), deps.now().getTime()));
  const run = new SweepRun(deps, { now, requestId });
  await allThatIsDue(run);
  await tellTheBus(run);
  return run.report;
}

/** Pass after pass over the head of the index, until it holds nothing more that this run could do. */
async function allThatIsDue(run: SweepRun): Promise<void> {
  const seen = new Set<string>();
  for (let passes = 0; passes < mostPasses; passes += 1) {
    const due = await run.deps.notices.due(run.now);
    const fresh = withoutSeen(due, seen);
    await sweepTokens(run, fresh.tokens);
    await sendDigests(run, fresh.digests);
    const found = fresh.tokens.length + fresh.digests.length;
    if (!run.report.complete || !due.more) return;
    // The index has not caught up with what was done: the next tick goes on behind it.
    if (found === 0) break;
  }
  run.report.complete = false;
}

/** What this run has not come across yet: an index that lags names again what has been done. */
function withoutSeen(due: Due, seen: Set<string>): Due {
  const isNew = (name: string) => {
    if (seen.has(name)) return false;
    seen.add(name);
    return true;
  };
  return { ...due, tokens: due.tokens.filter(isNew), digests: due.digests.filter((digest) => isNew(nameOf(digest))) };
}

/** Digests that are due, and those that this run opened and that are sent at once. */
async function sendDigests(run: SweepRun, due: readonly DueDigest[]): Promise<void> {
  const known = new Set(due.map(nameOf));
  const opened = run.takeOpened().filter((key) => !known.has(nameOf(key)));
  for (const digest of [...opened.map((key) => ({ ...key, due_at: key.send_at })), ...due]) {
    if (!run.mayContinue()) return;
    const isDone = await run.attempt(`the digest of ${digest.stack}`, async () => {
      const sent = await sendDigest(run.deps, {
        digest,
        now: run.now,
        run: run.requestId,
        hasTime: () => run.mayContinue(),
      });
      for (const what of ['sent', 'failed', 'unknown', 'undeliverable'] as const) run.report.mails[what] += sent[what];
    });
    // It comes back, and may fail each time: nobody but this count would tell.
    if (!isDone) run.report.mails.failed += 1;
  }
}

/** Tells the bus, unless there was nothing to do: an idle tick costs its queries and nothing else. */
async function tellTheBus(run: SweepRun): Promise<void> {
  const { deps, report, requestId } = run;
  if (isEmpty(report)) return;
  const { now, mails, failed, complete, ...counts } = report;
  const data = { ...counts, mails, failed: failed.slice(0, 100), complete };
  await run.attempt('the report', () =>
    deps.publisher.publish([eventOf('hygiene.run', { identity: [requestId], time: now, data })]),
  );
}
