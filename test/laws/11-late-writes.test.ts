import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LateWrites } from '../support/late-writes.ts';
import { flowsOfRevocations, flowsOfTheSweep } from './11-late-background-flows.ts';
import { flowsOfSessions, flowsOfStacks, flowsOfTokens, flowsOfUses } from './11-late-flows.ts';

// Law 11. And a write of ours that arrives late changes nothing that came after it.
describe('law 11: a write that arrives late', () => {
  let late: LateWrites;
  beforeAll(async () => {
    late = await LateWrites.start();
  });
  afterAll(() => late.scene.running.stop());

  const given = () => late;
  const flows = [
    flowsOfSessions,
    flowsOfTokens,
    flowsOfUses,
    flowsOfStacks,
    flowsOfTheSweep,
    flowsOfRevocations,
  ].flatMap((of) => of(given));

  it('is tried with everything that any function has a right to write', () => {
    const functions = late.scene.running.system.stack.ofType('AWS::Lambda::Function');
    const withData = functions.filter(({ properties }) =>
      JSON.stringify(properties.Environment ?? '').includes('TABLE'),
    );
    for (const by of withData.map(({ metadata }) => String(metadata['tokenward:function']))) {
      const written = flows.filter((flow) => flow.by === by).flatMap(({ writes }) => writes.join(' + ').split(' + '));
      const tried = new Set(written.map((write) => write.split(' ').slice(1, 3).join(' ')));
      expect([by, [...new Set(late.rightsOf(by))].sort()]).toEqual([by, [...tried].sort()]);
    }
  });

  it.each(flows)('changes nothing that came after it: $name', { timeout: 300_000 }, async (flow) => {
    const writes = await late.writesOf(flow);
    expect(new Set(writes)).toEqual(new Set(flow.writes));
    for (const lateness of flow.lateness ?? (['answered', 'given up'] as const))
      for (const write of flow.only ?? flow.writes) {
        const times = writes.filter((one) => one === write).length;
        for (let nth = 1; nth <= times; nth += 1) await late.tryLate(flow, { write, nth, lateness });
      }
  });
});
