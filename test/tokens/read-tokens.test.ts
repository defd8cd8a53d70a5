import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import type { Stack } from '../../functions/stacks/stack.ts';
import { listTokens } from '../../functions/tokens/read-tokens.ts';
import type { Token } from '../../functions/tokens/token.ts';
import { keys } from '../simulation/simulated-dependencies.ts';
import type { Person } from '../simulation/simulated-product.ts';
import { fixture, simulatedProduct } from '../simulation/simulated-stack.ts';
import { tokenLike } from './token-like.ts';

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

describe('a listing', () => {
  const [early, late] = ['2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z'];
  const member = { uid: 'm', role: 'owner', issuer: '', sub: '' } as const;

  async function listed(found: readonly Token[], of: Stack | null) {
    const tokens = found.map((token) => ({ token, lastUse: null }));
    const list = async () => ({ member, stack: of, tokens });
    const see = async () => Promise.reject(new Error('Nobody looks at one.'));
    return await listTokens({ list, see }, { caller: 'm', stack });
  }

  it('has the newest first, and of the same millisecond the greater uid', async () => {
    const { done } = await simulatedProduct({}).list('owner', stack);
    const tokens = [
      ['b', early],
      ['a', late],
      ['c', early],
      ['d', late],
      ['a', early],
    ].map(([uid = '', created_at = '']) => tokenLike({ uid, created_at, api_key: stack }));
    const { tokens: sorted } = await listed(tokens, done?.stack ?? null);
    expect(sorted.map(({ token }) => token.uid + token.created_at.slice(9, 10)).join(' ')).toBe('d2 a2 c1 b1 a1');
  });

  it("leaves out what has been deleted meanwhile, and another stack's", async () => {
    const { done } = await simulatedProduct({}).list('owner', stack);
    const tokens = [
      tokenLike({ uid: 'a', api_key: stack, state: 'deleted' }),
      tokenLike({ uid: 'b', api_key: otherStack }),
      tokenLike({ uid: 'c', api_key: stack, state: 'stopped' }),
    ];
    const { tokens: left } = await listed(tokens, done?.stack ?? null);
    expect(left.map(({ token }) => token.uid)).toEqual(['c']);
  });

  it('of a stack that has members and no item of its own fails, and says so', async () => {
    await expect(listed([], null)).rejects.toThrow(`Stack ${stack} has members and no item of its own.`);
  });
});

it('a token is told with its last use', async () => {
  const product = simulatedProduct({});
  const { table, ...key } = keys.lastUse(live.uid);
  product.dynamo.put(table, marshall({ ...key, at: '2026-02-01T00:00:00.000Z', client: 'c', remote_addr: '' }));
  const { done } = await product.fetch('owner', { stack, uid: live.uid });
  expect(done?.lastUse).toMatchObject({ at: '2026-02-01T00:00:00.000Z', client: 'c' });
});
