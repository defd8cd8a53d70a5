import { describe, expect, it } from 'vitest';
import { tryEachLate } from '../support/late-writes.ts';
import { flowsOfRevocations, flowsOfTheSweep } from './11-late-background.ts';
import { flowsOfSessions, flowsOfUses } from './11-late-sessions.ts';
import { flowsOfStacks } from './11-late-stacks.ts';
import { flowsOfTokens } from './11-late-tokens.ts';

// Law 11. And a write of ours that arrives late changes nothing that came after it.
describe('law 11: a write of a door that arrives late', () => {
  const doors = [flowsOfSessions, flowsOfTokens, flowsOfUses, flowsOfStacks];
  const late = tryEachLate((given) => doors.flatMap((of) => of(given)));

  it('is tried with everything that any function has a right to write', () => {
    const flows = [...doors, flowsOfTheSweep, flowsOfRevocations].flatMap((of) => of(late));
    const functions = late().scene.running.system.stack.ofType('AWS::Lambda::Function');
    const withData = functions.filter(({ properties }) =>
      JSON.stringify(properties.Environment ?? '').includes('TABLE'),
    );
    for (const by of withData.map(({ metadata }) => String(metadata['tokenward:function']))) {
      const written = flows.filter((flow) => flow.by === by).flatMap(({ writes }) => writes.join(' + ').split(' + '));
      const tried = new Set(written.map((write) => write.split(' ').slice(1, 3).join(' ')));
      expect([by, [...new Set(late().rightsOf(by))].sort()]).toEqual([by, [...tried].sort()]);
    }
  });
});
