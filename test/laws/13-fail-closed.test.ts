import { randomBytes, randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { mintTokenValue } from '../../functions/values/token-value.ts';
import type { FaultKind } from '../../local/front/faults.ts';
import { closeServer, listen } from '../../local/loopback.ts';
import { assemblyWithoutRights } from '../support/assembly-without-rights.ts';
import { presentAssembly } from '../support/present-assembly.ts';
import { allRights, type Reply, RunningSystem } from '../support/running-system.ts';

const operations = [
  'GetItem',
  'BatchGetItem',
  'Query',
  'PutItem',
  'UpdateItem',
  'DeleteItem',
  'TransactWriteItems',
] as const;
type Operation = (typeof operations)[number];

interface Door {
  readonly name: string;
  /** The storage requests that it takes, in their order. */
  readonly uses: readonly Operation[];
  /** When storage answers. */
  readonly status: number;
  /** It is about people or services, who sign in. */
  readonly signsIn: boolean;
  readonly send: () => Promise<Reply>;
}

/** Every door, with something of its own to work on. */
async function doorsOf(running: RunningSystem, stack: string): Promise<Door[]> {
  const [token, doomed, leaked, ended] = await Promise.all([1, 2, 3, 4].map(() => running.createToken({}, { stack })));
  if (!token || !doomed || !leaked || !ended) throw new Error('There are no tokens.');
  const scope = [allRights[1], { module: 'entry', acl: { read: true } }];
  const { value: narrow } = await running.createToken({ scope }, { stack });
  const open = () => running.call('POST', '/v3/token_sessions', { value: token.value, stack, json: { session: {} } });
  const { uid: session } = (await open()).body.session;
  const { token: sessionValue } = (await open()).body.session;
  const mine = (method: string) => () =>
    running.call(method, '/v3/token_sessions/current', { value: sessionValue, stack });
  const revocation = new URLSearchParams({ token: leaked.value });
  const logs = await running.call('GET', '/v3/audit-logs', { as: 'owner', stack });
  const tokens = '/v3/stacks/management_tokens';
  const hygiene = '/v3/stacks/token_hygiene';
  const one = `${tokens}/${token.uid}`;
  const call = (method: string, at: string, json?: object) => () =>
    running.call(method, at, { as: 'owner', stack, ...(json ? { json } : {}) });
  await call('DELETE', `${tokens}/${ended.uid}/sessions`)();
  const environment = { json: { environment: { name: randomUUID() } }, value: token.value, stack };
  const rows: readonly [string, readonly Operation[], number, Door['send']][] = [
    ['list', ['Query', 'BatchGetItem'], 200, call('GET', tokens)],
    ['fetch', ['BatchGetItem'], 200, call('GET', one)],
    [
      'create',
      ['BatchGetItem', 'TransactWriteItems'],
      201,
      call('POST', tokens, { token: { name: randomUUID(), scope: allRights } }),
    ],
    ['edit', ['BatchGetItem', 'TransactWriteItems'], 200, call('PUT', one, { token: { description: randomUUID() } })],
    [
      'successor',
      ['BatchGetItem', 'TransactWriteItems'],
      201,
      call('POST', `${one}/successor`, { name: randomUUID() }),
    ],
    [
      'edit a stack',
      ['BatchGetItem', 'TransactWriteItems'],
      200,
      call('PUT', '/v3/stacks', { stack: { description: randomUUID() } }),
    ],
    [
      'add a branch',
      ['BatchGetItem', 'Query', 'TransactWriteItems'],
      201,
      call('POST', '/v3/stacks/branches', { branch: { uid: randomUUID() } }),
    ],
    ['delete', ['TransactWriteItems'], 200, () => running.deleteToken(doomed, { stack })],
    ['delete by another name', ['TransactWriteItems', 'PutItem'], 422, call('DELETE', `${one}?confirm_name=x`)],
    ['delete without a name', ['BatchGetItem', 'PutItem'], 422, call('DELETE', one)],
    ['create a stack', ['TransactWriteItems'], 201, call('POST', '/v3/stacks', { stack: { name: randomUUID() } })],
    ['stack', ['BatchGetItem'], 200, call('GET', '/v3/stacks')],
    ['stacks', ['Query', 'BatchGetItem'], 200, () => running.call('GET', '/v3/stacks', { as: 'owner', stack: null })],
    ['branches', ['BatchGetItem', 'Query'], 200, call('GET', '/v3/stacks/branches')],
    ['aliases', ['BatchGetItem', 'Query'], 200, call('GET', '/v3/stacks/branch_aliases')],
    ['people', ['GetItem', 'Query', 'GetItem'], 200, call('GET', '/v3/stacks/users')],
    // After the people: then there are two of them.
    [
      'share',
      ['BatchGetItem', 'Query', 'GetItem', 'TransactWriteItems'],
      200,
      call('POST', '/v3/stacks/share', { clients: [randomUUID()] }),
    ],
    ['hygiene', ['Query', 'BatchGetItem', 'Query'], 200, call('GET', hygiene)],
    [
      'change hygiene',
      ['Query', 'BatchGetItem', 'TransactWriteItems'],
      200,
      call('PUT', hygiene, { token_hygiene: { max_cleanup_per_day: 9 } }),
    ],
    ['preview hygiene', ['Query', 'BatchGetItem', 'GetItem'], 200, call('POST', `${hygiene}/preview`)],
    ['audit log', ['GetItem', 'Query'], 200, call('GET', '/v3/audit-logs')],
    ['audit entry', ['GetItem'], 200, call('GET', `/v3/audit-logs/${logs.body.logs[0].uid}`)],
    ['receipt', ['BatchGetItem', 'Query'], 200, call('GET', `${tokens}/${ended.uid}/revocation`)],
    ['delete preview', ['BatchGetItem', 'Query'], 200, call('GET', `${one}/delete_preview`)],
    ['sessions', ['BatchGetItem', 'Query'], 200, call('GET', `${one}/sessions`)],
    ['end one session', ['BatchGetItem', 'TransactWriteItems'], 200, call('DELETE', `${one}/sessions/${session}`)],
    [
      'end all sessions',
      ['BatchGetItem', 'TransactWriteItems'],
      200,
      call('DELETE', `${tokens}/${leaked.uid}/sessions`),
    ],
    ['open a session', ['GetItem', 'UpdateItem', 'PutItem', 'BatchGetItem'], 201, open],
    ['my session', ['BatchGetItem'], 200, mine('GET')],
    [
      'revoke',
      ['GetItem', 'BatchGetItem', 'TransactWriteItems'],
      200,
      () => running.call('POST', '/oauth2/revoke', { body: revocation, stack: null }),
    ],
    ['introspect', ['GetItem'], 200, () => running.introspect(token.value, { stack })],
    ['environments', ['BatchGetItem', 'Query'], 200, () => running.use(token.value, { stack })],
    ['environments beyond its scope', ['BatchGetItem'], 403, () => running.use(narrow, { stack })],
    [
      'create an environment',
      ['BatchGetItem', 'PutItem'],
      201,
      () => running.call('POST', '/v3/environments', environment),
    ],
  ];
  return rows.map(([name, uses, status, send]) => ({
    name,
    uses,
    status,
    send,
    signsIn: !/environment|open a|my|revoke/.test(name),
  }));
}

/** What a caller sees, in a line. */
async function seen({ name, send }: Door): Promise<string> {
  const { status, headers, text, body } = await send();
  const active = text.includes('"active":true') ? ' active' : '';
  return status === 503 ? `${name}: ${unavailable(headers, body)}${active}` : `${name}: ${status}`;
}

function unavailable(headers: Headers, body: { type?: unknown; status?: unknown }): string {
  const type = String(body.type).split('/').at(-1);
  return `${body.status} ${type}, again after ${headers.get('retry-after')} s`;
}

/** A query of several shards or pages is told once, and so are two reads of a row after the other. */
const withoutRepeats = (names: readonly string[]) => names.filter((name, at) => name !== names[at - 1]);

const closed = ({ name }: Door) => `${name}: 503 unavailable, again after 2 s`;
const open = ({ name, status }: Door) => `${name}: ${status}`;
const outcomeOf = (door: Door, failed: readonly string[]) =>
  door.uses.some((use) => failed.includes(use)) ? closed(door) : open(door);
const all = (doors: readonly Door[]) => Promise.all(doors.map(seen));

// Law 13. Fail closed, and say so. When storage cannot answer, nothing is "active"; the caller gets 503 with Retry-After.
describe('law 13: fail closed', () => {
  let running: RunningSystem;
  beforeAll(async () => {
    running = await RunningSystem.start({ streams: false });
  });
  afterAll(() => running.stop());

  /** Fails some operations of all functions while `run` runs. */
  async function failing<T>(kind: FaultKind, failed: readonly string[], run: () => Promise<T>): Promise<T> {
    const when = ({ operation, caller }: { operation: string; caller: string }) =>
      caller !== 'operator' && failed.includes(operation);
    const heal = running.system.front.inject({ kind, when });
    onTestFinished(heal);
    const result = await run();
    heal();
    return result;
  }

  it('when storage answers, every door makes the requests that it is known to make', async () => {
    for (const door of await doorsOf(running, await running.createStack())) {
      const requests = await running.requestsDuring(async () => expect(await seen(door)).toBe(open(door)));
      expect([door.name, withoutRepeats(requests.map(({ operation }) => operation))]).toEqual([door.name, door.uses]);
    }
  });

  const groups = [['GetItem', 'BatchGetItem'], ['Query', 'PutItem'], ['TransactWriteItems'], ['UpdateItem']];

  it.each([
    ['reset', groups],
    ['internal-error', groups],
    ['lose-answer', groups],
    // The SDK waits longer for these.
    ['throttle', groups.slice(0, 3)],
  ] as const)('%s of any request of any door', async (kind, failures) => {
    const stack = await running.createStack();
    // No door makes two different requests of one group, so that none hides another.
    for (const failed of failures) {
      const doors = await doorsOf(running, stack);
      expect(await failing(kind, failed, () => all(doors))).toEqual(doors.map((door) => outcomeOf(door, failed)));
    }
  });

  // At most four calls of one function hang at the same time: so many workers it has.
  it.each([
    ['reads', ['GetItem', 'BatchGetItem', 'Query'], /^end/],
    ['writes and queries', ['PutItem', 'UpdateItem', 'TransactWriteItems', 'Query'], /^end|by another name/],
  ])('%s that hang', async (_, failed, left) => {
    const doors = (await doorsOf(running, await running.createStack())).filter(({ name }) => !left.test(name));
    expect(await failing('stall', failed, () => all(doors))).toEqual(doors.map((door) => outcomeOf(door, failed)));
  });

  it('a dead token is as unknown as a live one while storage is silent', async () => {
    const token = await running.createToken();
    await running.deleteToken(token);
    const [used, introspected] = await failing('reset', operations, () =>
      Promise.all([running.use(token.value), running.introspect(token.value)]),
    );
    expect([used.status, introspected.status]).toEqual([503, 503]);
    expect([(await running.use(token.value)).status, (await running.introspect(token.value)).body]).toEqual([
      401,
      { active: false },
    ]);
  });
});

describe('law 13: without the right to ask storage', () => {
  let running: RunningSystem;
  let assembly: string;
  beforeAll(async () => {
    assembly = assemblyWithoutRights(await presentAssembly());
    running = await RunningSystem.start({ streams: false, assembly });
  });
  afterAll(async () => {
    await running.stop();
    rmSync(assembly, { recursive: true });
  });

  it('every door is closed, and says so', async () => {
    const unheardOf = `blt${'0'.repeat(16)}`;
    const value = mintTokenValue(unheardOf, (bytes) => randomBytes(bytes));
    const refused = await running.requestsDuring(async () => {
      const calls = [
        'GET /v3/stacks/management_tokens',
        'GET /v3/stacks',
        'GET /v3/stacks/token_hygiene',
        'GET /v3/audit-logs',
        `GET /v3/stacks/management_tokens/${unheardOf}`,
        `DELETE /v3/stacks/management_tokens/${unheardOf}?confirm_name=x`,
      ];
      const asOwner = calls
        .map((line) => line.split(' ') as [string, string])
        .map(([method, at]) => running.call(method, at, { as: 'owner' }));
      const replies = await Promise.all([...asOwner, running.use(value), running.introspect(value)]);
      expect(replies.map(({ status, headers }) => [status, headers.get('retry-after')])).toEqual(
        replies.map(() => [503, '2']),
      );
      expect(replies.filter(({ text }) => text.includes('AccessDenied') || text.includes('dynamodb'))).toEqual([]);
    });
    expect(refused.length).toBeGreaterThan(6);
    expect(refused.filter(({ refused: sentence }) => sentence === undefined)).toEqual([]);
  });
});

describe("law 13: without the issuer's keys", () => {
  let running: RunningSystem;
  beforeAll(async () => {
    running = await RunningSystem.start({ streams: false });
  });
  afterAll(() => running.stop());

  it('for a day, whoever signs in gets 503, and programs work on', async () => {
    const { issuer } = running.system;
    // Sessions end after 12 hours.
    const doors = (await doorsOf(running, await running.createStack())).filter(({ name }) => name !== 'my session');
    running.system.clock.advance('P1D');
    const port = Number(new URL(issuer.endpoint).port);
    await issuer.close();
    const expected = doors.map((door) => (door.signsIn ? withoutKeys(door) : open(door)));
    expect((await all(doors)).map(withoutPause)).toEqual(expected);
    const wrong: readonly RequestListener[] = [
      (_, response) => response.writeHead(500).end('{}'),
      (_, response) => response.end('not JSON'),
      (_, response) => response.end('{"keys":"none"}'),
      (_, response) => response.writeHead(302, { location: '/elsewhere' }).end(),
      (_, response) => response.destroy(),
      () => {},
    ];
    const signingIn = doors.filter(({ name }) => ['list', 'introspect'].includes(name));
    for (const answer of wrong) {
      let asked = 0;
      const server = createServer((request, response) => {
        asked += 1;
        answer(request, response);
      });
      await listen(server, port);
      // Between two tries an instance waits.
      running.system.clock.advance('PT5S');
      expect((await all(signingIn)).map(withoutPause)).toEqual(signingIn.map(withoutKeys));
      expect(asked).toBeGreaterThan(0);
      server.closeAllConnections();
      await closeServer(server);
    }
  });

  const withoutKeys = ({ name }: Door) => `${name}: 503 unavailable, again after a pause`;
  /** The caller is told when the keys are asked for again: in 5 s or less. */
  const withoutPause = (line: string) => line.replace(/again after [1-5] s$/, 'again after a pause');
});
