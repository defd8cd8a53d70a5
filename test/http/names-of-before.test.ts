import { PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Reply, RunningSystem } from '../support/running-system.ts';

/** U+2028 and U+2029 were taken in names until they were refused as control characters are. Who has one keeps it. */
const name = 'nightly\u2028import';
const tokensPath = '/v3/stacks/management_tokens';

let tokenward: RunningSystem;
beforeAll(async () => {
  tokenward = await RunningSystem.start({ streams: false });
});
afterAll(() => tokenward.stop());

const call = (method: string, path: string, json?: unknown): Promise<Reply> =>
  tokenward.call(method, path, { as: 'owner', ...(json === undefined ? {} : { json }) });

async function rename(pk: string, to: string): Promise<void> {
  const { client, tables } = tokenward.operator;
  await client.send(
    new UpdateItemCommand({
      TableName: tables.tokens,
      Key: marshall({ pk, sk: 'META' }),
      UpdateExpression: 'SET #name = :name',
      ExpressionAttributeNames: { '#name': 'name' },
      ExpressionAttributeValues: marshall({ ':name': to }),
    }),
  );
}

/** A token as it was stored under such a name. */
async function tokenOfBefore(): Promise<{ uid: string; value: string }> {
  const token = await tokenward.createToken();
  await rename(`TOKEN#${token.uid}`, name);
  const { client, tables } = tokenward.operator;
  const row = { pk: `STACK#${tokenward.stack}`, sk: `NAME#${name}`, token_uid: token.uid };
  await client.send(new PutItemCommand({ TableName: tables.tokens, Item: marshall(row) }));
  return token;
}

describe('a token whose name has a line separator', () => {
  it('is listed, read, used, edited without its name, and succeeded by one without', async () => {
    const { uid, value } = await tokenOfBefore();
    const { body } = await call('GET', `${tokensPath}?query=${encodeURIComponent(JSON.stringify({ name }))}`);
    expect(body.tokens.map((token: { uid: string }) => token.uid)).toEqual([uid]);
    expect((await tokenward.use(value)).status).toBe(200);
    const read = await call('GET', `${tokensPath}/${uid}`);
    expect(read.body.token.name).toBe(name);
    // As an SDK sends it back.
    const edited = await call('PUT', `${tokensPath}/${uid}`, { token: { ...read.body.token, description: 'kept' } });
    expect([edited.status, edited.body.token.name, edited.body.token.description]).toEqual([200, name, 'kept']);
    const successor = await call('POST', `${tokensPath}/${uid}/successor`, {});
    expect([successor.status, successor.body.token.name]).toEqual([201, 'nightly import (2)']);
    const confirmed = await tokenward.deleteToken({ uid, name });
    expect(confirmed.status).toBe(200);
    expect((await tokenward.use(value)).status).toBe(401);
  });

  it('is deleted by that very name only', async () => {
    const { uid } = await tokenOfBefore();
    for (const wrong of ['nightly import', 'nightly\u2029import', 'nightlyimport', 'nightly\nimport'])
      expect((await tokenward.deleteToken({ uid, name: wrong })).body.errors).toHaveProperty('confirm_name');
    expect((await tokenward.deleteToken({ uid, name })).status).toBe(200);
  });
});

it('a stack whose name has a line separator is read, and edited as an SDK sends it back', async () => {
  await rename(`STACK#${tokenward.stack}`, name);
  const { body } = await call('GET', '/v3/stacks');
  expect(body.stack.name).toBe(name);
  const edited = await call('PUT', '/v3/stacks', { stack: { ...body.stack, description: 'kept' } });
  expect([edited.status, edited.body.stack?.description]).toEqual([200, 'kept']);
  expect((await call('PUT', '/v3/stacks', { stack: { name: `${name}s` } })).body.errors).toHaveProperty('name');
});
