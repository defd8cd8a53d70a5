import { describe, expect, it } from 'vitest';
import type { Person } from '../support/simulated-product.ts';
import { fixture, simulatedProduct } from '../support/simulated-stack.ts';

const { stack, otherStack, live, stopped, foreign } = fixture;

describe('the tokens of a stack', () => {
  it('are listed newest first, and no others', async () => {
    const { done } = await simulatedProduct({}).list('admin', stack);
    expect(done?.tokens.map(({ token }) => token.uid)).toEqual([stopped.uid, live.uid]);
  });

  it('are read by one query and one batch', async () => {
    const product = simulatedProduct({});
    await product.list('owner', stack);
    expect(product.dynamo.requests.map(({ operation }) => operation)).toEqual(['Query', 'BatchGetItem']);
  });

  it.for<[Person, string, string]>([
    ['developer', stack, 'not-allowed'],
    ['outsider', stack, 'stack-not-found'],
    ['owner', otherStack, 'stack-not-found'],
  ])('are not for %s in %s', async ([who, of, kind]) => {
    const product = simulatedProduct({});
    expect(await product.list(who, of)).toMatchObject({ refused: kind });
    expect(await product.fetch(who, { stack: of, uid: live.uid })).toMatchObject({ refused: kind });
  });

  it.for([foreign.uid, 'blt00000000000fffff', 'META', ''])('do not hold %j', async (uid) => {
    expect(await simulatedProduct({}).fetch('owner', { stack, uid })).toMatchObject({ refused: 'token-not-found' });
  });
});
