import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { FaultKind, FaultTarget } from '../../local/front/faults.ts';
import type { FrontRequest } from '../../local/front/front-gate.ts';
import { restartEngine } from '../support/restart-engine.ts';
import { allRights, type Call, type Reply, RunningSystem } from '../support/running-system.ts';

// Law 11. Acknowledged is durable, and a retry doubles nothing. A mutation of tokens, stacks or members is one transaction with a fresh
// client request token for each attempt of a caller; an answer lost between us and storage loses and doubles nothing (the audit entry's
// key is fixed once per attempt and put on condition that it is absent: that it is there is the proof of success). An answer lost to
// the caller doubles nothing either: the retry with the same `Idempotency-Key` says which token there is. Counters are exempt.
describe('law 11: acknowledged is durable', () => {
  let running: RunningSystem;
  let changer: string;
  let stack: string;
  beforeAll(async () => {
    running = await RunningSystem.start({ streams: false });
    changer = running.operator.roleOf('http/change-tokens');
    stack = await running.createStack();
  });
  afterAll(() => running.stop());

  const tokens = '/v3/stacks/management_tokens';
  const call = (method: string, at: string, options: Call = {}) =>
    running.call(method, at, { as: 'owner', stack, ...options });
  const isRead = ({ operation }: FaultTarget) => operation === 'BatchGetItem';
  const isWrite = ({ operation }: FaultTarget) => operation === 'TransactWriteItems';

  /** While it is in place, storage fails the calls of the function that changes tokens. */
  function fail(kind: FaultKind, when: (request: FaultTarget) => boolean, times?: number): () => void {
    const heal = running.system.front.inject({
      kind,
      when: (request) => request.caller === changer && when(request),
      ...(times === undefined ? {} : { times }),
    });
    onTestFinished(heal);
    return heal;
  }

  /** What there is, as the owner sees it. */
  const list = async () =>
    (await call('GET', tokens)).body.tokens as { uid: string; name: string; description: string }[];
  const named = async (name: string) => (await list()).filter((token) => token.name === name);

  interface Change {
    /** A fresh attempt with what it needs. */
    readonly prepare: () => Promise<{
      send: () => Promise<Reply>;
      done: number;
      again: number;
      check: () => Promise<void>;
    }>;
  }

  const changes: Readonly<Record<'create' | 'edit' | 'delete', Change>> = {
    create: {
      prepare: async () => {
        const name = randomUUID();
        const headers = { 'idempotency-key': randomUUID() };
        const send = () => call('POST', tokens, { json: { token: { name, scope: allRights } }, headers });
        return { send, done: 201, again: 201, check: async () => expect(await named(name)).toHaveLength(1) };
      },
    },
    edit: {
      prepare: async () => {
        const { uid, name } = await running.createToken({}, { stack });
        const renamed = `${name.slice(0, 40)} renamed`;
        const send = () => call('PUT', `${tokens}/${uid}`, { json: { token: { name: renamed } } });
        const check = async () => expect((await named(renamed)).map((token) => token.uid)).toEqual([uid]);
        return { send, done: 200, again: 200, check };
      },
    },
    delete: {
      prepare: async () => {
        const token = await running.createToken({}, { stack });
        const send = () => running.deleteToken(token, { stack });
        return { send, done: 200, again: 404, check: async () => expect(await named(token.name)).toEqual([]) };
      },
    },
  };
  const kinds = Object.keys(changes) as (keyof typeof changes)[];

  /** The tokens of this stack go, so that it never is full. */
  async function tidy() {
    for (const token of await list()) expect((await running.deleteToken(token, { stack })).status).toBe(200);
  }

  const transient: readonly [string, FaultKind, (request: FaultTarget) => boolean, number][] = [
    ['a lost answer of the write', 'lose-answer', isWrite, 1],
    ['two lost answers of the write', 'lose-answer', isWrite, 2],
    ['a lost answer of the read', 'lose-answer', isRead, 1],
    ['a reset before the write', 'reset', isWrite, 2],
    ['a reset before the read', 'reset', isRead, 2],
    ['a throttled write', 'throttle', isWrite, 1],
    ['a throttled read', 'throttle', isRead, 1],
    ['an internal error of the write', 'internal-error', isWrite, 2],
    ['conflicts', 'conflict', isWrite, 4],
    ['unprocessed keys', 'unprocessed', isRead, 4],
  ];

  describe.each(kinds)('%s', (kind) => {
    it.each(transient.filter(([, , when]) => kind !== 'delete' || when === isWrite))(
      '%s: it is carried out once, and acknowledged',
      async (_, fault, when, times) => {
        const { send, done, check } = await changes[kind].prepare();
        const heal = fail(fault, when, times);
        const reply = await send();
        heal();
        expect([reply.status, reply.text]).toEqual([done, reply.text]);
        await check();
        expect(await running.operator.inconsistencies()).toEqual([]);
        await tidy();
      },
    );

    it.each(['lose-answer', 'reset', 'throttle', 'internal-error'] as const)(
      '%s without end: 503, and the caller who tries again has it once',
      async (fault) => {
        const { send, done, again, check } = await changes[kind].prepare();
        const heal = fail(fault, isWrite);
        const reply = await send();
        heal();
        expect([reply.status, reply.headers.get('retry-after')]).toEqual([503, '2']);
        expect(await running.operator.inconsistencies()).toEqual([]);
        const retried = await send();
        expect(retried.status).toBe(fault === 'lose-answer' ? again : done);
        await check();
        expect(await running.operator.inconsistencies()).toEqual([]);
        await tidy();
      },
    );

    it('conflicts without end: 409 after 3 s, and nothing was changed', async () => {
      const { send, done, check } = await changes[kind].prepare();
      const heal = fail('conflict', isWrite);
      const startedAt = performance.now();
      const reply = await send();
      const took = performance.now() - startedAt;
      heal();
      expect([reply.status, reply.headers.get('retry-after')]).toEqual([409, '1']);
      expect(took).toBeGreaterThan(2500);
      expect(took).toBeLessThan(5000);
      expect((await send()).status).toBe(done);
      await check();
      await tidy();
    });
  });

  it('keys that stay unprocessed: 503 after a second', async () => {
    const { send, check } = await changes.create.prepare();
    const heal = fail('unprocessed', isRead);
    const reply = await send();
    heal();
    expect([reply.status, reply.headers.get('retry-after')]).toEqual([503, '2']);
    expect((await send()).status).toBe(201);
    await check();
    await tidy();
  });

  it('the retry of a creation whose answer was lost says which token there is, and does not have its value', async () => {
    const { send } = await changes.create.prepare();
    const heal = fail('lose-answer', isWrite);
    expect((await send()).status).toBe(503);
    heal();
    const [created] = await list();
    const retried = await send();
    expect(retried.body).toMatchObject({ token_available: false, token: { uid: created?.uid } });
    expect(retried.body.token).not.toHaveProperty('token');
    await tidy();
  });

  it('without an Idempotency-Key the caller sees which token to delete: the name is taken', async () => {
    const name = randomUUID();
    const send = () => call('POST', tokens, { json: { token: { name, scope: allRights } } });
    const heal = fail('lose-answer', isWrite);
    expect((await send()).status).toBe(503);
    heal();
    expect((await send()).body.errors).toEqual({ name: ['is not unique.'] });
    expect(await named(name)).toHaveLength(1);
    await tidy();
  });

  it('twenty requests with one Idempotency-Key make one token, and one of them has its value', async () => {
    const { send, check } = await changes.create.prepare();
    const replies = await Promise.all(Array.from({ length: 20 }, send));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(replies.map(({ body }) => body.token.uid)).size).toBe(1);
    expect(replies.filter(({ body }) => typeof body.token.token === 'string')).toHaveLength(1);
    expect(replies.filter(({ body }) => body.token_available === false)).toHaveLength(19);
    await check();
    expect(await running.operator.inconsistencies()).toEqual([]);
    await tidy();
  });

  it('twenty edits at the same time are all there, or told that they are not', async () => {
    const { uid } = await running.createToken({}, { stack });
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        call('PUT', `${tokens}/${uid}`, { json: { token: { description: `${index}` } } }),
      ),
    );
    const done = replies.filter(({ status }) => status === 200).length;
    expect(replies.filter(({ status }) => status !== 200 && status !== 409)).toEqual([]);
    expect(await running.operator.token(uid)).toMatchObject({ version: 1 + done });
    expect(await running.operator.inconsistencies()).toEqual([]);
    await tidy();
  });

  it('of twenty deletions at the same time one is acknowledged, and the count is right', async () => {
    const token = await running.createToken({}, { stack });
    const replies = await Promise.all(Array.from({ length: 20 }, () => running.deleteToken(token, { stack })));
    expect(replies.map(({ status }) => status).sort()).toEqual([200, ...Array(19).fill(404)]);
    expect(await running.operator.inconsistencies()).toEqual([]);
  });

  it('thirty-one tokens at the same time: the thirty that a stack can have, and no half one', async () => {
    const full = await running.createStack();
    const json = () => ({ token: { name: randomUUID(), scope: allRights } });
    const replies = await Promise.all(
      Array.from({ length: 35 }, () => call('POST', tokens, { stack: full, json: json() })),
    );
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(30);
    expect(replies.filter(({ status }) => status === 422)).toHaveLength(5);
    expect(await running.operator.inconsistencies()).toEqual([]);
  });

  it('a stack is made once where the answer was lost', async () => {
    const heal = running.system.front.inject({ kind: 'lose-answer', when: isWrite, times: 2 });
    onTestFinished(heal);
    const name = randomUUID();
    const made = await call('POST', '/v3/stacks', { stack: null, json: { stack: { name } } });
    const { body } = await call('GET', '/v3/stacks', { stack: null });
    expect(made.status).toBe(201);
    expect(body.stacks.filter((one: { name: string }) => one.name === name)).toHaveLength(1);
  });
});

describe('law 11: after a crash of the engine', () => {
  let running: RunningSystem;
  const closers: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    running = await RunningSystem.start({ streams: false });
  });
  afterAll(async () => {
    await running.stop();
    for (const close of closers) await close();
  });

  it('a transaction whose answer was lost is known by its audit entry when the request token is forgotten', async () => {
    const { front } = running.system;
    const isWrite = ({ operation, caller }: FaultTarget) => operation === 'TransactWriteItems' && caller !== 'operator';
    // The first try is carried out and its answer lost. While the second hangs, the engine forgets; the third finds out.
    front.inject({ kind: 'lose-answer', when: isWrite, times: 1 });
    front.inject({ kind: 'stall', when: isWrite, times: 1 });
    const recording = front.record();
    const headers = { 'idempotency-key': randomUUID() };
    const json = { token: { name: 'survivor', scope: allRights } };
    const create = () => running.call('POST', '/v3/stacks/management_tokens', { as: 'owner', json, headers });
    const answer = create();
    const tries = () => recording.requests.filter(isWrite);
    await vi.waitFor(() => expect(tries().map(({ fault }) => fault)).toEqual(['lose-answer', 'stall']), 5000);
    closers.push(await restartEngine(running.system));
    const created = await answer;
    recording.stop();
    expect(tries().map(outcome)).toEqual(['lose-answer', 'stall', 400]);
    expect(new Set(tries().map(({ body }) => body.ClientRequestToken)).size).toBe(1);
    expect([created.status, typeof created.body.token.token]).toEqual([201, 'string']);
    expect((await running.use(created.body.token.token)).status).toBe(200);
    const retried = await create();
    expect(retried.body).toMatchObject({ token_available: false, token: { uid: created.body.token.uid } });
    expect(await running.operator.inconsistencies()).toEqual([]);
  });
});

const outcome = ({ fault, status }: FrontRequest) => fault ?? status;
