import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import { day, keys, type SimulatedProduct, scopes, tables } from '../simulation/simulated-product.ts';
import { fixture, simulatedProduct } from '../simulation/simulated-stack.ts';
import { demote, meanwhile } from './meeting-others.ts';

const { stack, live, stopped, foreign } = fixture;
const asked = ({ dynamo }: SimulatedProduct) => dynamo.requests.map(({ operation }) => operation);
const edit = (product: SimulatedProduct, fields: Record<string, unknown> | null, uid = live.uid) =>
  product.edit('owner', { stack, uid, fields });
const receipts = (product: SimulatedProduct, uid: string) =>
  product.rows().tokens.filter(({ pk, sk }) => pk === `TOKEN#${uid}` && String(sk).startsWith('RECEIPT#'));

describe('editing a token', () => {
  it('takes one read and one transaction, and counts', async () => {
    const product = simulatedProduct({});
    const { done } = await edit(product, { description: 'new' });
    expect(asked(product)).toEqual(['BatchGetItem', 'TransactWriteItems']);
    expect(done?.token).toMatchObject({ description: 'new', version: 2, epoch: 1, name: live.name });
  });

  it('that changes nothing writes nothing', async () => {
    const product = simulatedProduct({});
    const token = (await product.fetch('owner', { stack, uid: live.uid })).done?.token;
    const { done } = await edit(product, { ...token });
    expect(done?.token).toEqual(token);
    expect(asked(product)).not.toContain('TransactWriteItems');
  });

  it("takes the token's own value back, and no other", async () => {
    const product = simulatedProduct({});
    expect((await edit(product, { token: live.value, description: 'new' })).done).toBeDefined();
    for (const token of [stopped.value, 'cs_', '', null, 5]) {
      expect(await edit(product, { token })).toMatchObject({ refused: 'invalid' });
      expect(product.refusals.at(-1)?.errors).toEqual({
        token: ['cannot be changed. Generate a new management token instead.'],
      });
    }
  });

  it('without a body changes nothing', async () => {
    const product = simulatedProduct({});
    expect(await edit(product, null)).toMatchObject({ refused: 'invalid' });
    expect(product.refusals.at(-1)?.errors).toEqual({ token: ['is a required field'] });
    expect(asked(product)).toEqual(['BatchGetItem']);
  });

  it('tells of its last use', async () => {
    const product = simulatedProduct({});
    const { table, ...key } = keys.lastUse(live.uid);
    product.dynamo.put(table, marshall({ ...key, at: '2026-02-01T00:00:00.000Z', client: 'c', remote_addr: '' }));
    for (const fields of [{ description: 'new' }, {}])
      expect((await edit(product, fields)).done?.lastUse).toMatchObject({ client: 'c' });
  });

  it('keeps the names of a stack unique, and frees the old one', async () => {
    const product = simulatedProduct({});
    expect(await edit(product, { name: stopped.name })).toMatchObject({ refused: 'invalid' });
    await edit(product, { name: 'renamed' });
    expect((await edit(product, { name: live.name }, stopped.uid)).done).toBeDefined();
  });

  it('moves the next action with the expiry', async () => {
    const product = simulatedProduct({});
    const in10Days = new Date(product.now().getTime() + 10 * day).toISOString();
    const { done } = await edit(product, { expires_on: in10Days });
    expect(done?.token.next?.action).toBe('warn#7');
    expect((await edit(product, { expires_on: null })).done?.token.next).toBeNull();
  });

  it('leaves what is due about it, also where that is overdue', async () => {
    const product = simulatedProduct({});
    product.pass(35 * day);
    const { done } = await edit(product, { description: 'new' });
    expect(done?.token.next?.action).toBe('warn#30');
  });

  it('stops a token at the very instant of its expiry, by another write of the same settings', async () => {
    const product = simulatedProduct({});
    const { expires_at } = (await product.fetch('owner', { stack, uid: live.uid })).done?.token ?? {};
    product.time.stand(Date.parse(expires_at ?? ''));
    const { done } = await edit(product, { expires_on: 'now' });
    const stopped = { at: expires_at, by: product.actor('owner').uid, reason: 'expired_now' };
    expect(done?.token).toMatchObject({
      state: 'stopped',
      stopped,
      expires_at,
      epoch: 2,
      next: { action: 'clean_up' },
    });
    expect((await product.fetch('owner', { stack, uid: live.uid })).done?.token).toEqual(done?.token);
  });

  it('says how a token was stopped once, and of a live token nothing', async () => {
    const product = simulatedProduct({});
    const in10Days = new Date(product.now().getTime() + 10 * day).toISOString();
    expect((await edit(product, { expires_on: in10Days })).done?.token).not.toHaveProperty('stopped');
    const how = (await edit(product, { expires_on: 'now' })).done?.token.stopped;
    expect(how?.reason).toBe('expired_now');
    product.pass(day);
    expect((await edit(product, { description: 'new' })).done?.token).toMatchObject({ state: 'stopped', stopped: how });
  });

  it('refuses the first thing that is wrong: rights, token, version, fields', async () => {
    const product = simulatedProduct({});
    const wrong = { stack, uid: foreign.uid, version: 9, fields: { name: '' } };
    expect(await product.edit('outsider', wrong)).toMatchObject({ refused: 'stack-not-found' });
    expect(await product.edit('developer', wrong)).toMatchObject({ refused: 'not-allowed' });
    expect(await product.edit('owner', wrong)).toMatchObject({ refused: 'token-not-found' });
    expect(await product.edit('owner', { ...wrong, uid: live.uid })).toMatchObject({ refused: 'stale-version' });
    expect(await product.edit('owner', { ...wrong, uid: live.uid, version: 1 })).toMatchObject({ refused: 'invalid' });
    expect(new Set(asked(product))).toEqual(new Set(['BatchGetItem']));
  });

  it.for(['', 'blt', 'META', '../x', 'blt0123456789ABCDEF'])('of what is no uid (%j) finds no token', async (uid) => {
    expect(await edit(simulatedProduct({}), {}, uid)).toMatchObject({ refused: 'token-not-found' });
  });

  it('of a deleted token finds none', async () => {
    const product = simulatedProduct({});
    await product.delete('owner', { stack, uid: live.uid, confirmName: live.name });
    expect(await edit(product, { expires_on: null })).toMatchObject({ refused: 'token-not-found' });
  });
});

describe('the epoch', () => {
  it('rises with a receipt when a token is stopped, and when it is given back its power', async () => {
    const product = simulatedProduct({});
    expect((await edit(product, { expires_on: 'now' })).done?.token).toMatchObject({ state: 'stopped', epoch: 2 });
    expect((await edit(product, { expires_on: null })).done?.token).toMatchObject({ state: 'live', epoch: 3 });
    expect(receipts(product, live.uid).map(({ reason, epoch }) => [reason, epoch])).toEqual([
      ['stopped', 2],
      ['extended', 3],
    ]);
  });

  it('stays when a live token is extended, shortened or narrowed', async () => {
    const product = simulatedProduct({});
    for (const fields of [{ expires_on: '2027-01-01' }, { expires_on: '2026-12-01' }, { scope: scopes.readOnly }])
      expect((await edit(product, fields)).done?.token.epoch).toBe(1);
    expect(receipts(product, live.uid)).toEqual([]);
  });
});

describe('an edit that meets others', () => {
  const rename = { stack, uid: live.uid, fields: { name: 'renamed' } };

  it.for([1, 2])('is read and applied again when it names no version (%i times)', async (times) => {
    const product = simulatedProduct({});
    interfere(product, times);
    expect((await product.edit('owner', rename)).done?.token).toMatchObject({ name: 'renamed', version: 2 + times });
  });

  it('is refused when it names a version', async () => {
    const product = simulatedProduct({});
    interfere(product, 1);
    expect(await product.edit('owner', { ...rename, version: 1 })).toMatchObject({ refused: 'stale-version' });
  });

  it('is given up when it loses three times, and has changed nothing', async () => {
    const product = simulatedProduct({});
    interfere(product, 3);
    expect(await product.edit('owner', rename)).toMatchObject({ refused: 'conflict' });
    expect(product.refusals.at(-1)?.detail).toBe('Others are changing this token at the same time. Try again.');
    expect(asked(product)).toHaveLength(6);
    expect((await product.fetch('owner', rename)).done?.token.name).toBe(live.name);
  });
});

describe('an edit', () => {
  const rename = { stack, uid: live.uid, fields: { name: 'renamed' } };

  it('is refused to who is an admin no more when it is written', async () => {
    const product = simulatedProduct({ tamper: meanwhile(() => demote(product)) });
    expect(await product.edit('admin', rename)).toMatchObject({ refused: 'not-allowed' });
  });

  it('of a token that other settings of the stack have armed is not made by these', async () => {
    const product = simulatedProduct({});
    const row = product.dynamo
      .items(tables.tokens)
      .find(({ pk, sk }) => pk?.S === `TOKEN#${live.uid}` && sk?.S === 'META');
    product.dynamo.put(tables.tokens, { ...row, armed_under: { N: '7' } });
    expect(await product.edit('owner', rename)).toMatchObject({ refused: 'conflict' });
    expect(asked(product)).toEqual(['BatchGetItem', 'BatchGetItem', 'BatchGetItem']);
  });
});

/** Somebody else's edit, just before each of the next transactions. */
function interfere({ dynamo }: SimulatedProduct, times: number): void {
  let left = times;
  const edit = (operation: string): boolean => {
    if (operation !== 'TransactWriteItems' || left === 0) return false;
    left -= 1;
    const item = dynamo.items(tables.tokens).find(({ pk, sk }) => pk?.S === `TOKEN#${live.uid}` && sk?.S === 'META');
    dynamo.put(tables.tokens, { ...item, version: { N: String(Number(item?.version?.N) + 1) } });
    return false;
  };
  dynamo.inject({ kind: 'reset', when: edit });
}
