import { expect, it } from 'vitest';
import { earlierRecord } from '../../functions/tokens/create-token.ts';
import { isReplaced } from '../../functions/tokens/edit-token.ts';
import type { NotCreated } from '../../functions/tokens/token-repository.ts';
import { stackLike } from '../stacks/stack-like.ts';

const stack = stackLike({ plan: { max_tokens: 2, manage_rate_limits: true } });
const developer = { uid: 'blt00000000000000d1', role: 'developer', issuer: 'https://issuer.example.test', sub: 'd' };
const earlier = { id: 'id', body: 'body', token_uid: 'blt00000000000000a1', created_at: '2026-03-01T08:00:00.000Z' };

it.each<[string, NotCreated, object]>([
  ['a stranger', { failed: 'member', member: null }, { kind: 'stack-not-found' }],
  ['a developer', { failed: 'member', member: developer }, { kind: 'not-allowed' }],
  ['a name that is taken', { failed: 'name' }, { kind: 'invalid', errors: { name: ['is not unique.'] } }],
  [
    'a full stack',
    { failed: 'count', tokens: 2 },
    {
      kind: 'invalid',
      errors: {
        token: ['cannot be created: this stack has 2 management tokens, which is its limit. Delete one first.'],
      },
    },
  ],
])('a creation is refused to %s', (_, failure, refusal) => {
  expect(() => earlierRecord(failure, stack)).toThrow(expect.objectContaining(refusal));
});

it.each<[string, NotCreated]>([
  ['the token before it was changed meanwhile', { failed: 'before' }],
  ['the stack has room, so that it was its settings that changed', { failed: 'count', tokens: 1 }],
])('a creation can be tried again where %s', (_, failure) => {
  expect(earlierRecord(failure, stack)).toBeNull();
});

it('a creation that an earlier request with the same key has made is found by its record', () => {
  expect(earlierRecord({ failed: 'idempotency', earlier }, stack)).toBe(earlier);
});

it('an edit is refused to whoever has no right to it, and where the name is taken', () => {
  const refused = (kind: string) => expect.objectContaining({ kind });
  expect(() => isReplaced({ failed: 'member', member: null })).toThrow(refused('stack-not-found'));
  expect(() => isReplaced({ failed: 'member', member: developer })).toThrow(refused('not-allowed'));
  expect(() => isReplaced({ failed: 'name' })).toThrow(refused('invalid'));
});

it('an edit was made, or can be tried again where the token was changed meanwhile', () => {
  expect([isReplaced(null), isReplaced({ failed: 'token' })]).toEqual([true, false]);
});
