import { TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunningSystem } from '../support/running-system.ts';

// Law 5. Edits hold at once, in live sessions too.
describe('law 5: edits hold at once', () => {
  let running: RunningSystem;
  beforeAll(async () => {
    running = await RunningSystem.start({ streams: false });
  });
  afterAll(() => running.stop());

  const environments = (
    access: { read?: boolean; write?: boolean },
    branch: object = { module: 'branch', branches: ['main'] },
  ) => [
    { module: 'environment', acl: access },
    { acl: { read: true }, ...branch },
  ];
  const onBranch = (branch: string) => ({ module: 'branch', branches: [branch] });

  async function edit(uid: string, token: object) {
    const reply = await running.call('PUT', `/v3/stacks/management_tokens/${uid}`, { as: 'owner', json: { token } });
    expect(reply.status).toBe(200);
  }

  let counter = 0;
  const write = async (value: string) => {
    counter += 1;
    const json = { environment: { name: `environment ${counter}` } };
    return (await running.call('POST', '/v3/environments', { value, json })).status;
  };
  const read = async (value: string, branch?: string) =>
    (await running.use(value, branch ? { headers: { branch } } : {})).status;

  /** Four answers at the same time, so that every instance of the door is asked; one word when they agree. */
  async function all<T>(ask: () => Promise<T>): Promise<T | T[]> {
    const answers = await Promise.all([ask(), ask(), ask(), ask()]);
    return answers.every((answer) => answer === answers[0]) ? (answers[0] as T) : answers;
  }

  it('narrowed and widened rights, again and again', async () => {
    const { uid, value } = await running.createToken({ scope: environments({ write: true }) });
    expect(await all(() => write(value))).toBe(201);
    for (let round = 0; round < 3; round += 1) {
      await edit(uid, { scope: environments({ read: true }) });
      expect([await all(() => write(value)), await all(() => read(value))]).toEqual([403, 200]);
      await edit(uid, {
        scope: [
          { module: 'entry', acl: { read: true } },
          { ...onBranch('main'), acl: { read: true } },
        ],
      });
      expect([await all(() => write(value)), await all(() => read(value))]).toEqual([403, 403]);
      await edit(uid, { scope: environments({ write: true }) });
      expect([await all(() => write(value)), await all(() => read(value))]).toEqual([201, 200]);
    }
  });

  it('the branches that it covers', async () => {
    const { uid, value } = await running.createToken({ scope: environments({ read: true }) });
    expect([await read(value), await read(value, 'development')]).toEqual([200, 403]);
    await edit(uid, { scope: environments({ read: true }, onBranch('development')) });
    expect([await all(() => read(value)), await all(() => read(value, 'development'))]).toEqual([403, 200]);
    await edit(uid, { scope: environments({ read: true }, onBranch('$all')) });
    expect([await all(() => read(value)), await all(() => read(value, 'development'))]).toEqual([200, 200]);
  });

  it('the expiry', async () => {
    const { uid, value } = await running.createToken();
    await edit(uid, { expires_on: 'now' });
    expect(await all(() => read(value))).toBe(401);
    await edit(uid, { expires_on: '2099-01-01' });
    expect(await all(() => read(value))).toBe(200);
    const expiry = (await running.use(value)).headers.get('token-expires-at');
    expect(expiry).toBe('2099-01-01T00:00:00.000Z');
  });

  it('what introspection tells of it', async () => {
    const { uid, value } = await running.createToken({ scope: environments({ read: true }) });
    await edit(uid, { scope: environments({ write: true }, onBranch('$all')), expires_on: '2099-01-01' });
    expect((await running.introspect(value)).body).toMatchObject({
      active: true,
      scope: 'environment:read environment:write branch:read branch:$all',
      exp: Date.parse('2099-01-01') / 1000,
      token_version: 2,
    });
  });

  it('an alias that moves to another branch', async () => {
    const viaAlias = { module: 'branch_alias', branch_aliases: ['deploy'] };
    const { value } = await running.createToken({ scope: environments({ read: true }, viaAlias) });
    const reaches = async () => [await all(() => read(value)), await all(() => read(value, 'development'))];
    expect(await reaches()).toEqual([200, 403]);
    await moveAlias('deploy', { from: 'main', to: 'development' });
    expect(await reaches()).toEqual([403, 200]);
    await moveAlias('deploy', { from: 'development', to: 'main' });
    expect(await reaches()).toEqual([200, 403]);
  });

  it('an edit that changes nothing is no edit', async () => {
    const { uid } = await running.createToken();
    const before = await running.operator.token(uid);
    await edit(uid, { name: before.name, description: before.description });
    expect(await running.operator.token(uid)).toEqual(before);
    expect(await running.operator.inconsistencies()).toEqual([]);
  });

  /** There is no door for this yet: the rows are moved as the product will move them, in one transaction. */
  async function moveAlias(alias: string, { from, to }: { from: string; to: string }) {
    const aliasesOf = (branch: string, aliases: string[]) => ({
      Update: {
        TableName: running.operator.tables.tokens,
        Key: marshall({ pk: `STACK#${running.stack}`, sk: `BRANCH#${branch}` }),
        UpdateExpression: 'SET aliases = :aliases',
        ConditionExpression: 'attribute_exists(pk)',
        ExpressionAttributeValues: marshall({ ':aliases': aliases }),
      },
    });
    const TransactItems = [aliasesOf(from, []), aliasesOf(to, [alias])];
    await running.operator.client.send(new TransactWriteItemsCommand({ TransactItems }));
  }
});
