import { inOrder, type StackState } from '../hygiene/decide.ts';
import type { Token } from '../tokens/token.ts';
import type { UsedToken } from '../tokens/token-repository.ts';
import { dayMs, minuteMs } from '../values/duration.ts';
import { claimsTogether } from './claim-notices.ts';
import type { SweepRun } from './sweep-run.ts';
import { sweepToken } from './sweep-token.ts';

const stacksAtOnce = 4;
const firstRetryMs = 15 * minuteMs;
const longestRetryMs = dayMs;

/**
 * Does what is due about tokens, by their uids. Stacks side by side, and one stack's tokens in turn: its transactions would be in each
 * other's way.
 */
export async function sweepTokens(run: SweepRun, uids: readonly string[]): Promise<void> {
  const { notices } = run.deps;
  const { found, unreadable } = await notices.tokens(uids);
  run.report.not_due += uids.length - found.length - unreadable.length;
  for (const token of unreadable) {
    const until = new Date(run.now.getTime() + longestRetryMs);
    const postpone = () => notices.postponeUnreadable(token, { now: run.now, until });
    await run.fail(token.uid, { error: token.error, postpone });
  }
  const stacks = [...Map.groupBy(found, ({ token }) => token.api_key)];
  const workers = Array.from({ length: stacksAtOnce }, async () => {
    for (let next = stacks.shift(); next; next = stacks.shift()) await tokensOf(run, ...next);
  });
  await Promise.all(workers);
}

async function tokensOf(run: SweepRun, stack: string, tokens: readonly UsedToken[]): Promise<void> {
  const { left, ...found } = await claimTogether(run, stack, inOrder(tokens));
  let state = found.state;
  for (const used of left) {
    if (!run.mayContinue()) return;
    try {
      state ??= await stateOf(run, stack);
      state = await sweepToken(run, used, state);
    } catch (error) {
      const until = new Date(run.now.getTime() + retryAfter(used.token));
      await run.fail(used.token.uid, { error, postpone: () => run.deps.notices.postpone(used.token, until) });
      state = undefined;
    }
  }
}

/**
 * Claims the notices of a stack many at a time. When one of them cannot be claimed, none of its transaction is.
 * @returns the tokens that are left, to be handled one by one
 */
async function claimTogether(
  run: SweepRun,
  stack: string,
  tokens: readonly UsedToken[],
): Promise<{ left: readonly UsedToken[]; state: StackState | undefined }> {
  let state: StackState | undefined;
  if (tokens.length < 2) return { left: tokens, state };
  const claimed = new Set<Token>();
  await run.attempt(`the notices of ${stack} together`, async () => {
    state = await stateOf(run, stack);
    for (const claims of claimsTogether(tokens, { state, now: run.now })) {
      if (!run.mayContinue()) return;
      if (!(await run.deps.notices.claimAll(claims))) continue;
      for (const { token, digest } of claims) {
        claimed.add(token);
        run.opened(digest);
      }
      run.report.notices += claims.length;
    }
  });
  return { left: tokens.filter(({ token }) => !claimed.has(token)), state };
}

async function stateOf({ deps }: SweepRun, key: string): Promise<StackState> {
  const found = await deps.notices.stack(key);
  if (!found) throw new Error(`The stack ${key} has tokens and no item of its own.`);
  return { settings: found.stack.hygiene, cleaned: found.cleaned };
}

/** In milliseconds; longer each time. */
function retryAfter({ sweep_failures: failures = 0 }: Token): number {
  return Math.min(firstRetryMs * 2 ** failures, longestRetryMs);
}
