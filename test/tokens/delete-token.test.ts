import { describe, expect, it } from 'vitest';
import type { DeleteToken } from '../../functions/tokens/delete-token.ts';
import type { Person, SimulatedProduct } from '../simulation/simulated-product.ts';
import { fixture, simulatedProduct } from '../simulation/simulated-stack.ts';

const { stack, otherStack, live, stopped, foreign } = fixture;
const right = { stack, uid: live.uid, confirmName: live.name };
const asked = ({ dynamo }: SimulatedProduct) => dynamo.requests.map(({ operation }) => operation);
const refusals = (product: SimulatedProduct) => product.rows().audit.filter(({ outcome }) => outcome === 'refused');

describe('deleting a token', () => {
  it('is one request', async () => {
    const product = simulatedProduct({});
    expect((await product.delete('owner', right)).done).toMatchObject({ reason: 'deleted', state: 'running' });
    expect(asked(product)).toEqual(['TransactWriteItems']);
  });

  it('leaves a tombstone that remembers the digest, is not due and will be tidied in 400 days', async () => {
    const product = simulatedProduct({});
    const { done } = await product.delete('owner', right);
    const row = product.rows().tokens.find(({ pk, sk }) => pk === `TOKEN#${live.uid}` && sk === 'META');
    expect(row).toMatchObject({
      state: 'deleted',
      epoch: 2,
      version: 1,
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(row).not.toHaveProperty('due_at');
    expect(Number(row?.ttl) - Date.parse(done?.refused_from ?? '') / 1000).toBeCloseTo(400 * 86_400, -1);
  });

  it('frees the name and the place on the stack', async () => {
    const product = simulatedProduct({});
    await product.delete('owner', right);
    expect((await product.list('owner', stack)).done?.tokens.map(({ token }) => token.name)).toEqual([stopped.name]);
    expect((await product.stacks.find(stack, product.actor('owner').uid))?.tokenCount).toBe(1);
  });

  it('also ends a token that is stopped', async () => {
    const { done } = await simulatedProduct({}).delete('admin', { stack, uid: stopped.uid, confirmName: stopped.name });
    expect(done).toBeDefined();
  });

  it('twice finds no token', async () => {
    const product = simulatedProduct({});
    await product.delete('owner', right);
    expect(await product.delete('owner', right)).toMatchObject({ refused: 'token-not-found' });
    expect(refusals(product)).toEqual([]);
  });

  it('takes a name in NFD, for the same code points in NFC', async () => {
    const product = simulatedProduct({});
    await product.edit('owner', { stack, uid: live.uid, fields: { name: 'caf\u00e9' } });
    expect((await product.delete('owner', { ...right, confirmName: 'cafe\u0301' })).done).toBeDefined();
  });
});

describe('a deletion is refused', () => {
  it.for([
    undefined,
    '',
    ' ',
    'CI-Deploy',
    ' ci-deploy',
    'ci-deploy ',
    'ci\u2010deploy',
    'ci-deplo',
    'paused',
    'x'.repeat(5000),
    'a\nb',
  ])('under the name %j, which is kept in the audit log without the right one', async (confirmName) => {
    const product = simulatedProduct({});
    const command = { stack, uid: live.uid, ...(confirmName === undefined ? {} : { confirmName }) };
    expect(await product.delete('owner', command)).toMatchObject({ refused: 'invalid' });
    expect(refusals(product)).toMatchObject([{ event_type: 'delete', reason: 'invalid', metadata: { uid: live.uid } }]);
    expect((await product.fetch('owner', command)).done?.token.version).toBe(1);
  });

  it.for<[string, Person, Partial<DeleteToken>, string]>([
    ['an outsider, whatever else is wrong', 'outsider', { version: 9, confirmName: 'x' }, 'stack-not-found'],
    ['a developer, whatever else is wrong', 'developer', { version: 9, confirmName: 'x' }, 'not-allowed'],
    [
      "another stack's token, whatever else is wrong",
      'owner',
      { uid: foreign.uid, version: 9, confirmName: 'x' },
      'token-not-found',
    ],
    ["another stack's token, by its name", 'owner', { uid: foreign.uid }, 'token-not-found'],
    ['an unknown token', 'owner', { uid: 'blt00000000000fffff' }, 'token-not-found'],
    ['what is no uid', 'owner', { uid: 'META' }, 'token-not-found'],
    ["a token of ours in the outsider's own stack", 'outsider', { stack: otherStack }, 'token-not-found'],
    ['an old version, before a wrong name', 'owner', { version: 9, confirmName: 'x' }, 'stale-version'],
    ['a wrong name under the right version', 'owner', { version: 1, confirmName: 'x' }, 'invalid'],
    ['an old version under the right name', 'owner', { version: 9 }, 'stale-version'],
  ])('to %s', async ([, who, command, kind]) => {
    for (const unsendable of [{}, { confirmName: '\0' }]) {
      const product = simulatedProduct({});
      expect(await product.delete(who, { ...right, ...command, ...unsendable })).toMatchObject({ refused: kind });
      expect(refusals(product)).toHaveLength(kind === 'stale-version' || kind === 'invalid' ? 1 : 0);
    }
  });

  it.for([
    [undefined, 'is required. Enter the exact name of the token to delete it.'],
    ['', 'does not match the name of this token.'],
    ['Ci-deploy', 'does not match the name of this token.'],
  ] as const)(
    'under the name %j with what is wrong with it, and never with the right one',
    async ([typed, message]) => {
      const product = simulatedProduct({});
      await product.delete('owner', { stack, uid: live.uid, ...(typed === undefined ? {} : { confirmName: typed }) });
      expect(product.refusals.at(-1)?.errors).toEqual({ confirm_name: [message] });
    },
  );

  it('after one read where the uid cannot be one', async () => {
    const product = simulatedProduct({});
    await product.delete('owner', { ...right, uid: 'META' });
    expect(asked(product)).toEqual(['BatchGetItem']);
  });

  it('after one read where the name cannot be one', async () => {
    const product = simulatedProduct({});
    await product.delete('owner', { ...right, confirmName: '\0' });
    expect(asked(product)).toEqual(['BatchGetItem', 'PutItem']);
  });
});
