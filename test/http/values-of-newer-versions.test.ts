import { PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Call, RunningSystem } from '../support/running-system.ts';

let tokenward: RunningSystem;
let stack: string;
beforeAll(async () => {
  tokenward = await RunningSystem.start({ streams: false });
  stack = await tokenward.createStack();
});
afterAll(() => tokenward.stop());

const newer = 'of a newer version';
const get = async (path: string, call: Call = {}) =>
  await tokenward.call('GET', `/v3/${path}`, { as: 'owner', stack, ...call });
const tokenPath = (uid: string, rest = '') => `stacks/management_tokens/${uid}${rest}`;

/** Changes an attribute of a row behind the product's back. */
async function change(table: string, key: { pk: string; sk: string }, [name, value]: readonly [string, unknown]) {
  await tokenward.operator.client.send(
    new UpdateItemCommand({
      TableName: table,
      Key: marshall(key),
      UpdateExpression: 'SET #name = :value',
      ConditionExpression: 'attribute_exists(pk)',
      ExpressionAttributeNames: { '#name': name },
      ExpressionAttributeValues: marshall({ ':value': value }),
    }),
  );
}

const put = async (table: string, item: Record<string, unknown>) => {
  await tokenward.operator.client.send(new PutItemCommand({ TableName: table, Item: marshall(item) }));
};

describe('what a newer version stored is read, listed and shown as it is', () => {
  it('a state of a token, which lets nobody in, by any door', async () => {
    const token = await tokenward.createToken({}, { stack });
    const opened = await tokenward.call('POST', '/v3/token_sessions', { value: token.value, stack, json: {} });
    const session = opened.body.session.token;
    expect((await tokenward.use(token.value, { stack })).status).toBe(200);
    const { tables } = tokenward.operator;
    await change(tables.tokens, { pk: `TOKEN#${token.uid}`, sk: 'META' }, ['state', newer]);
    expect((await get(tokenPath(token.uid))).body.token.status).toBe(newer);
    const { tokens } = (await get('stacks/management_tokens')).body;
    expect(tokens.find(({ uid }: { uid: string }) => uid === token.uid).status).toBe(newer);
    expect((await get(tokenPath(token.uid, '/delete_preview'))).body.preview.status).toBe(newer);
    expect((await get(tokenPath(token.uid, '/sessions'))).body.sessions).toEqual([]);
    const unknown = await tokenward.use(`${token.value.slice(0, -1)}x`, { stack });
    for (const value of [token.value, session]) {
      const { status, body } = await tokenward.use(value, { stack });
      expect([status, body.type]).toEqual([401, unknown.body.type]);
      expect((await tokenward.introspect(value, { stack })).body).toEqual({ active: false });
    }
    expect((await tokenward.call('POST', '/v3/token_sessions', { value: token.value, stack, json: {} })).status).toBe(
      401,
    );
    // Its owner can still end it, and whoever holds its value can stop it.
    expect((await tokenward.deleteToken(token, { stack })).status).toBe(200);
  });

  it('a module and a next action of a token, beside which the others work', async () => {
    const token = await tokenward.createToken({}, { stack });
    const row = await tokenward.operator.token(token.uid);
    const scope = [...row.scope, { module: newer, acl: { read: true } }];
    const key = { pk: `TOKEN#${token.uid}`, sk: 'META' };
    const { tables } = tokenward.operator;
    await change(tables.tokens, key, ['scope', scope]);
    await change(tables.tokens, key, ['next_action', newer]);
    await change(tables.tokens, key, ['due_at', `2099-01-01T00:00:00.000Z#${token.uid}`]);
    expect((await get(tokenPath(token.uid))).body.token.scope).toEqual(scope);
    expect((await tokenward.use(token.value, { stack })).status).toBe(200);
    const preview = await tokenward.call('POST', '/v3/stacks/token_hygiene/preview', { as: 'owner', stack });
    expect(preview.status).toBe(200);
    const previewed = preview.body.preview.tokens.find(({ uid }: { uid: string }) => uid === token.uid);
    expect(previewed.next).toEqual({ action: newer, at: '2099-01-01T00:00:00.000Z' });
  });

  it('why a token was stopped, and why and how far its sessions were ended', async () => {
    const token = await tokenward.createToken({}, { stack });
    const edit = { as: 'owner', stack, json: { token: { expires_on: 'now' } } } as const;
    const { body } = await tokenward.call('PUT', `/v3/${tokenPath(token.uid)}`, edit);
    expect(body.token.stopped).toMatchObject({ at: body.token.expires_at, reason: 'expired_now' });
    const { tables } = tokenward.operator;
    const stopped = { ...body.token.stopped, reason: newer };
    await change(tables.tokens, { pk: `TOKEN#${token.uid}`, sk: 'META' }, ['stopped', stopped]);
    expect((await get(tokenPath(token.uid))).body.token.stopped).toEqual(stopped);
    const rows = await tokenward.operator.items(tables.tokens);
    const receipt = rows.find(({ pk, sk }) => pk === `TOKEN#${token.uid}` && sk.startsWith('RECEIPT#'));
    expect(receipt?.reason).toBe('stopped');
    const key = { pk: `TOKEN#${token.uid}`, sk: receipt?.sk ?? '' };
    await change(tables.tokens, key, ['reason', newer]);
    await change(tables.tokens, key, ['state', newer]);
    expect((await get(tokenPath(token.uid, '/revocation'))).body.revocation).toMatchObject({
      reason: newer,
      state: newer,
    });
  });

  it('a role of a member, who has no rights by it, and of an invitation', async () => {
    const { tables } = tokenward.operator;
    const shared = await tokenward.createStack();
    const json = { emails: ['nobody@example.test'], clients: ['bot'] };
    await tokenward.call('POST', '/v3/stacks/share', { as: 'owner', stack: shared, json });
    const users = async () => (await get('stacks/users', { stack: shared })).body;
    const bot = (await users()).users.find(({ client }: { client: string | null }) => client === 'bot');
    await change(tables.tokens, { pk: `STACK#${shared}`, sk: `MEMBER#${bot.uid}` }, ['role', newer]);
    await change(tables.tokens, { pk: `STACK#${shared}`, sk: 'INVITE#nobody@example.test' }, ['role', newer]);
    const { users: found, invitations } = await users();
    expect(found.find(({ uid }: { uid: string }) => uid === bot.uid).role).toBe(newer);
    expect(invitations).toMatchObject([{ email: 'nobody@example.test', role: newer }]);
    const owner = found.find(({ role }: { role: string }) => role === 'owner');
    await change(tables.tokens, { pk: `STACK#${shared}`, sk: `MEMBER#${owner.uid}` }, ['role', newer]);
    expect((await get('stacks/management_tokens', { stack: shared })).status).toBe(403);
    expect((await get('stacks', { stack: shared })).body.stack.role).toBe(newer);
  });

  it('hygiene settings and the state of a mail, and the settings can still be changed', async () => {
    const { tables } = tokenward.operator;
    const row = await tokenward.operator.item(tables.tokens, `STACK#${stack}`, 'META');
    const hygiene = { ...row?.hygiene, mail_to: ['owner', newer], mail_about: newer };
    await change(tables.tokens, { pk: `STACK#${stack}`, sk: 'META' }, ['hygiene', hygiene]);
    const send_at = '2026-03-01T08:00:00.000Z';
    const delivery = { stack, send_at, person: 'a', address: 'a@example.test', state: newer, run: 'r', tries: 1 };
    const outcome = { again: false, at: send_at, reason: null, next_try_at: null };
    await put(tables.usage, { pk: `DELIVERY#${stack}`, sk: `${send_at}#a`, ...delivery, ...outcome });
    const { body } = await get('stacks/token_hygiene');
    expect(body.token_hygiene).toMatchObject({ mail_to: ['owner', newer], mail_about: newer });
    expect(body.deliveries).toMatchObject([{ state: newer }]);
    const json = { token_hygiene: { ...body.token_hygiene, send_hour: 9 } };
    const changed = await tokenward.call('PUT', '/v3/stacks/token_hygiene', { as: 'owner', stack, json });
    expect([changed.status, changed.body.token_hygiene]).toEqual([200, { ...body.token_hygiene, send_hour: 9 }]);
  });

  it('module, event, outcome and reason of an audit entry', async () => {
    const { tables } = tokenward.operator;
    const uid = `${Date.now().toString(16).padStart(12, '0')}${'0'.repeat(20)}`;
    const what = { module: newer, event_type: newer, outcome: newer, reason: newer };
    const facts = {
      uid,
      stack,
      created_at: new Date().toISOString(),
      created_by: 'a',
      request_id: 'r',
      remote_addr: '',
    };
    const about = { metadata: { uid: 'blt00000000000000ff', title: 'x' }, changes: [] };
    await put(tables.audit, { pk: `STACK#${stack}`, sk: uid, ...facts, ...what, ...about });
    expect((await get(`audit-logs/${uid}`)).body.logs).toMatchObject(what);
    const { logs } = (await get(`audit-logs?query=${encodeURIComponent(JSON.stringify({ event_type: newer }))}`)).body;
    expect(logs).toMatchObject([what]);
  });
});
