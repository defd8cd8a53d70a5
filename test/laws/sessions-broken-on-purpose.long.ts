import { type Bug, describeBugs } from '../support/bugs-on-purpose.ts';
import { earlyAnswers, indexLookups, rememberedReads, staleReads, without, withoutSteps } from '../support/sabotage.ts';
import {
  completedTooEarly,
  epochNotCompared,
  leftover,
  newerEpochToo,
  nobodyIsTold,
  openedUnverified,
  progressForgotten,
  recordedBeforeTold,
  sameSessionAgain,
  shardsForgotten,
  toldAfterDeletion,
} from '../support/tampering.ts';
import {
  endAllAgainstOpen,
  extendAgainstExpire,
  openAgainstDelete,
  verifyAgainstDelete,
} from './01-zero-window-sessions.property.ts';
import { deleteAgainstDelete, editAgainstDelete, revokeAgainstEdit } from './09-one-way-to-die.property.ts';
import { lateOpenings } from './11-late-openings.property.ts';
import { diesAtAnyMoment, twiceLateOutOfOrder } from './12-twice-late-out-of-order.property.ts';

const seen = ['#state = :state', '#version = :version', '#epoch = :epoch'];
const once = ['#state <> :deleted', '#token_uid = :uid', 'attribute_exists(#pk)', '#tokens > :none'];
const forward = ['#upto = :from', 'attribute_not_exists(#upto)'];
const noReceipt = withoutSteps(({ Put }) => Put?.Item?.sk?.S?.startsWith('RECEIPT#') ?? false);

const bugs: Bug[] = [
  { bug: 'verification reads a stale copy', law: '1', broken: verifyAgainstDelete, sabotage: staleReads },
  { bug: 'verification looks a token up in an index', law: '1', broken: verifyAgainstDelete, sabotage: indexLookups },
  { bug: 'verification reads a cache', law: '1', broken: verifyAgainstDelete, sabotage: rememberedReads },
  { bug: 'an end is acknowledged before it is stored', law: '1', broken: verifyAgainstDelete, sabotage: earlyAnswers },
  { bug: 'the epoch is not compared', law: '1', broken: endAllAgainstOpen, tamper: epochNotCompared },
  { bug: 'the epoch is not compared', law: '1', broken: extendAgainstExpire, tamper: epochNotCompared },
  { bug: 'an opening is not verified again', law: '1', broken: openAgainstDelete, tamper: openedUnverified },
  { bug: 'a refused opening leaves its row', law: '1', broken: openAgainstDelete, tamper: leftover },
  { bug: 'an edit does not look at what it replaces', law: '9', broken: editAgainstDelete, sabotage: without(...seen) },
  {
    bug: 'a revocation does not look at what it replaces',
    law: '9',
    broken: revokeAgainstEdit,
    sabotage: without(...seen),
  },
  { bug: 'a receipt is not put', law: '9', broken: editAgainstDelete, sabotage: noReceipt },
  { bug: 'a token is deleted twice', law: '9', broken: deleteAgainstDelete, sabotage: without(...once) },
  { bug: 'a further attempt puts the same session', law: '11', broken: lateOpenings, tamper: sameSessionAgain },
  { bug: 'progress goes back, or counts twice', law: '12', broken: twiceLateOutOfOrder, sabotage: without(...forward) },
  { bug: 'a round does not know how far others came', law: '12', broken: diesAtAnyMoment, tamper: progressForgotten },
  { bug: 'the world is told after the rows are gone', law: '12', broken: diesAtAnyMoment, tamper: toldAfterDeletion },
  {
    bug: 'progress is recorded before the world is told',
    law: '12',
    broken: diesAtAnyMoment,
    tamper: recordedBeforeTold,
  },
  { bug: 'nobody is told', law: '12', broken: twiceLateOutOfOrder, tamper: nobodyIsTold },
  { bug: 'some shards are not looked at', law: '12', broken: twiceLateOutOfOrder, tamper: shardsForgotten },
  {
    bug: 'a receipt is completed before all shards are',
    law: '12',
    broken: twiceLateOutOfOrder,
    tamper: completedTooEarly,
  },
  { bug: 'sessions of a newer epoch are ended too', law: '12', broken: twiceLateOutOfOrder, tamper: newerEpochToo },
];

describeBugs('a law of sessions that is broken on purpose', bugs);
