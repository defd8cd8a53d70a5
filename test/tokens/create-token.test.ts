import { describe, expect, it } from 'vitest';
import { settingsOf } from '../../functions/tokens/changes.ts';
import type { Sight } from '../../functions/tokens/token-repository.ts';
import { digestOf } from '../../functions/values/token-value.ts';
import type { Tampering } from '../simulation/simulated-dependencies.ts';
import { day, type Person, type SimulatedProduct, scopes } from '../simulation/simulated-product.ts';
import { fixture, simulatedProduct } from '../simulation/simulated-stack.ts';
import { changed } from '../support/tampering.ts';
import { demote, meanwhile, meetingOthers } from './meeting-others.ts';

const { stack, otherStack } = fixture;
const fields = { name: 'new', scope: scopes.readOnly };
const withKey = { stack, fields, idempotencyKey: 'key' };
const asked = ({ dynamo }: SimulatedProduct) => dynamo.requests.map(({ operation }) => operation);
const meta = (product: SimulatedProduct, uid: string | undefined) =>
  product.rows().tokens.find((row) => row.pk === `TOKEN#${uid}` && row.sk === 'META');

describe('creating a token', () => {
  it('takes one read and one transaction', async () => {
    const product = simulatedProduct({});
    await product.create('owner', { stack, fields });
    expect(asked(product)).toEqual(['BatchGetItem', 'TransactWriteItems']);
  });

  it('gives the value once and keeps its digest', async () => {
    const product = simulatedProduct({});
    const { done } = await product.create('owner', { stack, fields });
    const value = done?.value ?? '';
    expect(meta(product, done?.token.uid)).toMatchObject({
      digest: digestOf(value),
      digest_algorithm: 'sha256',
      hint: value.slice(-4),
      version: 1,
      epoch: 1,
    });
    expect(JSON.stringify(product.rows())).not.toContain(value.slice(-49));
    expect((await product.fetch('owner', { stack, uid: done?.token.uid ?? '' })).done?.token).toEqual(done?.token);
  });

  it('makes what never expires without a ttl and out of the due index', async () => {
    const product = simulatedProduct({});
    const { done } = await product.create('owner', { stack, fields });
    const row = meta(product, done?.token.uid) ?? {};
    expect(Object.keys(row).filter((name) => ['ttl', 'due_at', 'due_shard', 'next_action'].includes(name))).toEqual([]);
  });

  it.for<[Person, string, string]>([
    ['developer', stack, 'not-allowed'],
    ['outsider', stack, 'stack-not-found'],
    ['owner', otherStack, 'stack-not-found'],
    ['owner', 'blt0000000000000fff', 'stack-not-found'],
  ])('is refused to %s in %s, and writes nothing', async ([who, of, kind]) => {
    const product = simulatedProduct({});
    expect(await product.create(who, { stack: of, fields: {} })).toMatchObject({ refused: kind });
    expect(asked(product)).toEqual(['BatchGetItem']);
  });

  it('without a body, or with fields that break rules, writes nothing', async () => {
    const product = simulatedProduct({});
    for (const wrong of [null, {}, { ...fields, name: '' }, { ...fields, expires_on: '2020-01-01' }])
      expect(await product.create('owner', { stack, fields: wrong })).toMatchObject({ refused: 'invalid' });
    expect(new Set(asked(product))).toEqual(new Set(['BatchGetItem']));
  });

  it.for<[Record<string, unknown> | null, unknown]>([
    [null, { token: ['is a required field'] }],
    [{}, { name: ['is a required field'], scope: ['is a required field'] }],
  ])('with the fields %j says what is missing', async ([missing, errors]) => {
    const product = simulatedProduct({});
    await product.create('owner', { stack, fields: missing });
    expect(product.refusals.at(-1)?.errors).toEqual(errors);
  });

  it('with a name and a scope never expires, has no limits, and mails nobody; the audit log has all of it', async () => {
    const product = simulatedProduct({});
    const { request, done } = await product.create('owner', { stack, fields });
    const rest = {
      description: '',
      expires_on: null,
      expires_at: null,
      is_email_notification_enabled: false,
      rate_limit_enabled: false,
      rate_limits: null,
    };
    expect(done?.token).toMatchObject({ ...fields, ...rest, state: 'live', next: null });
    const audited = Object.entries(done ? settingsOf(done.token) : {});
    const changes = audited.map(([field, to]) => ({ field, from: null, to }));
    const entries = product.rows().audit.filter(({ request_id }) => request_id === request);
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({ event_type: 'create', metadata: { uid: done?.token.uid, title: 'new' } });
    expect(entries[0]?.changes).toHaveLength(changes.length);
    expect(entries[0]?.changes).toEqual(expect.arrayContaining(changes));
  });

  it.for([1, 2])('is tried again where settings of the stack changed in between (%i times)', async (times) => {
    const product = simulatedProduct({ tamper: meetingOthers(times) });
    expect((await product.create('owner', { stack, fields })).done?.value).toMatch(/^cs_/);
  });

  it('is given up when they changed three times', async () => {
    const product = simulatedProduct({ tamper: meetingOthers(3) });
    expect(await product.create('owner', { stack, fields })).toMatchObject({ refused: 'conflict' });
    expect(product.refusals.at(-1)?.detail).toBe(
      "Others are changing this stack's settings at the same time. Try again.",
    );
    expect(asked(product)).toEqual(['BatchGetItem', 'BatchGetItem', 'BatchGetItem']);
  });

  it('is refused to whoever has lost the right to it before the write', async () => {
    const product = simulatedProduct({ tamper: meanwhile(() => demote(product)) });
    expect(await product.create('admin', { stack, fields })).toMatchObject({ refused: 'not-allowed' });
  });

  it('on a stack that has members and no item of its own fails, and says so', async () => {
    const tamper: Tampering = (deps) => {
      const see = async (sight: Sight) => ({ ...(await deps.tokens.see(sight)), stack: null });
      return { ...deps, tokens: changed(deps.tokens, { see }) };
    };
    const created = simulatedProduct({ tamper }).create('owner', { stack, fields });
    await expect(created).rejects.toThrow(`Stack ${stack} has members and no item of its own.`);
  });

  it('is refused under a name that is taken, in NFC', async () => {
    const product = simulatedProduct({});
    await product.create('owner', { stack, fields: { ...fields, name: 'caf\u00e9' } });
    expect(await product.create('admin', { stack, fields: { ...fields, name: 'cafe\u0301' } })).toMatchObject({
      refused: 'invalid',
    });
    expect((await product.list('owner', stack)).done?.tokens).toHaveLength(3);
  });

  it('is refused on a full stack, and goes on when one is deleted', async () => {
    const product = simulatedProduct({});
    const create = (name: string) => product.create('owner', { stack, fields: { ...fields, name } });
    for (const name of ['third', 'fourth']) expect((await create(name)).done).toBeDefined();
    expect(await create('fifth')).toMatchObject({ refused: 'invalid' });
    await product.delete('owner', { stack, uid: fixture.live.uid, confirmName: fixture.live.name });
    expect((await create('fifth')).done).toBeDefined();
  });
});

describe('an idempotency key', () => {
  it('gives the same token for the same body, without the value', async () => {
    const product = simulatedProduct({});
    const first = await product.create('owner', withKey);
    const again = await product.create('owner', { ...withKey, fields: { scope: scopes.readOnly, name: 'new' } });
    expect(again.done).toMatchObject({ token: { uid: first.done?.token.uid }, value: null });
    expect((await product.list('owner', stack)).done?.tokens).toHaveLength(3);
  });

  it('of two requests at once makes one token, and its value is shown once', async () => {
    const product = simulatedProduct({});
    const both = await Promise.all([product.create('owner', withKey), product.create('owner', withKey)]);
    const [one, two] = both.map(({ done }) => done);
    expect(one?.token.uid).toBe(two?.token.uid);
    expect([one?.value, two?.value].filter((value) => value === null)).toHaveLength(1);
  });

  it('shows the token as it is by now', async () => {
    const product = simulatedProduct({});
    const uid = (await product.create('owner', withKey)).done?.token.uid ?? '';
    await product.edit('owner', { stack, uid, fields: { description: 'edited' } });
    expect((await product.create('owner', withKey)).done?.token.description).toBe('edited');
  });

  it('is refused with another body', async () => {
    const product = simulatedProduct({});
    await product.create('owner', withKey);
    const other = { ...withKey, fields: { ...fields, name: 'other' } };
    expect(await product.create('owner', other)).toMatchObject({ refused: 'idempotency-key-reused' });
    const invalid = { ...withKey, fields: { ...fields, description: 5 } };
    expect(await product.create('owner', invalid)).toMatchObject({ refused: 'idempotency-key-reused' });
  });

  it('that made a token which is deleted makes no second one', async () => {
    const product = simulatedProduct({});
    const uid = (await product.create('owner', withKey)).done?.token.uid ?? '';
    await product.delete('owner', { stack, uid, confirmName: 'new' });
    expect(await product.create('owner', withKey)).toMatchObject({ refused: 'conflict' });
  });

  it("is its caller's own", async () => {
    const product = simulatedProduct({});
    await product.create('owner', withKey);
    const { done } = await product.create('admin', { ...withKey, fields: { ...fields, name: 'other' } });
    expect(done?.value).toMatch(/^cs_/);
  });

  it('is free after a day, whether or not its record was tidied', async () => {
    const product = simulatedProduct({});
    const first = await product.create('owner', withKey);
    product.pass(day - 60_000);
    expect((await product.create('owner', withKey)).done?.value).toBeNull();
    product.pass(120_000);
    const { done } = await product.create('owner', { ...withKey, fields: { ...fields, name: 'other' } });
    expect(done?.value).toMatch(/^cs_/);
    expect(done?.token.uid).not.toBe(first.done?.token.uid);
  });

  it('of a refused creation is free', async () => {
    const product = simulatedProduct({});
    expect(await product.create('owner', { ...withKey, fields: { ...fields, name: '' } })).toMatchObject({
      refused: 'invalid',
    });
    expect((await product.create('owner', withKey)).done?.value).toMatch(/^cs_/);
  });
});
