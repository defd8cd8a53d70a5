import { expect, it } from 'vitest';
import { type RawResource, type Synthesized, synthesize } from './synthesized-stack.ts';

/**
 * That a restored table can be brought in as docs/deploy.md says: `cdk import` takes what the template has more than the stack and
 * leaves the rest as it is deployed; a deployment then turns everything to the new table, and lets go of the old one.
 */
export function describeRestore(present: () => Synthesized): void {
  it('takes one resource more and one less, and the one is as the other', () => {
    const restored = synthesize('prod', { tokensTable: 'TokensRestored' }).everything;
    const [added, ...more] = besides(restored, present().everything);
    const [left, ...others] = besides(present().everything, restored);
    expect([...more, ...others]).toEqual([]);
    expect(added?.id).toMatch(/^DataTokensRestoredTable/);
    expect({ ...added, id: '' }).toEqual({ ...left, id: '' });
    expect(JSON.stringify(restored)).not.toContain(left?.id);
    // What is imported, and what is left behind, is kept; CloudFormation takes nothing without.
    expect([added?.type, added?.deletionPolicy]).toEqual(['AWS::DynamoDB::GlobalTable', 'Retain']);
    // It is imported into the stack as that is: it may refer to nothing that is not there yet, and has no name that would not fit.
    expect(JSON.stringify(added?.properties).match(/"Ref":"[^"]+"|Fn::\w+/g)).toEqual(['"Ref":"AWS::Region"']);
    expect(added?.properties).not.toHaveProperty('TableName');
  });
}

function besides(some: readonly RawResource[], others: readonly RawResource[]): RawResource[] {
  const known = new Set(others.map(({ id }) => id));
  return some.filter(({ id }) => !known.has(id));
}
