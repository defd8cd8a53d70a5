import { describe } from 'vitest';
import { tryEachLate } from '../support/late-writes.ts';
import { flowsOfRevocations, flowsOfTheSweep } from './11-late-background.ts';

// Law 11. And a write of ours that arrives late changes nothing that came after it.
describe('law 11: a write of a schedule, or of the reader of the stream, that arrives late', () => {
  tryEachLate((given) => [...flowsOfTheSweep(given), ...flowsOfRevocations(given)]);
});
