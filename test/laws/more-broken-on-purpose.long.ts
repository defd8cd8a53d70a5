import { type Bug, describeBugs } from '../support/bugs-on-purpose.ts';
import { valueInAudit, valueInError, valueInRecord, valueInSession } from '../support/leaks.ts';
import {
  failedIsAbsent,
  lastAnswerHolds,
  rememberedReads,
  staleReads,
  swallowed,
  ttlDecides,
  unprocessedIsAbsent,
} from '../support/sabotage.ts';
import {
  bareErrors,
  epochNotCompared,
  extensionKeepsEpoch,
  goodAtItsEnd,
  lifetimeOnly,
  secondJudge,
  stopIsAnInstant,
} from '../support/tampering.ts';
import { oneJudge } from './02-one-judge.property.ts';
import { shownOnce } from './04-shown-once.property.ts';
import { expiryIsAComparison } from './06-expiry-is-a-comparison.property.ts';
import { failClosed } from './13-fail-closed.property.ts';

const lostIsSuccess = swallowed(({ message }) => message.includes('ECONNRESET'));

const bugs: Bug[] = [
  { bug: 'verification reads a stale copy', law: '2', broken: oneJudge, sabotage: staleReads },
  { bug: 'verification reads a cache', law: '2', broken: oneJudge, sabotage: rememberedReads },
  { bug: 'the epoch is not compared', law: '2', broken: oneJudge, tamper: epochNotCompared },
  { bug: 'introspection judges for itself', law: '2', broken: oneJudge, tamper: secondJudge },
  { bug: "introspection compares a session's own lifetime only", law: '2', broken: oneJudge, tamper: lifetimeOnly },
  { bug: 'a token is good at the very instant of its expiry', law: '2', broken: oneJudge, tamper: goodAtItsEnd },
  { bug: 'a value is kept with its idempotency key', law: '4', broken: shownOnce, tamper: valueInRecord },
  { bug: 'a value is in the audit log', law: '4', broken: shownOnce, tamper: valueInAudit },
  { bug: 'a value is in the cause of an error', law: '4', broken: shownOnce, tamper: valueInError },
  { bug: "a session's value is in its row", law: '4', broken: shownOnce, tamper: valueInSession },
  {
    bug: 'a token is good at the very instant of its expiry',
    law: '6',
    broken: expiryIsAComparison,
    tamper: goodAtItsEnd,
  },
  { bug: 'a stop only moves the instant', law: '6', broken: expiryIsAComparison, tamper: stopIsAnInstant },
  { bug: 'an extension raises no epoch', law: '6', broken: expiryIsAComparison, tamper: extensionKeepsEpoch },
  { bug: 'the epoch is not compared', law: '6', broken: expiryIsAComparison, tamper: epochNotCompared },
  { bug: 'TTL decides', law: '6', broken: expiryIsAComparison, sabotage: ttlDecides },
  { bug: 'unprocessed keys are taken for absent', law: '13', broken: failClosed, sabotage: unprocessedIsAbsent },
  {
    bug: 'a read that fails is taken for one that finds nothing',
    law: '13',
    broken: failClosed,
    sabotage: failedIsAbsent,
  },
  { bug: 'what was read before holds where a read fails', law: '13', broken: failClosed, sabotage: lastAnswerHolds },
  { bug: 'verification reads a stale copy', law: '13', broken: failClosed, sabotage: staleReads },
  { bug: 'a lost answer is taken for success', law: '13', broken: failClosed, sabotage: lostIsSuccess },
  { bug: 'errors of storage are told as they come', law: '13', broken: failClosed, tamper: bareErrors },
];

describeBugs('one of laws 2, 4, 6 and 13 that is broken on purpose', bugs);
