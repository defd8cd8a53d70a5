/** Holds every clean-up against the true clock, the settings of that moment, the token as the run had read it, and the stack's limit. */
import assert from 'node:assert/strict';
import type { Stack } from '../../functions/stacks/stack.ts';
import type { Token } from '../../functions/tokens/token.ts';
import { requestOf, type SimulatedHygiene } from '../simulation/simulated-hygiene.ts';
import { type SimulatedProduct, tables } from '../simulation/simulated-product.ts';
import type { Tally } from '../simulation/simulated-races.ts';
import type { Ledger, Move } from './07-ledger.ts';

const day = 86_400_000;
/** Two clocks differ by that at most: by so much a day may be shorter than another's. */
const skew = 16_000;

interface World {
  readonly product: SimulatedProduct;
  readonly hygiene: SimulatedHygiene;
  readonly ledger: Ledger;
  readonly tally: Tally;
}

export function checkCleanUps(world: World): void {
  const { ledger, hygiene, tally } = world;
  const isCleanUp = ({ before, after }: Move) => before?.state !== 'deleted' && after.end?.reason === 'cleaned_up';
  const cleanUps = ledger.moves.filter(isCleanUp).map((move) => ({ ...move, at: hygiene.periodOf(move.commit).ms }));
  for (const [index, move] of cleanUps.entries()) {
    checkCleanUp(move, world);
    const within = cleanUps.slice(0, index + 1).filter(({ at }) => at > move.at - day + skew);
    const { max_cleanup_per_day: most } = move.stack.hygiene;
    assert(within.length <= most, `${within.length} tokens were cleaned up within a day, and the limit is ${most}.`);
    tally.saw(within.length === most ? 'cleaned up, the last that day' : 'cleaned up');
  }
}

function checkCleanUp({ before, after, stack, commit, at }: Move & { at: number }, world: World): void {
  const { cleanup_after_days: days } = stack.hygiene;
  assert(
    before?.expires_at && days !== null,
    `${after.uid} was cleaned up, and never expires, or the stack wants none.`,
  );
  const run = runOf(commit, world);
  const due = Date.parse(before.expires_at) + days * day;
  const clock = at + Math.max(0, run.ahead);
  assert(clock >= due, `${after.uid} was cleaned up before its time.`);
  assert(clock + skew >= allowedFrom(before, commit, world.ledger), `${after.uid} was cleaned up by a surprise.`);
  if (at < due + 1) world.tally.saw('cleaned up at that very instant');
  const seen = run.seen.get(after.uid)?.token;
  const facts = ({ version, expires_at, state, next }: Exclude<typeof before, null>) => ({
    version,
    expires_at,
    state,
    next,
  });
  assert(seen && seen.version === before.version, `${after.uid} was cleaned up, and had been edited.`);
  assert.deepEqual(facts(before), facts(seen), `${after.uid} was cleaned up, and is not as it was seen.`);
  const counted = world.product
    .commits(tables.tokens)
    .find((other) => other.at > commit && other.at < commit + stepsOfACleanUp && other.after?.sk === 'COUNT');
  assert(
    JSON.stringify(counted?.after?.cleaned).includes(String(after.end?.at)),
    'A clean-up was not counted with it.',
  );
}

const stepsOfACleanUp = 6;

/** A change of settings that puts a clean-up into the past leaves a day to think again; what was due before it is due. */
function allowedFrom({ uid, expires_at }: Token, commit: number, { moves, stacks }: Ledger): number {
  const set = moves.findLast(({ before, after, commit: then }) => {
    return then <= commit && after.uid === uid && before?.expires_at !== after.expires_at && after.state !== 'deleted';
  });
  const expiry = Date.parse(expires_at ?? '');
  const dueBy = ({ hygiene }: Stack) =>
    hygiene.cleanup_after_days === null ? Number.POSITIVE_INFINITY : expiry + hygiene.cleanup_after_days * day;
  const since = stacks.filter((each) => each.commit > (set?.commit ?? 0) && each.commit < commit);
  return since.reduce(
    (allowed, { stack }) => {
      const [due, at] = [dueBy(stack), Date.parse(stack.updated_at)];
      if (due > at) return due;
      return allowed <= at ? allowed : Math.min(allowed, at + day);
    },
    set ? dueBy(set.stack) : expiry,
  );
}

/** The audit entry is the first step of the transaction. */
function runOf(commit: number, { product, hygiene }: World) {
  const entry = product.commits(tables.audit).findLast(({ at }) => at < commit)?.after;
  const run = hygiene.runs.find((each) => requestOf(each) === entry?.request_id);
  assert(run, 'A clean-up is of no run.');
  return run;
}
