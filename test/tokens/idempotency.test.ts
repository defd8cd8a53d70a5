import { describe, expect, it } from 'vitest';
import { firstAnswer, givenKey, isKept } from '../../functions/tokens/idempotency.ts';
import type { Seen } from '../../functions/tokens/token-repository.ts';
import { refusalOf } from '../sessions/refusal-of.ts';
import type { SimulatedProduct } from '../simulation/simulated-product.ts';
import { fixture, simulatedProduct } from '../simulation/simulated-stack.ts';
import { tokenLike } from './token-like.ts';

const { stack, live } = fixture;
const created_at = '2026-03-01T08:00:00.000Z';
const day = 86_400_000;
const actor = simulatedProduct({}).actor('owner');
const key = (route: string, body: unknown = []) => givenKey({ key: 'k', actor, stack }, { route, body });

describe('a key', () => {
  it('is none where none is given', () => {
    expect(givenKey({ key: undefined, actor, stack }, { route: 'create-token', body: [] })).toBeNull();
  });

  it('is kept for a day, to the millisecond', () => {
    const record = { id: '', body: '', token_uid: '', created_at };
    const at = (ms: number) => new Date(Date.parse(created_at) + ms);
    expect([day - 1, day].map((ms) => isKept(record, at(ms)))).toEqual([true, false]);
  });

  const scope = [
    { module: '$all', acl: { read: true } },
    { module: 'branch', branches: ['main'] },
  ];
  const command = { stack, fields: { name: 'new', scope }, idempotencyKey: 'k' };

  it.for([
    ['create-token', (product: SimulatedProduct) => product.create('owner', command)],
    ['create-successor', (product: SimulatedProduct) => product.succeed('owner', { ...command, uid: live.uid })],
  ] as const)(
    'of %s is kept under that name: what was kept before an upgrade holds after it',
    async ([route, create]) => {
      const product = simulatedProduct({});
      const { done } = await create(product);
      expect(done).toBeDefined();
      const kept = product.rows().usage.filter(({ pk }) => pk === `IDEMPOTENCY#${key(route)?.id}`);
      expect(kept).toMatchObject([{ token_uid: done?.token.uid }]);
    },
  );
});

describe('the first answer to a key', () => {
  const token = tokenLike();
  const earlier = { id: 'id', body: 'body', token_uid: token.uid, created_at };
  const given = { id: 'id', body: 'body' };
  const member = { uid: actor.uid, role: 'admin', issuer: '', sub: '' } as const;

  /** What is found of it by now. */
  async function answer(found: Partial<Seen>, body = 'body') {
    const stackOf = (await simulatedProduct({}).list('owner', stack)).done?.stack ?? null;
    const seen: Seen = {
      member,
      stack: stackOf,
      token,
      branches: [],
      aliases: [],
      earlier: null,
      lastUse: null,
      ...found,
    };
    const tokens = { see: async () => seen, list: async () => Promise.reject(new Error('Nobody lists.')) };
    return await firstAnswer(tokens, { stack, caller: actor.uid }, { given: { ...given, body }, earlier });
  }

  it('is the token as it is by now, with its last use', async () => {
    const lastUse = { at: created_at, client: 'c', remote_addr: '', hours: new Map() };
    expect(await answer({ lastUse })).toMatchObject({ token, lastUse });
  });

  it('is none to another body', async () => {
    expect(await refusalOf(answer({}, 'other'))).toMatchObject({
      kind: 'idempotency-key-reused',
      errors: { 'Idempotency-Key': ['was used with another body. Use a new key.'] },
    });
  });

  it.for([
    ['is no member any more', { member: null }, 'stack-not-found'],
    ['has no rights any more', { member: { ...member, role: 'developer' } }, 'not-allowed'],
  ] as const)('is none to who %s', async ([, found, kind]) => {
    expect(await refusalOf(answer(found))).toMatchObject({ kind });
  });

  it.for([{ token: tokenLike({ state: 'deleted' }) }, { token: null }, { stack: null }])(
    'is none where the token is gone (%j)',
    async (found) => {
      expect(await refusalOf(answer(found))).toMatchObject({
        kind: 'conflict',
        detail: `This key created the token ${token.uid}, which has been deleted since. Use a new key.`,
      });
    },
  );
});
