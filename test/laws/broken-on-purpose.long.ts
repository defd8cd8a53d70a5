import { type Bug, describeBugs } from '../support/bugs-on-purpose.ts';
import {
  earlyAnswers,
  noProof,
  oneByOne,
  rememberedReads,
  staleReads,
  swallowed,
  unprocessedIsAbsent,
  without,
  withoutSteps,
} from '../support/sabotage.ts';
import { zeroWindow } from './01-zero-window.property.ts';
import { nameConfirmed } from './03-name-confirmed.property.ts';
import { editsHoldAtOnce } from './05-edits-hold-at-once.property.ts';
import { nobodyElses } from './10-nobody-elses.property.ts';
import { acknowledgedIsDurable, nothingIsLost } from './11-acknowledged-is-durable.property.ts';

const conflictIsSuccess = swallowed(({ message }) => message.includes('TransactionConflict'));
const lostIsSuccess = swallowed(({ message }) => message.includes('ECONNRESET'));
const seen = ['#state = :state', '#version = :version', '#epoch = :epoch'];

const bugs: Bug[] = [
  { bug: 'verification reads a stale copy', law: '1', broken: zeroWindow, sabotage: staleReads },
  { bug: 'verification reads a cache', law: '1', broken: zeroWindow, sabotage: rememberedReads },
  { bug: 'a deletion is acknowledged before it is stored', law: '1', broken: zeroWindow, sabotage: earlyAnswers },
  { bug: 'a conflict is taken for success', law: '1', broken: zeroWindow, sabotage: conflictIsSuccess },
  { bug: 'an edit revives what was deleted meanwhile', law: '1', broken: zeroWindow, sabotage: without(...seen) },
  {
    bug: 'the name is compared before the write only',
    law: '3',
    broken: nameConfirmed,
    sabotage: without('#name = :confirmName', '#token_uid = :uid'),
  },
  { bug: 'verification reads a stale copy', law: '5', broken: editsHoldAtOnce, sabotage: staleReads },
  { bug: 'verification reads a cache', law: '5', broken: editsHoldAtOnce, sabotage: rememberedReads },
  { bug: 'an edit is acknowledged before it is stored', law: '5', broken: editsHoldAtOnce, sabotage: earlyAnswers },
  {
    bug: 'rights are tested before the write only',
    law: '10',
    broken: nobodyElses,
    sabotage: without('#role IN (:owner, :admin)'),
  },
  { bug: 'rights are read from a stale copy', law: '10', broken: nobodyElses, sabotage: staleReads },
  { bug: 'an edit does not look at what it replaces', law: '11', broken: nothingIsLost, sabotage: without(...seen) },
  {
    bug: 'a name may be taken twice',
    law: '11',
    broken: nothingIsLost,
    sabotage: without('attribute_not_exists(#pk)'),
  },
  { bug: 'a conflict is taken for success', law: '11', broken: nothingIsLost, sabotage: conflictIsSuccess },
  {
    bug: 'the count is not kept',
    law: '11',
    broken: nothingIsLost,
    sabotage: withoutSteps(({ Update }) => Update?.Key?.sk?.S === 'COUNT'),
  },
  {
    bug: 'a key is not kept with its token',
    law: '11',
    broken: nothingIsLost,
    sabotage: withoutSteps(({ Put }) => Put?.TableName === 'usage'),
  },
  { bug: 'a lost answer is taken for success', law: '11', broken: acknowledgedIsDurable, sabotage: lostIsSuccess },
  {
    bug: 'an attempt that was carried out is not recognized',
    law: '11',
    broken: acknowledgedIsDurable,
    sabotage: noProof,
  },
  { bug: 'a change is several writes', law: '11', broken: acknowledgedIsDurable, sabotage: oneByOne },
  {
    bug: 'unprocessed keys are taken for absent',
    law: '11',
    broken: acknowledgedIsDurable,
    sabotage: unprocessedIsAbsent,
  },
];

describeBugs('a law that is broken on purpose', bugs);
