import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RunningSystem } from '../support/running-system.ts';

let tokenward: RunningSystem;
beforeAll(async () => {
  tokenward = await RunningSystem.start();
});
afterAll(() => tokenward.stop());

const open = (value: string, json: unknown = { session: { client: 'deployer/1.2' } }) =>
  tokenward.call('POST', '/v3/token_sessions', { value, json });

describe('a session', () => {
  test('is opened with a token, works as the token does, and ends itself', async () => {
    const token = await tokenward.createToken({ expires_on: '2031-01-01' });
    const opened = await open(token.value);
    expect(opened.status, opened.text).toBe(201);
    const { token: value, ...session } = opened.body.session;
    expect(value).toMatch(/^css_[0-9a-f]{16}_[0-9a-f]{16}_[0-9A-Za-z]{49}$/);
    expect(session).toMatchObject({
      uid: expect.stringMatching(/^blt[0-9a-f]{16}$/),
      client: 'deployer/1.2',
      remote_addr: '127.0.0.1',
    });
    expect((await tokenward.use(value)).status).toBe(200);
    const current = await tokenward.call('GET', '/v3/token_sessions/current', { value });
    expect(current.body).toEqual({ session, token: expect.objectContaining({ uid: token.uid, name: token.name }) });
    expect((await tokenward.introspect(value)).body).toMatchObject({
      active: true,
      token_type: 'Bearer',
      kind: 'session',
      jti: session.uid,
      sub: token.uid,
    });
    expect((await tokenward.call('DELETE', '/v3/token_sessions/current', { value })).status).toBe(200);
    expect((await tokenward.use(value)).status).toBe(401);
    expect((await tokenward.use(token.value)).status).toBe(200);
  });

  test('is over with the deletion of its token', async () => {
    const token = await tokenward.createToken();
    const { token: value } = (await open(token.value)).body.session;
    expect((await tokenward.use(value)).status).toBe(200);
    expect((await tokenward.deleteToken(token)).status).toBe(200);
    expect((await tokenward.use(value)).status).toBe(401);
    const receipt = await tokenward.call('GET', `/v3/stacks/management_tokens/${token.uid}/revocation`, {
      as: 'admin',
    });
    expect(receipt.body.revocation).toMatchObject({ token_uid: token.uid, token_name: token.name, reason: 'deleted' });
  });

  test('is listed, and ended by an admin, one or all', async () => {
    const token = await tokenward.createToken();
    const values: string[] = [];
    for (let count = 0; count < 5; count += 1) values.push((await open(token.value)).body.session.token);
    const path = `/v3/stacks/management_tokens/${token.uid}/sessions`;
    const first = await tokenward.call('GET', `${path}?limit=3`, { as: 'owner' });
    const second = await tokenward.call('GET', `${path}?limit=3&cursor=${first.body.cursor}`, { as: 'owner' });
    expect(first.body.sessions).toHaveLength(3);
    expect(second.body.sessions).toHaveLength(2);
    expect((await tokenward.call('GET', `${path}?cursor=${first.body.cursor}x`, { as: 'owner' })).status).toBe(400);
    const [one] = first.body.sessions;
    expect((await tokenward.call('DELETE', `${path}/${one.uid}`, { as: 'developer' })).status).toBe(403);
    expect((await tokenward.call('DELETE', `${path}/${one.uid}`, { as: 'admin' })).status).toBe(200);
    expect((await tokenward.call('DELETE', `${path}/${one.uid}`, { as: 'admin' })).status).toBe(404);
    expect(
      (await Promise.all(values.map((value) => tokenward.use(value)))).filter(({ status }) => status === 200),
    ).toHaveLength(4);
    expect((await tokenward.call('DELETE', path, { as: 'owner' })).status).toBe(200);
    expect(
      (await Promise.all(values.map((value) => tokenward.use(value)))).filter(({ status }) => status === 200),
    ).toHaveLength(0);
    expect((await tokenward.use(token.value)).status).toBe(200);
    expect((await tokenward.call('GET', path, { as: 'owner' })).body).toEqual({ sessions: [] });
  });

  test('lives no more when its token is stopped and extended again', async () => {
    const token = await tokenward.createToken();
    const { token: value } = (await open(token.value)).body.session;
    const edit = (expires_on: string) =>
      tokenward.call('PUT', `/v3/stacks/management_tokens/${token.uid}`, {
        as: 'owner',
        json: { token: { expires_on } },
      });
    expect((await edit('now')).status).toBe(200);
    expect((await tokenward.use(token.value)).status).toBe(401);
    expect((await edit('2031-01-01')).status).toBe(200);
    expect((await tokenward.use(token.value)).status).toBe(200);
    expect((await tokenward.use(value)).status).toBe(401);
  });
});

describe('revocation by value', () => {
  const revoke = (value: string) =>
    tokenward.call('POST', '/oauth2/revoke', { stack: null, body: new URLSearchParams({ token: value }) });

  test('ends a session, expires a token, and is 200 for anything else', async () => {
    const token = await tokenward.createToken();
    const { token: value } = (await open(token.value)).body.session;
    const { token: other } = (await open(token.value)).body.session;
    expect((await revoke(value)).status).toBe(200);
    expect((await tokenward.use(value)).status).toBe(401);
    expect((await tokenward.use(other)).status).toBe(200);
    const revoked = await revoke(token.value);
    expect(revoked.status, revoked.text).toBe(200);
    expect((await tokenward.use(token.value)).status).toBe(401);
    expect((await tokenward.use(other)).status).toBe(401);
    const after = await tokenward.call('GET', `/v3/stacks/management_tokens/${token.uid}`, { as: 'owner' });
    expect(after.body.token.status).toBe('expired');
    expect((await revoke(token.value)).status).toBe(200);
    expect((await revoke('nothing')).status).toBe(200);
    expect((await tokenward.call('POST', '/oauth2/revoke', { stack: null, body: new URLSearchParams() })).status).toBe(
      400,
    );
  });
});

test('what is no session of ours is one and the same answer', async () => {
  const token = await tokenward.createToken();
  const { token: value } = (await open(token.value)).body.session;
  const { token: ended } = (await open(token.value)).body.session;
  await tokenward.call('DELETE', '/v3/token_sessions/current', { value: ended });
  const foreign = await tokenward.createStack('outsider');
  const unknown = `${value.slice(0, 21)}${'0'.repeat(16)}${value.slice(37)}`;
  const replies = [
    await tokenward.use(ended),
    await tokenward.use(unknown),
    await tokenward.use('css_malformed'),
    await tokenward.use(value, { stack: foreign }),
  ];
  const bare = replies.map(({ status, text }) => ({ status, text: text.replace(/urn:uuid:[0-9a-f-]+/, '') }));
  expect(bare[0]?.status).toBe(401);
  for (const reply of bare) expect(reply).toEqual(bare[0]);
});

describe('the end of a token', () => {
  test('ends its sessions through the stream, tells the world, and leaves a receipt', async () => {
    const token = await tokenward.createToken();
    const uids: string[] = [];
    for (let count = 0; count < 30; count += 1) uids.push((await open(token.value)).body.session.uid);
    expect((await tokenward.deleteToken(token)).status).toBe(200);
    await tokenward.system.streams.idle();
    const { body } = await tokenward.call('GET', `/v3/stacks/management_tokens/${token.uid}/revocation`, {
      as: 'owner',
    });
    expect(body.revocation).toMatchObject({ state: 'completed', sessions: { total: 30, ended: 30, remaining: 0 } });
    const events = tokenward.system.bus.events({ detail: { data: { token_uid: [token.uid] } } });
    const of = (type: string) => events.filter((event) => event['detail-type'] === type);
    expect(of('token.created')).toHaveLength(1);
    expect(of('token.deleted')).toHaveLength(1);
    expect(of('revocation.completed')).toHaveLength(1);
    expect(JSON.stringify(of('sessions.revoked').map(({ detail }) => detail))).toSatisfy((told: string) =>
      uids.every((uid) => told.includes(uid)),
    );
  });

  test('needs no repair: the reconciler finds nothing', async () => {
    await tokenward.system.streams.idle();
    expect(await tokenward.system.schedules.run('reconcile')).toMatchObject({
      result: { leftover_sessions: 0, overdue_receipts: 0, overdue_digests: 0, complete: true },
    });
  });
});
