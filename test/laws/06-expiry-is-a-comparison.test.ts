import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { isAlive } from '../../functions/tokens/token.ts';
import { RunningSystem } from '../support/running-system.ts';

const hour = 3_600_000;
const inHours = (now: Date, hours: number) => new Date(now.getTime() + hours * hour).toISOString();

// Law 6. Expiry is a comparison: good if and only if `now < expires_at` and nobody stopped it ("expire now" and self-revocation write
// `state: stopped` beside the instant, so that they hold whatever an instance's clock says; an extension clears it). Clean-up and TTL
// only tidy.
describe('law 6: expiry is a comparison', () => {
  it('alive until the millisecond before the instant', () => {
    const expires_at = '2030-01-01T00:00:00.000Z';
    const at = (ms: number) => isAlive({ state: 'live', expires_at }, new Date(Date.parse(expires_at) + ms));
    expect([at(-1), at(0), at(1)]).toEqual([true, false, false]);
  });

  it('for any instant and moment it is `now < expires_at`, and a stopped or deleted token is never alive', () => {
    const instant = fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(instant, instant, fc.constantFrom('live', 'stopped', 'deleted'), (expiry, now, state) => {
        const expected = state === 'live' && now < expiry;
        return isAlive({ state, expires_at: expiry.toISOString() }, now) === expected;
      }),
      { numRuns: 2000 },
    );
    expect(isAlive({ state: 'live', expires_at: null }, new Date('9999-12-31'))).toBe(true);
    expect(isAlive({ state: 'stopped', expires_at: null }, new Date(0))).toBe(false);
  });
});

describe('law 6: over HTTP', () => {
  let running: RunningSystem;
  beforeAll(async () => {
    running = await RunningSystem.start({ streams: false });
  });
  afterAll(() => running.stop());

  const now = () => running.system.clock.now();
  const edit = (uid: string, token: object) =>
    running.call('PUT', `/v3/stacks/management_tokens/${uid}`, { as: 'owner', json: { token } });
  const remove = async (token: { uid: string; name: string }) =>
    expect((await running.deleteToken(token)).status).toBe(200);

  /** What both doors say: they agree, or both answers are told. */
  async function verdict(value: string): Promise<string> {
    const [used, introspected] = await Promise.all([running.use(value), running.introspect(value)]);
    const word = used.status === 200 ? 'active' : String(used.body.type).split('/').at(-1);
    return introspected.body.active === (word === 'active')
      ? `${word}`
      : `${word}, introspection: ${introspected.text}`;
  }

  it('a token ends when the clock reaches its instant, and nothing is written for it', async () => {
    const token = await running.createToken({ expires_on: inHours(now(), 2) });
    expect(await verdict(token.value)).toBe('active');
    const { expires_at } = await running.operator.token(token.uid);
    running.system.clock.advance('PT1H59M');
    expect(await verdict(token.value)).toBe('active');
    const before = await running.operator.token(token.uid);
    running.system.clock.to(expires_at);
    expect(await verdict(token.value)).toBe('token-expired');
    expect(await running.operator.token(token.uid)).toEqual(before);
    await remove(token);
  });

  it('"now" stops it at once, and holds for an instance whose clock is behind', async () => {
    const token = await running.createToken({ expires_on: inHours(now(), 48) });
    // Who introspects is signed in since long before: its JWT holds by the clock that is behind, too.
    expect(await verdict(token.value)).toBe('active');
    running.system.clock.advance('PT2H');
    expect((await edit(token.uid, { expires_on: 'now' })).status).toBe(200);
    expect(await verdict(token.value)).toBe('token-expired');
    expect(await running.operator.token(token.uid)).toMatchObject({ state: 'stopped', epoch: 2 });
    setBack(hour);
    expect(now().getTime()).toBeLessThan(Date.parse((await running.operator.token(token.uid)).expires_at));
    expect(await verdict(token.value)).toBe('token-expired');
    await remove(token);
  });

  it('an extension gives a stopped or expired token its power back, under a new epoch and with a receipt', async () => {
    const [stopped, expired] = [
      await running.createToken(),
      await running.createToken({ expires_on: inHours(now(), 1) }),
    ];
    await edit(stopped.uid, { expires_on: 'now' });
    running.system.clock.advance('PT2H');
    for (const { uid, value } of [stopped, expired]) {
      const { epoch } = await running.operator.token(uid);
      expect(await verdict(value)).toBe('token-expired');
      expect((await edit(uid, { expires_on: inHours(now(), 24) })).status).toBe(200);
      expect(await verdict(value)).toBe('active');
      expect(await running.operator.token(uid)).toMatchObject({ state: 'live', epoch: epoch + 1 });
    }
    expect(await running.operator.inconsistencies()).toEqual([]);
    await Promise.all([remove(stopped), remove(expired)]);
  });

  it('an extension raises the epoch also when the old expiry was less than a minute ahead, and not before', async () => {
    const [soon, later] = [
      await running.createToken({ expires_on: inHours(now(), 55 / 3600) }),
      await running.createToken({ expires_on: inHours(now(), 1) }),
    ];
    for (const { uid } of [soon, later]) await edit(uid, { expires_on: inHours(now(), 24) });
    const epochs = await Promise.all([soon, later].map(async ({ uid }) => (await running.operator.token(uid)).epoch));
    expect(epochs).toEqual([2, 1]);
    await Promise.all([remove(soon), remove(later)]);
  });

  it('an edit of something else gives no power back', async () => {
    const token = await running.createToken();
    await edit(token.uid, { expires_on: 'now' });
    const stored = await running.operator.token(token.uid);
    const given = { name: 'renamed', description: 'x', expires_on: stored.expires_on, expires_at: stored.expires_at };
    expect((await edit(token.uid, given)).status).toBe(200);
    expect(await verdict(token.value)).toBe('token-expired');
    expect(await running.operator.token(token.uid)).toMatchObject({ state: 'stopped', name: 'renamed' });
    await remove({ ...token, name: 'renamed' });
  });

  it('TTL plays no part: a live token has none, and one that it should not have changes nothing', async () => {
    const tokens = await running.operator.items(running.operator.tables.tokens);
    const metas = tokens.filter(({ pk, sk }) => pk.startsWith('TOKEN#') && sk === 'META');
    const [dead, living] = [true, false].map((is) => metas.filter(({ state }) => (state === 'deleted') === is));
    expect(living?.length).toBeGreaterThan(5);
    expect(living?.filter((meta) => 'ttl' in meta)).toEqual([]);
    const days = dead?.map(({ ttl, end }) => Math.round((ttl * 1000 - Date.parse(end.at)) / 86_400_000));
    expect(new Set(days)).toEqual(new Set([400]));
    const token = await running.createToken();
    await running.operator.client.send(
      new UpdateItemCommand({
        TableName: running.operator.tables.tokens,
        Key: marshall({ pk: `TOKEN#${token.uid}`, sk: 'META' }),
        UpdateExpression: 'SET #ttl = :past',
        ExpressionAttributeNames: { '#ttl': 'ttl' },
        ExpressionAttributeValues: marshall({ ':past': 1 }),
      }),
    );
    expect(await verdict(token.value)).toBe('active');
    await remove(token);
  });

  /** The functions' clock goes back for one test: no instance's clock does, but one may always have been behind. */
  function setBack(ms: number): void {
    const offset = new BigInt64Array(running.system.clock.offset);
    const before = Atomics.load(offset, 0);
    Atomics.store(offset, 0, before - BigInt(ms));
    onTestFinished(() => void Atomics.store(offset, 0, before));
  }
});
