import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import * as z from 'zod';
import { RunningSystem } from '../support/running-system.ts';

let tokenward: RunningSystem;
beforeAll(async () => {
  tokenward = await RunningSystem.start();
});
afterAll(() => tokenward.stop());

type Made = Awaited<ReturnType<RunningSystem['createToken']>>;
const open = async ({ value }: Made, client: string) =>
  (await tokenward.call('POST', '/v3/token_sessions', { value, json: { session: { client } } })).body.session;
const ask = async ({ uid }: Made, rest = '') =>
  (await tokenward.call('GET', `/v3/stacks/management_tokens/${uid}${rest}`, { as: 'owner' })).body;
const agent = (name: string) => ({ headers: { 'user-agent': name } });
const now = async () => (await fetch(`${tokenward.system.endpoint}/_local/clock`)).json() as Promise<{ now: string }>;

/** Writes that note uses, while something runs. */
async function notesDuring(run: () => Promise<unknown>) {
  const recording = tokenward.system.front.record();
  await run();
  recording.stop();
  return recording.requests.filter(({ body }) => JSON.stringify(body.Key ?? {}).includes('"USED#'));
}

describe('the last use of a token', () => {
  test('is when, and by which client, wherever the token is shown', async () => {
    const token = await tokenward.createToken();
    expect((await ask(token)).token).toMatchObject({ last_used_at: null, last_used_client: null });
    const { now: before } = await now();
    expect((await tokenward.use(token.value, agent('deployer/1.2'))).status).toBe(200);
    const { now: after } = await now();
    const shown = (await ask(token)).token;
    expect(shown.last_used_client).toBe('deployer/1.2');
    expect([before, shown.last_used_at, after]).toEqual([before, shown.last_used_at, after].sort());
    const { tokens } = (await tokenward.call('GET', '/v3/stacks/management_tokens', { as: 'owner' })).body;
    expect(tokens.find(({ uid }: Made) => uid === token.uid)).toEqual(shown);
    const edit = { as: 'owner', json: { token: { description: 'edited' } } } as const;
    const edited = await tokenward.call('PUT', `/v3/stacks/management_tokens/${token.uid}`, edit);
    expect(edited.body.token).toMatchObject({ last_used_at: shown.last_used_at, last_used_client: 'deployer/1.2' });
  });

  test('by a session is by what the session calls itself', async () => {
    const token = await tokenward.createToken();
    const session = await open(token, 'nightly import');
    tokenward.system.clock.advance('PT1M');
    expect((await tokenward.use(session.token, agent('undici'))).status).toBe(200);
    expect((await ask(token)).token.last_used_client).toBe('nightly import');
  });

  test('is noted for introspection, too, and not for a refused credential', async () => {
    const [asked, refused] = [await tokenward.createToken(), await tokenward.createToken()];
    expect((await tokenward.introspect(asked.value)).body.active).toBe(true);
    expect((await ask(asked)).token.last_used_at).not.toBeNull();
    expect((await tokenward.use(refused.value, { stack: await tokenward.createStack() })).status).toBe(412);
    expect((await ask(refused)).token.last_used_at).toBeNull();
  });

  test('holds no value that a client calls itself', async () => {
    const token = await tokenward.createToken();
    // Also where it would be cut off in the middle: what is left holds the secret.
    for (const before of ['curl ', 'x'.repeat(137)]) {
      tokenward.system.clock.advance('PT1M');
      await tokenward.use(token.value, agent(`${before}${token.value}`));
      expect((await ask(token)).token).toMatchObject({ last_used_at: expect.any(String), last_used_client: null });
    }
  });

  test('costs at most one write a minute for a token and an instance', async () => {
    const token = await tokenward.createToken();
    const instances = 4;
    const calls = 40;
    const notes = await notesDuring(async () => {
      for (let call = 0; call < calls; call += 1) await tokenward.use(token.value);
    });
    // A minute may have ended meanwhile.
    expect(notes.length).toBeGreaterThanOrEqual(1);
    expect(notes.length).toBeLessThanOrEqual(2 * instances);
    const { minutes_used: minutes } = (await ask(token, '/delete_preview')).preview;
    expect([1, 2]).toContain(minutes.day);
  });

  test('may fail or hang, and nobody waits for it', async () => {
    const token = await tokenward.createToken();
    const isNote = ({ body }: { body: Record<string, unknown> }) => JSON.stringify(body.Key ?? {}).includes('"USED#');
    for (const kind of ['internal-error', 'throttle', 'reset', 'stall'] as const) {
      tokenward.system.clock.advance('PT1M');
      onTestFinished(tokenward.system.front.inject({ kind, when: isNote }));
      const before = performance.now();
      expect((await tokenward.use(token.value)).status).toBe(200);
      expect(performance.now() - before).toBeLessThan(1500);
    }
    expect((await ask(token)).token.last_used_at).toBeNull();
  });
});

describe('the last refusal of a token by its scope', () => {
  const readOnly = [
    { module: 'environment', acl: { read: true } },
    { module: 'branch', branches: ['main'], acl: { read: true } },
  ];
  const create = (value: string, more: object = {}) =>
    tokenward.call('POST', '/v3/environments', { value, json: { environment: { name: 'x' } }, ...more });
  const list = async () =>
    (await tokenward.call('GET', '/v3/stacks/management_tokens', { as: 'owner' })).body.tokens as Record<
      string,
      string
    >[];

  test('is shown wherever the token is, and is no use', async () => {
    const token = await tokenward.createToken({ scope: readOnly });
    expect((await ask(token)).token).toMatchObject({ last_refused_at: null });
    const { now: before } = await now();
    expect((await create(token.value)).status).toBe(403);
    const { now: after } = await now();
    const shown = (await ask(token)).token;
    expect(shown).toMatchObject({ last_used_at: null, last_used_client: null });
    expect([before, shown.last_refused_at, after]).toEqual([before, shown.last_refused_at, after].sort());
    expect((await list()).find(({ uid }) => uid === token.uid)).toEqual(shown);
    const path = `/v3/stacks/management_tokens/${token.uid}`;
    const edited = await tokenward.call('PUT', path, { as: 'owner', json: { token: { description: 'edited' } } });
    expect(edited.body.token.last_refused_at).toBe(shown.last_refused_at);
    expect((await ask(token, '/delete_preview')).preview).toMatchObject({
      last_used_at: null,
      last_refused_at: shown.last_refused_at,
      minutes_used: { day: 0, week: 0 },
      warnings: [
        'Deleting cannot be undone, and the value can never be used again.',
        'It is still being called, and its scope refuses the calls: the last one was within the last hour.',
        'No call with it has ever succeeded.',
      ],
    });
  });

  test('counts for a session, too, and stands beside the last use', async () => {
    const token = await tokenward.createToken({ scope: readOnly });
    const session = await open(token, 'nightly import');
    expect((await create(session.token)).status).toBe(403);
    expect((await tokenward.use(session.token)).status).toBe(200);
    const { last_used_at: used, last_refused_at: refused } = (await ask(token)).token;
    expect([used, refused]).toEqual([expect.any(String), expect.any(String)]);
  });

  test('is nothing that a wrong value, another stack, an expired token or a rate limit refuses', async () => {
    const [token, stopped] = [await tokenward.createToken({ scope: readOnly }), await tokenward.createToken()];
    const limited = await tokenward.createToken({ rate_limits: { read: 1, write: 1 } });
    await tokenward.call('PUT', `/v3/stacks/management_tokens/${stopped.uid}`, {
      as: 'owner',
      json: { token: { expires_on: 'now' } },
    });
    const statuses = [
      await create(`${token.value.slice(0, -1)}x`),
      await create(token.value, { stack: await tokenward.createStack() }),
      await create(stopped.value),
    ].map(({ status }) => status);
    expect(statuses).toEqual([401, 412, 401]);
    // The calls may fall into several seconds, each of which admits one.
    await expect.poll(async () => (await tokenward.use(limited.value)).status, { interval: 0 }).toBe(429);
    for (const one of [token, stopped, limited]) expect((await ask(one)).token.last_refused_at).toBeNull();
  });

  test('costs at most one write a minute for a token and an instance, and no read', async () => {
    const token = await tokenward.createToken({ scope: readOnly });
    const [instances, calls] = [4, 40];
    const notes = await notesDuring(async () => {
      for (let call = 0; call < calls; call += 1) expect((await create(token.value)).status).toBe(403);
    });
    // A minute may have ended meanwhile.
    expect(notes.length).toBeGreaterThanOrEqual(1);
    expect(notes.length).toBeLessThanOrEqual(2 * instances);
    expect(new Set(notes.map(({ operation }) => operation))).toEqual(new Set(['UpdateItem']));
    const requests = await tokenward.requestsDuring(() => create(token.value));
    expect(requests.map(({ operation }) => operation)).toEqual(['BatchGetItem']);
  });

  test('only moves forward, and may fail', async () => {
    const token = await tokenward.createToken({ scope: readOnly });
    const { tables } = tokenward.operator;
    const stored = async () => (await tokenward.operator.item(tables.usage, `USED#${token.uid}`, 'LAST'))?.refused_at;
    const isNote = ({ body }: { body: Record<string, unknown> }) => JSON.stringify(body.Key ?? {}).includes('"USED#');
    const takeAway = tokenward.system.front.inject({ kind: 'internal-error', when: isNote });
    expect((await create(token.value)).status).toBe(403);
    takeAway();
    expect(await stored()).toBeUndefined();
    tokenward.system.clock.advance('PT1M');
    await create(token.value);
    const first = await stored();
    tokenward.system.clock.advance('PT1M');
    await create(token.value);
    expect([first, await stored()]).toEqual([first, await stored()].sort());
    expect(await stored()).not.toBe(first);
  });
});

describe('calls with a dead value', () => {
  const Told = z.looseObject({ id: z.string(), time: z.string(), data: z.looseObject({ calls: z.number() }) });
  /** The oldest first. */
  const told = ({ uid }: Made) =>
    tokenward.system.bus
      .events()
      .filter((event) => event['detail-type'] === 'token.used_after_death' && event.resources.includes(`tokens/${uid}`))
      .map(({ detail }) => Told.parse(detail))
      .sort((a, b) => (a.time < b.time ? -1 : 1));

  test.for([
    ['deleted', (token: Made) => tokenward.deleteToken(token)],
    [
      'stopped',
      ({ uid }: Made) =>
        tokenward.call('PUT', `/v3/stacks/management_tokens/${uid}`, {
          as: 'owner',
          json: { token: { expires_on: 'now' } },
        }),
    ],
  ] as const)('of a token that was %s are counted, and told once an hour', async ([, end]) => {
    const token = await tokenward.createToken();
    await end(token);
    for (let call = 0; call < 12; call += 1) expect((await tokenward.use(token.value)).status).toBe(401);
    expect((await tokenward.introspect(token.value)).body).toEqual({ active: false });
    await tokenward.system.streams.idle();
    expect(told(token)).toMatchObject([
      { data: { token_uid: token.uid, name: token.name, remote_addr: '127.0.0.1', calls: expect.any(Number) } },
    ]);
    tokenward.system.clock.advance('PT1H');
    for (let call = 0; call < 12; call += 1) await tokenward.use(token.value);
    await tokenward.system.streams.idle();
    const [first, second, ...more] = told(token);
    expect(more).toEqual([]);
    expect(second?.id).not.toBe(first?.id);
    expect(second?.data.calls).toBeGreaterThan(first?.data.calls ?? 0);
    // All but what the instances have not written yet: those of the last minute.
    const { tables } = tokenward.operator;
    const counted = await tokenward.operator.item(tables.usage, `USED#${token.uid}`, 'DEAD');
    expect(counted?.calls).toBeGreaterThanOrEqual(12 + 1);
    expect(counted?.calls).toBeLessThanOrEqual(12 + 1 + 12);
  });

  test('are not those with a wrong secret, whose token lives', async () => {
    const token = await tokenward.createToken();
    const recorded = await notesDuring(() => tokenward.use(`${token.value.slice(0, -1)}x`));
    expect(recorded).toEqual([]);
  });
});

describe('the preview of a deletion', () => {
  test('is what deleting would end, and changes nothing', async () => {
    const token = await tokenward.createToken({ expires_on: new Date(Date.now() + 5 * 86_400_000).toISOString() });
    expect((await ask(token, '/delete_preview')).preview).toEqual({
      status: 'expiring',
      sessions: { count: 0, more: false },
      last_used_at: null,
      last_used_client: null,
      last_refused_at: null,
      minutes_used: { day: 0, week: 0 },
      warnings: [
        'Deleting cannot be undone, and the value can never be used again.',
        'It has never been used: whoever holds its value may be about to.',
      ],
    });
    for (const client of ['a', 'b', 'c']) await open(token, client);
    tokenward.system.clock.advance('PT2M');
    await tokenward.use(token.value, agent('deployer/1.2'));
    tokenward.system.clock.advance('PT26H');
    const { preview } = await ask(token, '/delete_preview');
    expect(preview).toMatchObject({
      // Sessions live 12 hours at most.
      sessions: { count: 0, more: false },
      minutes_used: { day: 0, week: expect.any(Number) },
      warnings: [
        'Deleting cannot be undone, and the value can never be used again.',
        'It was used 26 hours ago by deployer/1.2.',
        expect.stringMatching(/^It was in use in [2-5] minutes of the last 7 days\.$/),
      ],
    });
    for (const client of ['a', 'b', 'c']) await open(token, client);
    expect((await ask(token, '/delete_preview')).preview).toMatchObject({
      sessions: { count: 3, more: false },
      warnings: expect.arrayContaining(['3 sessions will end at once.']),
    });
    expect((await tokenward.use(token.value)).status).toBe(200);
  });
});
