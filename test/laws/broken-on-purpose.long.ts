import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
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
import type { Sabotage } from '../support/simulated-product.ts';
import type { Law } from '../support/simulated-races.ts';
import { zeroWindow } from './01-zero-window.property.ts';
import { nameConfirmed } from './03-name-confirmed.property.ts';
import { editsHoldAtOnce } from './05-edits-hold-at-once.property.ts';
import { nobodyElses } from './10-nobody-elses.property.ts';
import { acknowledgedIsDurable, nothingIsLost } from './11-acknowledged-is-durable.property.ts';

const conflictIsSuccess = swallowed(({ message }) => message.includes('TransactionConflict'));
const lostIsSuccess = swallowed(({ message }) => message.includes('ECONNRESET'));
const seen = ['#state = :was', '#version = :seen', '#epoch = :era'];

const bugs: { bug: string; law: string; broken: Law; by: Sabotage }[] = [
  { bug: 'verification reads a stale copy', law: '1', broken: zeroWindow, by: staleReads },
  { bug: 'verification reads a cache', law: '1', broken: zeroWindow, by: rememberedReads },
  { bug: 'a deletion is acknowledged before it is stored', law: '1', broken: zeroWindow, by: earlyAnswers },
  { bug: 'a conflict is taken for success', law: '1', broken: zeroWindow, by: conflictIsSuccess },
  { bug: 'an edit revives what was deleted meanwhile', law: '1', broken: zeroWindow, by: without(...seen) },
  {
    bug: 'the name is compared before the write only',
    law: '3',
    broken: nameConfirmed,
    by: without('#name = :seen_name', '#token_uid = :uid'),
  },
  { bug: 'verification reads a stale copy', law: '5', broken: editsHoldAtOnce, by: staleReads },
  { bug: 'verification reads a cache', law: '5', broken: editsHoldAtOnce, by: rememberedReads },
  { bug: 'an edit is acknowledged before it is stored', law: '5', broken: editsHoldAtOnce, by: earlyAnswers },
  {
    bug: 'rights are tested before the write only',
    law: '10',
    broken: nobodyElses,
    by: without('#role IN (:owner, :admin)'),
  },
  { bug: 'rights are read from a stale copy', law: '10', broken: nobodyElses, by: staleReads },
  { bug: 'an edit does not look at what it replaces', law: '11', broken: nothingIsLost, by: without(...seen) },
  { bug: 'a name may be taken twice', law: '11', broken: nothingIsLost, by: without('attribute_not_exists(#pk)') },
  { bug: 'a conflict is taken for success', law: '11', broken: nothingIsLost, by: conflictIsSuccess },
  {
    bug: 'the count is not kept',
    law: '11',
    broken: nothingIsLost,
    by: withoutSteps(({ Update }) => Update?.Key?.sk?.S === 'COUNT'),
  },
  {
    bug: 'a key is not kept with its token',
    law: '11',
    broken: nothingIsLost,
    by: withoutSteps(({ Put }) => Put?.TableName === 'usage'),
  },
  { bug: 'a lost answer is taken for success', law: '11', broken: acknowledgedIsDurable, by: lostIsSuccess },
  { bug: 'an attempt that was carried out is not recognized', law: '11', broken: acknowledgedIsDurable, by: noProof },
  { bug: 'a change is several writes', law: '11', broken: acknowledgedIsDurable, by: oneByOne },
  { bug: 'unprocessed keys are taken for absent', law: '11', broken: acknowledgedIsDurable, by: unprocessedIsAbsent },
];

describe('a law that is broken on purpose', () => {
  it.for(bugs)('law $law is seen to fail when $bug', { timeout: 60_000 }, async ({ broken, by }) => {
    const { failed } = await fc.check(broken({ sabotage: by }), { numRuns: 2000, endOnFailure: true });
    expect(failed).toBe(true);
  });
});
