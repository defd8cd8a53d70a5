import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { routes } from '../../functions/http/chain/routes.ts';
import { mintTokenValue } from '../../functions/values/token-value.ts';
import { allRights, type Call, type Reply, RunningSystem } from '../support/running-system.ts';
import { changesDuring, reasonFor } from '../support/stored-changes.ts';
import { expectContract, outcomeOf } from './contract.ts';
import { DoorsInProcess } from './doors-in-process.ts';
import { type FieldCase, fieldCases } from './field-cases.ts';

const tokensPath = '/v3/stacks/management_tokens';
const writes = ['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem', 'TransactWriteItems'];

let tokenward: RunningSystem;
let live: { uid: string; name: string; value: string };
let docs: string;
beforeAll(async () => {
  tokenward = await RunningSystem.start({ streams: false });
  live = await tokenward.createToken({ description: 'as it was', expires_on: '2031-01-01' });
  await tokenward.operator.leaveNothingDue();
  const { body } = await tokenward.call('GET', '/v3/stacks', { as: 'owner', stack: null });
  docs = body.stacks.find(({ name }: { name: string }) => name === 'Acme Docs').api_key;
});
afterAll(() => tokenward.stop());

/** Sends what must be refused: by the contract, without a write, and with the same items in every table afterwards. */
async function refused(method: string, path: string, call: Call): Promise<Reply> {
  let reply: Reply | undefined;
  let requests: Awaited<ReturnType<RunningSystem['requestsDuring']>> = [];
  const changes = await changesDuring(tokenward.operator, async () => {
    requests = await tokenward.requestsDuring(async () => {
      reply = await tokenward.call(method, path, call);
    });
  });
  expect(requests.filter(({ operation }) => writes.includes(operation))).toEqual([]);
  expect(changes.filter((change) => reasonFor(change) === undefined)).toEqual([]);
  if (!reply) throw new Error('There was no reply.');
  expectContract(reply);
  return reply;
}

const bodies = [
  ['POST', tokensPath],
  ['PUT', `${tokensPath}/{live}`],
  ['POST', '/v3/stacks'],
  ['POST', '/v3/environments'],
] as const;
const json = { 'content-type': 'application/json' };

describe.each(bodies)('a body of %s %s', (method, path) => {
  const send = (body: string | Buffer) =>
    refused(method, path.replace('{live}', live.uid), {
      ...(path === '/v3/environments' ? { value: live.value } : { as: 'owner' }),
      body,
      headers: json,
    });

  it.each([
    ['is cut off', '{"token":{"name":'],
    ['is no JSON', 'token=x'],
    ['is empty', ''],
    ['is not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
    ['begins with a byte order mark', Buffer.from('\ufeff{"token":{}}', 'utf8')],
    ['is null', 'null'],
    ['is an array', '[{"token":{}}]'],
    ['is a text', '"token"'],
    ['is a number', '5'],
    ['is nested 20,000 arrays deep', `{"token":${'['.repeat(20_000)}${']'.repeat(20_000)}}`],
    ['is nested 10,000 objects deep', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
    ['is nested 20,000 deep and never closed', '['.repeat(20_000)],
  ])('that %s is malformed', async (_, body) => {
    expect(outcomeOf(await send(body))).toBe('400/141');
  });

  it('of 64 KiB is read, and one of a byte more is too large', async () => {
    const ofBytes = (bytes: number) => `{"filling":"${'x'.repeat(bytes - 14)}"}`;
    expect(outcomeOf(await send(ofBytes(64 * 1024)))).toBe('422/141');
    expect(outcomeOf(await send(ofBytes(64 * 1024 + 1)))).toBe('413/141');
    expect(outcomeOf(await send(`"${'ä'.repeat(32 * 1024)}"`))).toBe('413/141');
  });

  it.each(['{}', '{"token":null,"stack":null,"environment":null}', '{"token":[],"stack":5,"environment":"x"}'])(
    'without the object that it is about is told so: %s',
    async (body) => {
      const { status, body: answer } = await send(body);
      expect([status, Object.keys(answer.errors)]).toEqual([
        422,
        [expect.stringMatching(/^(token|stack|environment)$/)],
      ]);
    },
  );
});

describe('a required field that is absent is told as such, and nothing is changed', () => {
  const alias = '/v3/stacks/branch_aliases/x';
  const [readable, text] = [{ read: true }, 'is a required field'];
  it.each([
    ['POST', tokensPath, { token: {} }, { name: [text], scope: [text] }],
    [
      'POST',
      tokensPath,
      { token: { name: 'x', scope: [{ acl: readable }, { module: 'branch', branches: ['main'] }] } },
      { 'scope.0.module': [text] },
    ],
    ['PUT', `${tokensPath}/{live}`, { token: { scope: [{ acl: readable }] } }, { 'scope.0.module': [text] }],
    ['POST', '/v3/stacks', { stack: {} }, { name: [text] }],
    ['POST', '/v3/stacks/branches', { branch: {} }, { uid: [text] }],
    ['PUT', alias, { branch_alias: {} }, { target_branch: [text] }],
    ['PUT', alias, {}, { branch_alias: [text] }],
    ['POST', '/v3/stacks/share', {}, { emails: [text] }],
    ['POST', '/v3/stacks/share', { emails: [] }, { emails: [text] }],
    ['POST', '/v3/stacks/unshare', {}, { email: [expect.stringContaining(text)] }],
    ['POST', '/v3/stacks/transfer_ownership', {}, { transfer_to: [text] }],
    ['PUT', '/v3/stacks/token_hygiene', {}, { token_hygiene: [text] }],
    ['POST', '/v3/environments', { environment: {} }, { name: [text] }],
  ] as const)('%s %s %j', async (method, path, body, errors) => {
    const reply = await refused(method, path.replace('{live}', live.uid), {
      ...(path === '/v3/environments' ? { value: live.value } : { as: 'owner' }),
      json: body,
    });
    expect([reply.status, reply.body.errors]).toEqual([422, errors]);
  });

  it.each([
    ['PUT', alias, { branch_alias: { target_branch: 5 } }, { target_branch: ['must be text.'] }],
    ['POST', '/v3/stacks/branches', { branch: { uid: null } }, { uid: ['must be text.'] }],
    [
      'POST',
      '/v3/stacks/transfer_ownership',
      { transfer_to: 5 },
      { transfer_to: ['must be the e-mail address of a member, or their uid.'] },
    ],
  ] as const)('and one of another type as that: %s %s %j', async (method, path, body, errors) => {
    const reply = await refused(method, path, { as: 'owner', json: body });
    expect([reply.status, reply.body.errors]).toEqual([422, errors]);
  });
});

describe('an alias in the body that is not the one in the path is refused, and no alias is made', () => {
  const alias = ['must be the alias that the path names, if it is given.'];
  const uid = ['must be the branch that the alias points to, before or after, if it is given.'];
  it.each([
    [{ alias: 'y' }, { alias }],
    [{ alias: 'X' }, { alias }],
    [{ alias: '' }, { alias }],
    [{ alias: null }, { alias }],
    [{ alias: 5 }, { alias }],
    [{ uid: 'y' }, { uid }],
    [{ uid: null }, { uid }],
    [{ uid: ['x'] }, { uid }],
    [
      { alias: 'main', uid: 'y' },
      { alias, uid },
    ],
  ])('%j', async (fields, errors) => {
    const json = { branch_alias: { target_branch: 'main', ...fields } };
    const reply = await refused('PUT', '/v3/stacks/branch_aliases/x', { as: 'owner', json });
    expect([reply.status, reply.body.errors]).toEqual([422, errors]);
  });
});

describe('a body that is made to cost time', () => {
  it.each([
    ['arrays', 400, `{"token":${'['.repeat(20_000)}${']'.repeat(20_000)}}`],
    ['objects', 400, `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
    ['escapes', 412, `{"token":{"name":"${'\\u0000'.repeat(10_000)}"}}`],
    ['marks', 412, `{"token":{"name":"${'a\u0301\u0323'.repeat(8_000)}"}}`],
    ['names of fields', 412, `{"token":{${Array.from({ length: 6_000 }, (_, at) => `"${at}":1`).join()}}}`],
    ['entries of a scope', 412, `{"token":{"scope":[${'{},'.repeat(15_000)}{}]}}`],
    ['a byte order mark in base64', 400, Buffer.from('\ufeff{"token":{}}')],
  ])('is refused within a second: %s → %d', async (_, status, body) => {
    const doors = new DoorsInProcess();
    const begun = performance.now();
    const route = 'POST /v3/stacks/management_tokens';
    const reply = await doors.send({ route, headers: { ...json, api_key: 'blt00000000000000ff' }, body });
    expect(performance.now() - begun).toBeLessThan(1000);
    expect(reply.status).toBe(status);
    expectContract(reply);
  });
});

describe('a field that breaks a rule is refused under its name, and nothing is changed', () => {
  const stackOf = ({ on }: FieldCase) => (on === 'a stack without rate limits' ? docs : tokenward.stack);

  it.each(fieldCases.filter(({ only }) => only !== 'edit'))('when a token is created: $field $given', async (row) => {
    const scope = [
      { module: '$all', acl: { read: true } },
      { module: 'branch', branches: ['main'], acl: { read: true } },
    ];
    const token = { name: 'a name that is free', scope, ...row.fields };
    const reply = await refused('POST', tokensPath, { as: 'owner', stack: stackOf(row), json: { token } });
    expect([reply.status, reply.body.errors]).toEqual([422, { [row.field]: row.messages }]);
    expect(reply.body.error_message).toBe('Management Token creation failed. Please try again.');
  });

  it.each(fieldCases.filter(({ only, on }) => only !== 'create' && !on))(
    'when it is edited: $field $given',
    async (row) => {
      const before = await tokenward.call('GET', `${tokensPath}/${live.uid}`, { as: 'owner' });
      const call = { as: 'owner', json: { token: { description: 'changed', ...row.fields } } } as const;
      const reply = await refused('PUT', `${tokensPath}/${live.uid}`, call);
      expect([reply.status, reply.body.errors]).toEqual([422, { [row.field]: row.messages }]);
      expect(reply.body.error_message).toBe('Management Token update failed. Please try again.');
      expect((await tokenward.call('GET', `${tokensPath}/${live.uid}`, { as: 'owner' })).body).toEqual(before.body);
    },
  );

  it('and so is the 31st token of a stack; nothing is evicted', async () => {
    const stack = await tokenward.createStack();
    const made = Array.from({ length: 30 }, (_, at) => tokenward.createToken({ name: `token ${at}` }, { stack }));
    const uids = (await Promise.all(made)).map(({ uid }) => uid);
    const token = { name: 'one too many', scope: allRights };
    const reply = await tokenward.call('POST', tokensPath, { as: 'owner', stack, json: { token } });
    expect(outcomeOf(reply)).toBe('422/141');
    expect(reply.body.errors).toEqual({ token: [expect.stringContaining('30 management tokens')] });
    const { body } = await tokenward.call('GET', `${tokensPath}?include_count=true`, { as: 'owner', stack });
    expect(body.count).toBe(30);
    expect(body.tokens.map(({ uid }: { uid: string }) => uid).sort()).toEqual(uids.sort());
  });

  it('and every field that is wrong is told at once', async () => {
    const token = { name: ' ', scope: [], expires_on: 'soon', description: 5, rate_limits: 'many' };
    const { body } = await refused('POST', tokensPath, { as: 'owner', json: { token } });
    expect(Object.keys(body.errors).sort()).toEqual(Object.keys(token).sort());
  });
});

describe('a credential that is not good', () => {
  it('is refused without a request to storage where its checksum is wrong', async () => {
    const changed = live.value.slice(0, -1) + (live.value.endsWith('0') ? '1' : '0');
    const recording = tokenward.system.front.record();
    expect((await tokenward.use(changed)).status).toBe(401);
    expect((await tokenward.introspect(changed)).body).toEqual({ active: false });
    recording.stop();
    expect(recording.requests).toEqual([]);
  });

  it('is refused in the same words whether its token is known or not', async () => {
    const random = (bytes: number) => new Uint8Array(bytes).fill(7);
    const ofLive = await tokenward.use(mintTokenValue(live.uid, random));
    const ofNobody = await tokenward.use(mintTokenValue('blt00000000000000ff', random));
    const words = ({ status, body }: Reply) => [status, { ...body, instance: '' }];
    expect(words(ofLive)).toEqual(words(ofNobody));
    expect(ofLive.status).toBe(401);
  });
});

describe('a route', () => {
  it.each([
    ['PATCH', `${tokensPath}/blt0000000000000000`, 'DELETE, GET, PUT'],
    ['PUT', tokensPath, 'GET, POST'],
    ['DELETE', '/v3/environments', 'GET, POST'],
    ['GET', '/oauth2/introspect', 'POST'],
  ])('does not know the method %s %s, and says which it knows', async (method, path, allow) => {
    const reply = await refused(method, path, { as: 'owner' });
    expect([reply.status, reply.headers.get('allow')]).toEqual([405, allow]);
  });

  // RFC 9110, 9.1 asks for HEAD wherever there is GET. A route more for each GET would be what it takes; docs/compatibility.md says so.
  it.each(Object.values(routes).flatMap((keys) => keys.filter((key) => key.startsWith('GET '))))(
    'answers HEAD for %s with the methods that it knows, GET among them, and without a body',
    async (key) => {
      const path = key.slice('GET '.length).replaceAll(/\{\w+\}/g, 'x');
      const { status, headers, text } = await tokenward.call('HEAD', path, { as: 'owner' });
      expect([status, text, headers.get('allow')?.split(', ')]).toEqual([405, '', expect.arrayContaining(['GET'])]);
      expect(headers.get('allow')).not.toContain('HEAD');
      expect(headers.get('x-request-id')).toEqual(expect.any(String));
    },
  );

  it.each(['/', '/v3', '/v3/stacks/', `${tokensPath}//sessions`, '/v4/stacks', '/v3/%F0%9F%94%91'])(
    'that does not exist is not found: %s',
    async (path) => {
      expect(outcomeOf(await refused('GET', path, { as: 'owner' }))).toBe('404/141');
    },
  );

  // The gateway finds no route for these, and the path that it hands on reads like one.
  it.each([
    ['GET', '/v3%2fstacks%2fmanagement_tokens'],
    ['GET', '/v3/stacks%2Fmanagement_tokens'],
    ['POST', '/v3%2Fstacks'],
    ['POST', `${tokensPath}/blt00000000000000ff%2fsuccessor`],
    ['PUT', '/v3/stacks/branch_aliases%2fdeploy'],
    ['DELETE', `${tokensPath}%2fblt00000000000000ff`],
    ['POST', '/oauth2%2frevoke'],
    ['GET', '/v3%2fenvironments'],
  ])('with an encoded slash is not found: %s %s', async (method, path) => {
    const reply = await refused(method, path, { as: 'owner' });
    expect([outcomeOf(reply), reply.headers.get('allow')]).toEqual(['404/141', null]);
  });
});
