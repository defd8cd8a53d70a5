import { describe, expect, it } from 'vitest';
import { settingsOf } from '../../functions/tokens/changes.ts';
import { parseOverlap } from '../../functions/values/duration.ts';
import { day, type Person, type SimulatedProduct, scopes, tables } from '../simulation/simulated-product.ts';
import { fixture, simulatedProduct } from '../simulation/simulated-stack.ts';
import { changed } from '../support/tampering.ts';
import { demote, meetingOthers } from './meeting-others.ts';

const { stack, live, stopped, foreign } = fixture;
const asked = ({ dynamo }: SimulatedProduct) => dynamo.requests.map(({ operation }) => operation);
const token = async (product: SimulatedProduct, uid = live.uid) => {
  const { done } = await product.fetch('owner', { stack, uid });
  if (!done) throw new Error('There is no such token.');
  return done.token;
};
const good = async (product: SimulatedProduct, value: string) => (await product.verify({ value, stack })).active;

describe('a successor', () => {
  it('has the settings of the old token and a name and value of its own; the old one expires a week later', async () => {
    const product = simulatedProduct({});
    const before = await token(product);
    const { done } = await product.succeed('owner', { stack, uid: live.uid });
    expect(asked(product).slice(-2)).toEqual(['BatchGetItem', 'TransactWriteItems']);
    expect(settingsOf(done?.token ?? before)).toEqual({ ...settingsOf(before), name: 'ci-deploy (2)' });
    const after = await token(product);
    const end = Date.parse(after.updated_at) + 7 * day;
    expect(after).toMatchObject({ expires_at: new Date(end).toISOString(), version: 2, epoch: 1 });
    expect(await good(product, live.value)).toBe(true);
    expect(await good(product, done?.value ?? '')).toBe(true);
    product.pass(7 * day);
    expect(await good(product, live.value)).toBe(false);
    expect(await good(product, done?.value ?? '')).toBe(true);
  });

  it('is audited with the token that it follows, and so is what becomes of that one', async () => {
    const product = simulatedProduct({});
    const { request, done } = await product.succeed('admin', { stack, uid: live.uid });
    const entries = product.rows().audit.filter(({ request_id }) => request_id === request);
    expect(entries).toHaveLength(2);
    expect(entries).toContainEqual(
      expect.objectContaining({
        event_type: 'create',
        metadata: { uid: done?.token.uid, title: 'ci-deploy (2)' },
        changes: expect.arrayContaining([{ field: 'successor_of', from: null, to: live.uid }]),
      }),
    );
    expect(entries).toContainEqual(
      expect.objectContaining({
        event_type: 'update',
        metadata: { uid: live.uid, title: live.name },
        changes: [expect.objectContaining({ field: 'expires_on' }), expect.objectContaining({ field: 'expires_at' })],
      }),
    );
  });

  it('can differ in what is given', async () => {
    const product = simulatedProduct({});
    const fields = { name: 'other', scope: scopes.readOnly, expires_on: null };
    const { done } = await product.succeed('owner', { stack, uid: live.uid, fields, overlap: 'PT1H' });
    expect(done?.token).toMatchObject({ ...fields, expires_at: null, next: null });
    const { expires_at, updated_at } = await token(product);
    expect(Date.parse(expires_at ?? '')).toBe(Date.parse(updated_at) + 3_600_000);
  });

  it.for([
    ['x', 'x (2)'],
    ['x (2)', 'x (3)'],
    ['x (99)', 'x (100)'],
    ['(2)', '(2) (2)'],
    ['x (2) y', 'x (2) y (2)'],
    ['\u{1f511}'.repeat(50), `${'\u{1f511}'.repeat(46)} (2)`],
    [`${'x'.repeat(46)} (9)`, `${'x'.repeat(45)} (10)`],
  ] as const)('of %j is named %j', async ([name, next]) => {
    const product = simulatedProduct({});
    await product.edit('owner', { stack, uid: live.uid, fields: { name } });
    const { done } = await product.succeed('owner', { stack, uid: live.uid });
    expect(done?.token.name).toBe(next);
  });

  it('of a name with line separators, which older versions took, has spaces for them', async () => {
    const product = simulatedProduct({});
    const row = product.dynamo
      .items(tables.tokens)
      .find(({ pk, sk }) => pk?.S === `TOKEN#${live.uid}` && sk?.S === 'META');
    product.dynamo.put(tables.tokens, { ...row, name: { S: 'one\u2028two\u2029three' } });
    const { done } = await product.succeed('owner', { stack, uid: live.uid });
    expect(done?.token.name).toBe('one two three (2)');
  });

  it('with no overlap stops the old token at once, and ends its sessions', async () => {
    const product = simulatedProduct({});
    await product.succeed('owner', { stack, uid: live.uid, overlap: 'PT0S' });
    expect(await token(product)).toMatchObject({
      state: 'stopped',
      stopped: { by: product.actor('owner').uid, reason: 'expired_now' },
      epoch: 2,
      next: expect.anything(),
    });
    expect(await good(product, live.value)).toBe(false);
    const receipts = product.rows().tokens.filter(({ sk }) => String(sk).startsWith('RECEIPT#'));
    expect(receipts).toContainEqual(expect.objectContaining({ token_uid: live.uid, reason: 'stopped', epoch: 2 }));
  });

  it('gives no power back, and leaves an expiry that is sooner', async () => {
    const product = simulatedProduct({});
    const soon = new Date(product.now().getTime() + 2 * day).toISOString();
    await product.edit('owner', { stack, uid: live.uid, fields: { expires_on: soon } });
    for (const uid of [live.uid, stopped.uid]) {
      const before = await token(product, uid);
      const { done } = await product.succeed('owner', { stack, uid, fields: { expires_on: null }, overlap: 'P90D' });
      expect(done?.token.state).toBe('live');
      expect(await token(product, uid)).toEqual(before);
    }
    expect(await good(product, stopped.value)).toBe(false);
  });

  it('of what has expired needs an expiry of its own', async () => {
    const product = simulatedProduct({});
    expect(await product.succeed('owner', { stack, uid: stopped.uid })).toMatchObject({ refused: 'invalid' });
    expect(product.refusals.at(-1)?.errors).toEqual({ expires_on: [expect.stringContaining('has passed')] });
  });

  it.for(['', 'P', 'PT', 'P1', '7D', 'P91D', 'P13W', 'P1M', 'P1Y', 'P-1D', 'P1.5D', 'PT2161H', 7, null, {}, ['P7D']])(
    'is refused with the overlap %j, and nothing is written',
    async (overlap) => {
      const product = simulatedProduct({});
      expect(await product.succeed('owner', { stack, uid: live.uid, overlap })).toMatchObject({ refused: 'invalid' });
      expect(product.refusals.at(-1)?.errors).toEqual({
        overlap: [
          'must be an ISO 8601 duration of weeks, days, hours, minutes and seconds, such as P7D, and at most 90 days.',
        ],
      });
      expect(asked(product)).toEqual(['BatchGetItem']);
    },
  );

  it.each([
    ['P7D', 7 * day],
    ['P12W', 84 * day],
    ['P1DT6H30M5S', 1.25 * day + 1_805_000],
    ['P90D', 90 * day],
    ['PT2160H', 90 * day],
    ['PT0S', 0],
    ['PT10S', 10_000],
    ['xP7D', null],
    ['P7Dx', null],
  ])('takes %s for %d ms', (text, ms) => {
    expect(parseOverlap(text)).toBe(ms);
  });

  it.for([
    ['that it was given by itself', {}],
    ['of its own', { name: 'other' }],
  ] as const)('that is asked for again without a key doubles nothing: a name %s is taken', async ([, fields]) => {
    const product = simulatedProduct({});
    const asked = { stack, uid: live.uid, fields };
    await product.succeed('owner', asked);
    const rows = product.rows();
    product.pass(day);
    expect(await product.succeed('owner', asked)).toMatchObject({ refused: 'invalid' });
    expect(product.refusals.at(-1)?.errors).toEqual({ name: ['is not unique.'] });
    expect(product.rows()).toEqual(rows);
  });

  it('that is asked for again with its key is the first one without its value, also where the old one is gone', async () => {
    const product = simulatedProduct({});
    const withKey = { stack, uid: live.uid, idempotencyKey: 'key', version: 1 };
    const first = await product.succeed('owner', withKey);
    const again = await product.succeed('owner', withKey);
    expect(again.done).toMatchObject({ token: first.done?.token, value: null });
    await product.delete('owner', { stack, uid: live.uid, confirmName: live.name });
    expect((await product.succeed('owner', withKey)).done?.token.uid).toBe(first.done?.token.uid);
    expect(await product.succeed('owner', { ...withKey, overlap: 'P1D' })).toMatchObject({
      refused: 'idempotency-key-reused',
    });
    expect((await product.list('owner', stack)).done?.tokens).toHaveLength(2);
  });

  it.for<[Person, string, string]>([
    ['outsider', live.uid, 'stack-not-found'],
    ['developer', live.uid, 'not-allowed'],
    ['owner', foreign.uid, 'token-not-found'],
    ['owner', 'META', 'token-not-found'],
  ])('is refused to %s of %s, and nothing is written', async ([who, uid, kind]) => {
    const product = simulatedProduct({});
    expect(await product.succeed(who, { stack, uid, overlap: 'x', version: 9 })).toMatchObject({ refused: kind });
    expect(asked(product)).toEqual(['BatchGetItem']);
  });

  it('is refused where the old token has another version, or the stack is full', async () => {
    const product = simulatedProduct({});
    expect(await product.succeed('owner', { stack, uid: live.uid, version: 9 })).toMatchObject({
      refused: 'stale-version',
    });
    for (const name of ['third', 'fourth'])
      await product.create('owner', { stack, fields: { name, scope: scopes.readOnly } });
    const rows = product.rows();
    expect(await product.succeed('owner', { stack, uid: live.uid })).toMatchObject({ refused: 'invalid' });
    expect(product.rows()).toEqual(rows);
  });

  it.for(['stopped', 'paused by a newer version'])(
    'gives no power back to what is %s, whatever the clock',
    async (state) => {
      const product = simulatedProduct({});
      const isIt = ({ pk, sk }: Record<string, { S?: string }>) => pk?.S === `TOKEN#${live.uid}` && sk?.S === 'META';
      const row = product.dynamo.items(tables.tokens).find((item) => isIt(item));
      product.dynamo.put(tables.tokens, { ...row, state: { S: state } });
      expect((await product.succeed('owner', { stack, uid: live.uid })).done?.token.name).toBe('ci-deploy (2)');
      expect(await token(product)).toMatchObject({ state, version: 1, epoch: 1 });
    },
  );

  it('leaves an expiry that comes with the end of the overlap as it was given', async () => {
    const product = simulatedProduct({});
    await product.edit('owner', { stack, uid: live.uid, fields: { expires_on: '2026-04-01' } });
    product.time.stand(Date.parse('2026-03-25'));
    await product.succeed('owner', { stack, uid: live.uid });
    expect(await token(product)).toMatchObject({ expires_on: '2026-04-01', version: 2 });
  });

  it('of what expires at this very instant needs an expiry of its own', async () => {
    const product = simulatedProduct({});
    await product.edit('owner', { stack, uid: live.uid, fields: { expires_on: '2026-04-01' } });
    product.time.stand(Date.parse('2026-04-01'));
    expect(await product.succeed('owner', { stack, uid: live.uid })).toMatchObject({ refused: 'invalid' });
    expect(product.refusals.at(-1)?.errors).toEqual({
      expires_on: ['has passed. Give a date in the future, or null.'],
    });
  });

  it('cannot have the name of the old one', async () => {
    const product = simulatedProduct({});
    const fields = { name: live.name };
    expect(await product.succeed('owner', { stack, uid: live.uid, fields })).toMatchObject({ refused: 'invalid' });
    expect(product.refusals.at(-1)?.errors).toEqual({ name: ['is not unique.'] });
  });

  it('of two requests at once with one key is one, and its value is shown once', async () => {
    const product = simulatedProduct({});
    const withKey = { stack, uid: live.uid, idempotencyKey: 'key' };
    const both = await Promise.all([product.succeed('owner', withKey), product.succeed('owner', withKey)]);
    const [one, two] = both.map(({ done }) => done);
    expect(one?.token.uid).toBe(two?.token.uid);
    expect([one?.value, two?.value].filter((value) => value === null)).toHaveLength(1);
  });

  it('is told who is no admin any more first that they are none, and then what else is wrong', async () => {
    const product = simulatedProduct({});
    const withKey = { stack, uid: live.uid, idempotencyKey: 'key' };
    await product.succeed('admin', withKey);
    demote(product);
    expect(await product.succeed('admin', { ...withKey, overlap: 'P1D' })).toMatchObject({ refused: 'not-allowed' });
  });

  it.for([1, 2])('is tried again where others were faster (%i times)', async (times) => {
    const product = simulatedProduct({ tamper: meetingOthers(times) });
    expect((await product.succeed('owner', { stack, uid: live.uid })).done?.value).toMatch(/^cs_/);
  });

  it('is given up when others were faster three times', async () => {
    const product = simulatedProduct({ tamper: meetingOthers(3) });
    expect(await product.succeed('owner', { stack, uid: live.uid })).toMatchObject({ refused: 'conflict' });
    expect(product.refusals.at(-1)?.detail).toBe('Others are changing this token at the same time. Try again.');
    expect(asked(product)).toEqual(['BatchGetItem', 'BatchGetItem', 'BatchGetItem']);
  });

  it('of a token that other settings of the stack have armed is not made by these', async () => {
    const product = simulatedProduct({});
    const isIt = ({ pk, sk }: Record<string, { S?: string }>) => pk?.S === `TOKEN#${live.uid}` && sk?.S === 'META';
    const row = product.dynamo.items(tables.tokens).find((item) => isIt(item));
    product.dynamo.put(tables.tokens, { ...row, armed_under: { N: '7' } });
    expect(await product.succeed('owner', { stack, uid: live.uid })).toMatchObject({ refused: 'conflict' });
    expect(asked(product)).toEqual(['BatchGetItem', 'BatchGetItem', 'BatchGetItem']);
  });

  it.for(['edited', 'deleted'])('sees that the old token is %s in between', async (how) => {
    let meanwhile: () => Promise<unknown> = async () => {};
    const product = simulatedProduct({
      tamper: (deps) => {
        const succeed: typeof deps.tokens.succeed = async (succession) => {
          await meanwhile();
          meanwhile = async () => {};
          return await deps.tokens.succeed(succession);
        };
        return { ...deps, tokens: changed(deps.tokens, { succeed }) };
      },
    });
    meanwhile = () =>
      how === 'edited'
        ? product.edit('admin', { stack, uid: live.uid, fields: { description: 'meanwhile' } })
        : product.delete('admin', { stack, uid: live.uid, confirmName: live.name });
    const { done, refused } = await product.succeed('owner', { stack, uid: live.uid });
    if (how === 'edited') expect(done?.token.description).toBe('meanwhile');
    else expect(refused).toBe('token-not-found');
    const successors = product.rows().tokens.filter(({ sk, name }) => sk === 'META' && name === 'ci-deploy (2)');
    expect(successors).toHaveLength(how === 'edited' ? 1 : 0);
  });
});
