import { spawn } from 'node:child_process';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { CreateTableCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SQSClient } from '@aws-sdk/client-sqs';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { keysOf } from '../../functions/aws/keys.ts';
import { realPauses } from '../../functions/aws/storage/dynamo-client.ts';
import { createStorage } from '../../functions/aws/storage/storage.ts';
import { people } from '../../local/people/accounts.ts';
import type { PutEvents } from '../../local/services/events/event-bus-endpoint.ts';
import { REGION } from '../../local/template/resource-types.ts';
import { operate, operator } from '../../operate/operate.ts';
import { RunningSystem } from '../support/running-system.ts';

let running: RunningSystem;
let clients: ReturnType<typeof clientsOf>;
let lost: Awaited<ReturnType<typeof loseTwo>>;
beforeAll(async () => {
  running = await RunningSystem.start();
  clients = clientsOf(running.system);
  lost = await loseTwo();
});
afterAll(async () => {
  for (const client of Object.values(clients)) client.destroy();
  await running.stop();
});

/** Of the services that the local system serves to operators. */
function clientsOf({ endpoint, front }: RunningSystem['system']) {
  const config = { endpoint: `${endpoint}/_local/aws`, region: REGION, credentials: front.operator };
  return {
    streams: new DynamoDBStreamsClient(config),
    queues: new SQSClient(config),
    functions: new LambdaClient(config),
  };
}

/** Runs a command on the running system's storage, as an operator would on an account's. */
async function run(...args: string[]): Promise<{ status: number; said: string }> {
  const { client, tables: named } = running.operator;
  const tables = { ...named, sessions: '' };
  const lines: string[] = [];
  const workplace = () => ({
    client,
    ...clients,
    storage: createStorage(client, realPauses),
    tables,
    keys: keysOf(tables),
    issuer: running.system.issuer.endpoint,
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
  expect(names).toEqual(['set-plan', 'add-owner', 'check-restore', 'redrive']);
  for (const name of names) {
    const { said: help } = await run(name, '--help');
    expect(help).toMatch(/--execute +do it\n +--help +show this text\n/);
    // What an option takes stands behind it.
    const options = [...help.matchAll(/^ {2}--(?!execute|help)(\S+)( [^ ]+)?/gm)];
    expect(options.length).toBeGreaterThan(0);
    for (const [, option, takes] of options) expect([option, takes]).toEqual([option, expect.stringMatching(/^ \S+$/)]);
  }
});

/** A command as a program of its own, with no environment but the one given. */
async function start(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const program = path.resolve(import.meta.dirname, '../../operate/start.ts');
  const child = spawn(process.execPath, [program, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  return await text(child.stdout);
}
const matches = (of: string, pattern: RegExp) => [...of.matchAll(pattern)].map(([, found]) => found).sort();

it.each(['set-plan', 'add-owner', 'check-restore', 'redrive'])(
  'needs for %s the variables that its help names, and its hints name only its own options',
  async (name) => {
    const { tables } = running.operator;
    const { endpoint } = running.system.issuer;
    const { said: help } = await run(name, '--help');
    const given: Readonly<Record<string, string>> = {
      ...{ stack: running.stack, issuer: endpoint, sub: people.outsider.sub, email: people.outsider.email },
      ...{ restored: tables.usage, since: '2999-01-01T00:00:00Z', function: 'nobody' },
    };
    const required = matches(help, /^ {2}--(\S+) .*\(required\)$/gm);
    const args = [name, ...required.flatMap((option = '') => [`--${option}`, given[option] ?? ''])];
    const values: NodeJS.ProcessEnv = { TOKENS_TABLE: tables.tokens, AUDIT_TABLE: tables.audit, ISSUER_URL: endpoint };
    const aws = `${running.system.endpoint}/_local/aws`;
    const env: NodeJS.ProcessEnv = {
      ...{ AWS_REGION: REGION, AWS_ACCESS_KEY_ID: 'any', AWS_SECRET_ACCESS_KEY: 'any', AWS_CONFIG_FILE: '/dev/null' },
      ...{ AWS_ENDPOINT_URL: aws, AWS_ENDPOINT_URL_DYNAMODB: running.system.engine.endpoint },
    };
    const asked: string[] = [];
    let said = await start(args, env);
    for (let at = /^Set (\w+) to /.exec(said)?.[1]; at; at = /^Set (\w+) to /.exec(said)?.[1]) {
      asked.push(at);
      env[at] = values[at];
      said = await start(args, env);
    }
    expect(said).not.toContain('AWS could not be asked');
    expect(asked.sort()).toEqual(matches(help, /^ {2}([A-Z_]+) /gm));

    const hint = await start(args, { ...env, AWS_REGION: '' });
    expect(hint).toContain('AWS could not be asked: ');
    const own = matches(help, /^ {2}--(\S+)/gm);
    expect(matches(hint, /--([a-z-]+)/g).filter((option) => !own.includes(option))).toEqual([]);
    expect(matches(hint, /\b([A-Z]+_[A-Z]+)\b/g).filter((variable) => !asked.includes(variable ?? ''))).toEqual([]);
  },
);

it.each([
  ['a command that it does not know', ['set-plans'], 'Unknown command: set-plans.'],
  [
    'an option that it does not know',
    ['set-plan', '--stak', 'x'],
    "Unknown option '--stak'. To list the options: npm run operate -- set-plan --help",
  ],
  ['a stack that is not named', ['set-plan', '--max-tokens', '3'], 'Missing: --stack KEY.'],
  ['a stack that there is not', ['set-plan', '--stack', 'blt0000000000000000'], 'This deployment has no stack'],
  ['a function that there is not', ['redrive', '--function', 'nobody'], 'There are: FanOut'],
  ['a name that more than one function could have', ['redrive', '--function', 'fan-out'], 'could be more than one'],
  ['a name of signs alone', ['redrive', '--function', '...'], '... is not a function that reads a stream'],
  [
    'a table that there is not',
    ['check-restore', '--restored', 'none', '--since', '2020-01-01T00:00:00Z'],
    'AWS could not be asked: ResourceNotFoundException',
  ],
  ['a restore to no instant', ['check-restore', '--restored', 'x', '--since', 'noon'], '--since must be an instant'],
])('refuses %s, and says what to put right', async (_, args, says) => {
  const { status, said } = await run(...args);
  expect([status, said.includes(says)], said).toEqual([1, true]);
});

it.each(['0', '46', '2.5', 'many'])('refuses a plan of %s tokens', async (max) => {
  const { status, said } = await run('set-plan', '--stack', running.stack, '--max-tokens', max);
  expect([status, said]).toEqual([1, '--max-tokens must be a whole number from 1 to 45.']);
});

it("sets a stack's plan, once, when it is told to, and the audit log says so", async () => {
  const stack = await running.createStack();
  const before = await planOf(stack);
  const args = ['set-plan', '--stack', stack, '--max-tokens', '2'];
  expect((await run(...args)).said).toContain(untouched);
  expect(await planOf(stack)).toEqual(before);
  expect((await run(...args, '--execute')).said).toContain('max tokens: 30 → 2\nDone.');
  expect(await planOf(stack)).toEqual({ ...before, max_tokens: 2 });
  expect((await run(...args, '--execute')).said).toContain('has that plan already.');
  const { logs } = (await running.call('GET', '/v3/audit-logs', { as: 'owner', stack })).body;
  expect(logs.filter(({ created_by }: { created_by: string }) => created_by === 'operator')).toHaveLength(1);
  for (const name of ['one', 'two']) await running.createToken({ name }, { stack });
  await expect(running.createToken({ name: 'three' }, { stack })).rejects.toThrow('422');
});

it('shows the plan where no change is asked for, and warns of one that the stack is too full for', async () => {
  const stack = await running.createStack();
  for (const name of ['one', 'two']) await running.createToken({ name }, { stack });
  const { status, said } = await run('set-plan', '--stack', stack, '--execute');
  expect([status, said]).toEqual([
    0,
    expect.stringMatching(
      /^The plan of .+:\n {2}max tokens: 30\n {2}rate limits of their own: \w+\nIt holds 2 tokens now\.$/,
    ),
  ]);
  const warning =
    'Warning: it holds 2 tokens. None is deleted, but no token can be created until fewer than 1 are left.';
  expect((await run('set-plan', '--stack', stack, '--max-tokens', '1')).said).toContain(warning);
  expect((await run('set-plan', '--stack', stack, '--max-tokens', '2')).said).not.toContain('Warning');
});

it.each([
  ['no URL', 'accounts.example.com', '--issuer must be a URL, for example http'],
  ['no web address', 'urn:example:issuer', '--issuer must be a URL, for example http'],
  [
    'not the issuer of the deployment',
    'https://accounts.example.com',
    '--issuer must be the issuer of this deployment',
  ],
])('adds no owner by an issuer that is %s', async (_, issuer, says) => {
  const person = ['--sub', people.outsider.sub, '--email', people.outsider.email];
  const { status, said } = await run('add-owner', '--stack', running.stack, '--issuer', issuer, ...person, '--execute');
  expect([status, said.includes(says)], said).toEqual([1, true]);
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

it('tells who could act for a stack already, and makes an admin of it an owner', async () => {
  const { issuer, stack } = { issuer: running.system.issuer.endpoint, stack: running.stack };
  const { sub, email } = people.admin;
  const args = ['add-owner', '--stack', stack, '--issuer', issuer, '--sub', sub, '--email', email];
  const { said } = await run(...args);
  expect(said).toContain(`  owner ${people.owner.email}, by ${issuer}`);
  expect(said).toContain('who is admin now, becomes an owner of Acme Web.');
  expect((await run(...args, '--execute')).said).toContain('Done.');
  expect((await run(...args)).said).toContain('is owner of Acme Web already.');
});

it('finds what a restored table brought back, and deletes it there again', async () => {
  const stack = await running.createStack();
  const [kept, edited, deleted] = [
    await running.createToken({ name: 'kept' }, { stack }),
    await running.createToken({ name: 'edited' }, { stack }),
    await running.createToken({ name: 'deleted' }, { stack }),
  ];
  const share = (json: object) => running.call('POST', '/v3/stacks/share', { as: 'owner', stack, json });
  expect((await share({ clients: ['bot'] })).status).toBe(200);
  const since = new Date().toISOString();
  const restored = await restore();
  await running.call('POST', '/v3/stacks/unshare', { as: 'owner', stack, json: { client: 'bot' } });
  const tokens = '/v3/stacks/management_tokens';
  await running.call('PUT', `${tokens}/${edited.uid}`, { as: 'owner', stack, json: { token: { description: 'x' } } });
  expect((await running.deleteToken(deleted, { stack })).status).toBe(200);

  const args = ['check-restore', '--restored', restored, '--since', since];
  const { said } = await run(...args);
  expect(said).toContain(`Back, and to be deleted again (1):\n  ${deleted.uid} of ${stack}`);
  expect(said).toContain(`  ${edited.uid} of ${stack}: description`);
  expect(said).toContain(`  ${stack}: members.bot "developer" → null, `);
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

/** Begins to lose two records of the stream, one of each reader: eleven tries take seconds, and other tests run meanwhile. */
async function loseTwo() {
  const [told, ended] = [await running.createToken(), await running.createToken()];
  await running.system.streams.idle();
  const poison = (reader: string, { uid }: { uid: string }) =>
    running.system.streams.inject({
      kind: 'poison',
      when: (delivery) => delivery.function === reader && JSON.stringify(delivery.records).includes(uid),
    });
  const mends = [poison('stream/announce', told), poison('stream/end-sessions', ended)];
  // In this order: what is trimmed of the stream is its beginning.
  await running.deleteToken(ended);
  await running.deleteToken(told);
  return { told, mend: () => mends.map((mend) => mend()) };
}

const lettersTo = (entry: string) =>
  running.system.deadLetters.list().filter(({ body }) => JSON.stringify(body).includes(`:${nameOf(entry)}"`));
const nameOf = (entry: string) => {
  const functions = running.system.stack.ofType('AWS::Lambda::Function');
  return functions.find(({ metadata }) => metadata['tokenward:function'] === entry)?.name ?? '';
};

it('gives what a reader of the stream gave up to it again, once the cause is mended: the bus has its event, once', async () => {
  await expect.poll(() => lettersTo('stream/announce').length, { timeout: 20_000 }).toBe(1);
  const args = ['redrive', '--function', nameOf('stream/announce')];
  const events = () =>
    running.system.bus.events({ 'detail-type': ['token.deleted'], detail: { data: { token_uid: [lost.told.uid] } } });

  const { said } = await run(...args);
  expect(said).toMatch(/: a batch of 1, given up \(RetryAttemptsExhausted\), .*\. To give again: 1\./);
  expect(said).toContain(untouched);
  expect([lettersTo('stream/announce').length, events().length]).toEqual([1, 0]);

  lost.mend();
  const crash = ({ entries }: PutEvents) =>
    entries.some(({ Detail }) => Detail.includes(lost.told.uid)) &&
    Boolean(running.system.functions.crash('stream/announce'));
  onTestFinished(running.system.bus.inject({ kind: 'lose-answer', when: crash, times: 1 }));
  const failed = await run(...args, '--execute');
  expect(failed.status, failed.said).toBe(1);
  expect(failed.said).toMatch(/stays: the function failed: .*Runtime\.ExitError.*\nMessages that stay in .*: 1\.$/);
  expect(lettersTo('stream/announce')).toHaveLength(1);

  expect((await run(...args, '--execute')).said).toMatch(/given again: 1\.\nDone\.$/);
  expect(lettersTo('stream/announce')).toEqual([]);
  expect(new Set(events().map(({ detail }) => detail.id)).size).toBe(1);
  expect((await run(...args, '--execute')).said).toMatch(/ is empty\.$/);
});

it('says so when the stream has what was given up no more, and leaves it', async () => {
  await expect.poll(() => lettersTo('stream/end-sessions').length, { timeout: 20_000 }).toBe(1);
  const [, lastOfIt = ''] = /"endSequenceNumber":"(\d+)"/.exec(JSON.stringify(lettersTo('stream/end-sessions'))) ?? [];
  running.system.engine.trimStream(running.operator.tables.tokens, lastOfIt);
  const { said, status } = await run('redrive', '--function', 'end-sessions', '--execute');
  expect([status, said]).toEqual([0, expect.stringContaining('The stream has it no more')]);
  expect(lettersTo('stream/end-sessions')).toHaveLength(1);
});
