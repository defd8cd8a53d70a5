import { CreateTableCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { realPauses } from '../../functions/aws/dynamo-client.ts';
import { keysOf } from '../../functions/aws/keys.ts';
import { createStorage } from '../../functions/aws/storage.ts';
import { people } from '../../local/cast.ts';
import { operate, operator } from '../../operate/operate.ts';
import { RunningSystem } from '../support/running-system.ts';

let running: RunningSystem;
beforeAll(async () => {
  running = await RunningSystem.start();
});
afterAll(() => running.stop());

/** Runs a command on the running system's storage, as an operator would on an account's. */
async function run(...args: string[]): Promise<{ status: number; said: string }> {
  const { client, tables: named } = running.operator;
  const tables = { ...named, sessions: '' };
  const lines: string[] = [];
  const workplace = () => ({
    client,
    storage: createStorage(client, realPauses),
    tables,
    keys: keysOf(tables),
    now: () => new Date(),
    actor: operator,
  });
  const status = await operate(args, { workplace, write: (line) => lines.push(line) });
  return { status, said: lines.join('\n') };
}

const planOf = async (stack: string) =>
  (await running.call('GET', '/v3/stacks', { as: 'owner', stack })).body.stack.plan;
const untouched = 'Nothing was changed. Add --execute to do it.';

it('lists its commands, and tells the options of each', async () => {
  const { said, status } = await run('--help');
  expect(status).toBe(0);
  const names = [...said.matchAll(/^ {2}([a-z-]+) /gm)].map(([, name]) => name ?? '');
  expect(names).toEqual(['set-plan', 'add-owner', 'check-restore']);
  for (const name of names) expect((await run(name, '--help')).said).toMatch(/--execute +do it$/);
});

it.each([
  ['a command that it does not know', ['set-plans'], 'set-plan'],
  ['an option that it does not know', ['set-plan', '--stak', 'x'], "Unknown option '--stak'"],
  ['a stack that is not named', ['set-plan', '--max-tokens', '3'], 'Give --stack.'],
  ['a stack that there is not', ['set-plan', '--stack', 'blt0000000000000000'], 'There is no stack'],
  ['a restore to no instant', ['check-restore', '--restored', 'x', '--since', 'noon'], '--since is an instant'],
])('refuses %s, and says what to put right', async (_, args, says) => {
  const { status, said } = await run(...args);
  expect([status, said.includes(says)], said).toEqual([1, true]);
});

it.each(['0', '46', '2.5', 'many'])('refuses a plan of %s tokens', async (max) => {
  const { status, said } = await run('set-plan', '--stack', running.stack, '--max-tokens', max);
  expect([status, said]).toEqual([1, '--max-tokens is a whole number from 1 to 45.']);
});

it("sets a stack's plan, once, when it is told to, and the audit log says so", async () => {
  const stack = await running.createStack();
  const before = await planOf(stack);
  const args = ['set-plan', '--stack', stack, '--max-tokens', '2'];
  expect((await run(...args)).said).toContain(untouched);
  expect(await planOf(stack)).toEqual(before);
  expect((await run(...args, '--execute')).said).toContain('tokens: 30 → 2\nDone.');
  expect(await planOf(stack)).toEqual({ ...before, max_tokens: 2 });
  expect((await run(...args, '--execute')).said).toContain('has that plan already.');
  const { logs } = (await running.call('GET', '/v3/audit-logs', { as: 'owner', stack })).body;
  expect(logs.filter(({ created_by }: { created_by: string }) => created_by === 'operator')).toHaveLength(1);
  for (const name of ['one', 'two']) await running.createToken({ name }, { stack });
  await expect(running.createToken({ name: 'three' }, { stack })).rejects.toThrow('422');
});

it('makes somebody an owner of a stack that they could not even see', async () => {
  const stack = await running.createStack();
  const asOutsider = () => running.call('GET', '/v3/stacks/management_tokens', { as: 'outsider', stack });
  const { issuer } = running.system;
  const args = ['add-owner', '--stack', stack, '--issuer', issuer.endpoint, '--sub', people.outsider.sub];
  const whole = [...args, '--email', people.outsider.email];
  expect((await run(...whole)).said).toContain(untouched);
  expect((await asOutsider()).status).toBe(412);
  expect((await run(...whole, '--execute')).said).toContain('Done.');
  expect((await asOutsider()).status).toBe(200);
  expect((await run(...whole, '--execute')).said).toContain('is owner of');
});

it('finds what a restored table brought back, and deletes it there again', async () => {
  const stack = await running.createStack();
  const [kept, edited, deleted] = [
    await running.createToken({ name: 'kept' }, { stack }),
    await running.createToken({ name: 'edited' }, { stack }),
    await running.createToken({ name: 'deleted' }, { stack }),
  ];
  const since = new Date().toISOString();
  const restored = await restore();
  const tokens = '/v3/stacks/management_tokens';
  await running.call('PUT', `${tokens}/${edited.uid}`, { as: 'owner', stack, json: { token: { description: 'x' } } });
  expect((await running.deleteToken(deleted, { stack })).status).toBe(200);

  const args = ['check-restore', '--restored', restored, '--since', since];
  const { said } = await run(...args);
  expect(said).toContain(`Back, and to be deleted again (1):\n  ${deleted.uid} of ${stack}`);
  expect(said).toContain(`  ${edited.uid} of ${stack}: description`);
  expect(said).not.toContain(kept.uid);
  expect(await stateIn(restored, deleted.uid)).toBe('live');
  expect((await run(...args, '--execute')).said).toContain('Done.');
  expect(await stateIn(restored, deleted.uid)).toBe('deleted');
  expect(await running.operator.item(restored, `STACK#${stack}`, `TOKEN#${deleted.uid}`)).toBeUndefined();
  expect((await running.operator.item(restored, `STACK#${stack}`, 'COUNT'))?.tokens).toBe(2);
  expect((await run(...args, '--execute')).said).toContain('No deleted token is back.');
});

const stateIn = async (table: string, uid: string) =>
  (await running.operator.item(table, `TOKEN#${uid}`, 'META'))?.state;

/** A copy of the tokens' table as it is now, beside it. */
async function restore(): Promise<string> {
  const { client } = running.operator;
  const name = `restored-${Date.now()}`;
  const keys = [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ] as const;
  await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [...keys],
      AttributeDefinitions: keys.map(({ AttributeName }) => ({ AttributeName, AttributeType: 'S' })),
    }),
  );
  const { tokens } = running.operator.tables;
  for (const item of await running.operator.items(tokens))
    await client.send(new PutItemCommand({ TableName: name, Item: marshall(item) }));
  return name;
}
