import { countedCleanUps, type Decision, decide, type StackState } from '../hygiene/decide.ts';
import { cleanUpToken } from '../tokens/delete-token.ts';
import type { Token } from '../tokens/token.ts';
import type { UsedToken } from '../tokens/token-repository.ts';
import { type Claimed, claimNotice, type WantedNotice } from './claim-notices.ts';
import type { SweepRun } from './sweep-run.ts';

/** Does what is due about one token. @returns the stack's state afterwards */
export async function sweepToken(run: SweepRun, used: UsedToken, state: StackState): Promise<StackState> {
  const { token } = used;
  const decision = decide(token, state, run.now);
  switch (decision.does) {
    case 'nothing':
      // The index may lag. What the token's own item calls due is something, or it would stay at the head of the index for ever.
      if (token.next && token.next.at <= run.report.now)
        throw new Error(`${token.next.action} is due and in no schedule of the token.`);
      run.report.not_due += 1;
      return state;
    case 'skip':
      run.count('skipped', await run.deps.notices.advance(token, decision.next));
      return state;
    case 'notify':
      await notify(run, used, { decision, state });
      return state;
    case 'hold_back':
      await holdBack(run, used, { decision, state });
      return state;
    case 'clean_up':
      return await cleanUp(run, token, state);
  }
}

async function notify(
  run: SweepRun,
  used: UsedToken,
  { decision, state }: { decision: Extract<Decision, { does: 'notify' }>; state: StackState },
): Promise<void> {
  run.count('notices', (await claim(run, { used, ...decision }, state)) === 'claimed');
}

/** People are told once of a token that had to wait; then it waits without a word. */
async function holdBack(
  run: SweepRun,
  used: UsedToken,
  { decision: { expires_at, until }, state }: { decision: Extract<Decision, { does: 'hold_back' }>; state: StackState },
): Promise<void> {
  const next = { action: 'clean_up', at: until } as const;
  const wanted = { used, threshold: 'held_back', expires_at, next };
  run.count('held_back', (await claim(run, wanted, state)) !== 'changed');
}

async function cleanUp(run: SweepRun, token: Token, state: StackState): Promise<StackState> {
  const { tokens, random, now } = run.deps;
  const command = { seen: token, cleaned: state.cleaned, at: now(), requestId: run.requestId };
  const receipt = await cleanUpToken({ tokens, random }, command);
  run.count('cleaned_up', receipt !== null);
  // Not as it was seen: the next tick sees it anew.
  if (!receipt) return state;
  // As it is stored now, where what is older than the limit counts is left out: the next clean-up is on condition of it.
  return { ...state, cleaned: [...countedCleanUps(state.cleaned, run.now), receipt.refused_from] };
}

async function claim(run: SweepRun, wanted: WantedNotice, state: StackState): Promise<Claimed['outcome']> {
  const { outcome, digest } = await claimNotice(run.deps.notices, wanted, { state, now: run.now });
  if (outcome === 'claimed') run.opened(digest);
  if (outcome !== 'claimed-before') return outcome;
  return (await run.deps.notices.advance(wanted.used.token, wanted.next)) ? outcome : 'changed';
}
