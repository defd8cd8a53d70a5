import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HygieneBug, HygieneLaw } from '../support/hygiene-races.ts';
import { dueBefore, staleReads, without, withoutSteps } from '../support/sabotage.ts';
import {
  armedAgain,
  countedByTheEvent,
  deliveryNotClaimed,
  eventIsBelieved,
  failedIsGivenUp,
  firstPersonOnly,
  heldByTheEvent,
  hourAfterTheRun,
  hourOfTheThresholdLeftOut,
  neverAtOnce,
  neverIsLongAgo,
  oneMoreThanTheLimit,
  outcomeForgotten,
  overtakenIsTold,
  pastIsArmed,
  toldThoughMoved,
} from '../support/sweep-tampering.ts';
import { hygieneOnlyTidies } from './06-expiry-and-hygiene.property.ts';
import {
  closedBeforeItIsRead,
  noticeClaimedOnce,
  noticeClaimedOnceThoughLate,
} from './07-notice-claimed-once.property.ts';
import { toldInTime } from './07-told-in-time.property.ts';
import {
  changedMeanwhile,
  cleanUpIsConditional,
  cleanUpIsConditionalThoughLate,
} from './08-clean-up-is-conditional.property.ts';
import { cleanUpTwice, sweepTwice } from './12-sweep-twice.property.ts';

const noPut = (prefix: string) => withoutSteps(({ Put }) => Put?.Item?.pk?.S?.startsWith(prefix) ?? false);
const asSeen = [
  '#name = :seenName',
  '#version = :seenVersion',
  '#state = :seenState',
  '#expires_at = :seenExpiresAt',
  '#due_at = :seenDueAt',
];
const counted = ['#cleaned = :cleanedBefore', 'attribute_not_exists(#cleaned)'];
const claimed = '#version = :version AND #due_at = :dueAt';
const taken = '#due_at = :seen AND #state IN (:filling, :open, :closed)';
const armed = ['#armed_under = :armedUnder', '#hygiene_version = :armedUnder'];

interface Bug extends HygieneBug {
  readonly bug: string;
  readonly law: string;
  readonly broken: HygieneLaw;
}

const bugs: Bug[] = [
  {
    bug: 'clean-up does not look at what it deletes',
    law: '6',
    broken: hygieneOnlyTidies,
    sabotage: without(...asSeen),
  },
  {
    bug: "the event's time is believed when it is ahead",
    law: '6',
    broken: hygieneOnlyTidies,
    tamperSweep: eventIsBelieved,
  },
  { bug: 'no expiry is the earliest of all', law: '6', broken: hygieneOnlyTidies, ...neverIsLongAgo },
  { bug: 'nothing is claimed', law: '7', broken: noticeClaimedOnce, sabotage: noPut('NOTICE#') },
  {
    bug: 'a claim does not look at the token',
    law: '7',
    broken: noticeClaimedOnce,
    sabotage: without(claimed),
  },
  {
    bug: 'a closed digest takes more notices',
    law: '7',
    broken: closedBeforeItIsRead,
    sabotage: without('#state IN (:filling, :open)'),
  },
  { bug: 'a notice is in no digest', law: '7', broken: noticeClaimedOnce, sabotage: noPut('DIGEST#') },
  {
    bug: 'a warning goes at the mail hour after the run, and not after its threshold',
    law: '7',
    broken: toldInTime,
    tamperSweep: hourAfterTheRun,
  },
  {
    bug: 'a mail hour that is the threshold itself does not count',
    law: '7',
    broken: toldInTime,
    tamperSweep: hourOfTheThresholdLeftOut,
  },
  { bug: 'a warning is never mailed at once', law: '7', broken: toldInTime, tamperSweep: neverAtOnce },
  {
    bug: 'a warning that comes too late is told as an expiry',
    law: '7',
    broken: toldInTime,
    tamperSweep: overtakenIsTold,
  },
  { bug: 'what is due at this very instant is not found', law: '7', broken: noticeClaimedOnce, sabotage: dueBefore },
  { bug: 'tokens are armed by settings of before', law: '7', broken: noticeClaimedOnce, sabotage: without(...armed) },
  { bug: 'what is past when an expiry is set is told', law: '7', broken: noticeClaimedOnce, tamper: pastIsArmed },
  {
    bug: "the event's time is believed when it is ahead",
    law: '7',
    broken: noticeClaimedOnce,
    tamperSweep: eventIsBelieved,
  },
  { bug: 'a delivery is not claimed', law: '7', broken: noticeClaimedOnce, tamperSweep: deliveryNotClaimed },
  { bug: 'the outcome of a mail is not kept', law: '7', broken: noticeClaimedOnce, tamperSweep: outcomeForgotten },
  {
    bug: 'a notice is told though the expiry moved',
    law: '7',
    broken: noticeClaimedOnce,
    tamperSweep: toldThoughMoved,
  },
  { bug: 'only the first person is told', law: '7', broken: noticeClaimedOnce, tamperSweep: firstPersonOnly },
  { bug: 'what failed is given up', law: '7', broken: noticeClaimedOnce, tamperSweep: failedIsGivenUp },
  { bug: 'what was told is armed again', law: '7', broken: noticeClaimedOnce, tamperSweep: armedAgain },
  {
    bug: 'clean-up does not look at what it deletes',
    law: '8',
    broken: cleanUpIsConditional,
    sabotage: without(...asSeen),
  },
  {
    bug: 'clean-up reads a stale copy, and does not look again',
    law: '8',
    broken: cleanUpIsConditional,
    sabotage: (dynamo) => ({ ...staleReads(dynamo), ...without(...asSeen)(dynamo) }),
  },
  { bug: 'no expiry is the earliest of all', law: '8', broken: cleanUpIsConditional, ...neverIsLongAgo },
  {
    bug: "the event's time is believed when it is ahead",
    law: '8',
    broken: cleanUpIsConditional,
    tamperSweep: eventIsBelieved,
  },
  {
    bug: 'the limit is counted outside the transaction',
    law: '8',
    broken: cleanUpIsConditional,
    sabotage: without(...counted),
  },
  {
    bug: 'the limit is compared with one too many',
    law: '8',
    broken: cleanUpIsConditional,
    tamperSweep: oneMoreThanTheLimit,
  },
  {
    bug: 'a claim does not look at the token',
    law: '12',
    broken: sweepTwice,
    sabotage: without(claimed, 'attribute_not_exists(#pk)'),
  },
  {
    bug: 'a digest is not taken by one run alone',
    law: '12',
    broken: sweepTwice,
    sabotage: without(taken, '#state = :was AND #tries = :tried', 'attribute_not_exists(#pk)'),
  },
  {
    bug: 'the limit is counted outside the transaction',
    law: '12',
    broken: cleanUpTwice,
    sabotage: without(...counted),
  },
  {
    bug: "a digest is held from the event's time on",
    law: '7',
    broken: noticeClaimedOnceThoughLate,
    tamperSweep: heldByTheEvent,
  },
  {
    bug: "a clean-up is counted at the event's time",
    law: '8',
    broken: cleanUpIsConditionalThoughLate,
    tamperSweep: countedByTheEvent,
  },
  {
    bug: 'clean-up goes on by settings of before',
    law: '8',
    broken: changedMeanwhile,
    sabotage: without('#armed_under = :seenArmedUnder'),
  },
];

describe('a law of hygiene that is broken on purpose', () => {
  it.for(bugs)('law $law is seen to fail when $bug', { timeout: 60_000 }, async ({ bug, law, broken, ...by }) => {
    const { failed } = await fc.check(broken(by), { numRuns: 2000, endOnFailure: true });
    expect(failed).toBe(true);
  });
});
