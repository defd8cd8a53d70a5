import { randomInt } from 'node:crypto';
import { PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FrontRequest } from '../../local/front/front-gate.ts';
import { type Answer, type Instance, startInstance } from '../support/instances.ts';
import { allRights, type Call, type Reply, RunningSystem } from '../support/running-system.ts';

const expires_at = '2090-01-01T00:00:00.000Z';
const agreeing = [0, 0, 0, 0];
/** In ms. */
const differing = [0, 130, 410, 780];

let running: RunningSystem;
let instances: readonly Instance[];
let unlike: readonly Instance[];
/** Ahead of the machine's time, so that nothing is tidied while it is still counted with. */
let nextSecond = Date.parse('2080-01-01T00:00:00.000Z') / 1000;
beforeAll(async () => {
  running = await RunningSystem.start({ streams: false });
  instances = agreeing.map((ahead) => startInstance(running, ahead));
  unlike = differing.map((ahead) => startInstance(running, ahead));
});
afterAll(async () => {
  for (const instance of [...instances, ...unlike]) instance.stop();
  await running.stop();
});

/** With limits that no organization bounds. */
async function tokenLimitedTo(read: number, write = read): Promise<string> {
  const rate_limits = { read: 1, write: 1 };
  const token = await running.createToken({ expires_on: expires_at, rate_limit_enabled: true, rate_limits });
  const limits = { M: { read: { N: `${read}` }, write: { N: `${write}` } } };
  await running.operator.client.send(
    new UpdateItemCommand({
      TableName: running.operator.tables.tokens,
      Key: { pk: { S: `TOKEN#${token.uid}` }, sk: { S: 'META' } },
      UpdateExpression: 'SET rate_limits = :limits',
      ExpressionAttributeValues: { ':limits': limits },
    }),
  );
  return token.value;
}

interface Load {
  readonly value: string;
  readonly on: readonly Instance[];
  readonly requests: number;
  readonly seconds: number;
  readonly method?: 'GET' | 'POST';
}

interface Asked extends Answer {
  /** ms since the epoch. */
  readonly at: number;
  /** Which instance, by its place. */
  readonly by: number;
}

/** So many requests at random instants within so many seconds, all of them under way at once. */
async function ask({ value, on, requests, seconds, method = 'GET' }: Load): Promise<Asked[]> {
  const from = nextSecond * 1000;
  // No clock is a whole second ahead.
  nextSecond += seconds + 1;
  const each = Array.from({ length: requests }, async (_, number) => {
    const [by, at] = [number % on.length, from + randomInt(seconds * 1000)];
    const answer = await on[by]?.ask({ method, value, at });
    return answer ? [{ ...answer, at, by }] : [];
  });
  return (await Promise.all(each)).flat();
}

/** By the aligned second that each was in, as its instance's clock had it. */
const bySecond = (asked: readonly Asked[], ahead: readonly number[]) => [
  ...Map.groupBy(asked, ({ at, by }) => Math.floor((at + (ahead[by] ?? 0)) / 1000)).values(),
];

/** As many as the limit admits and no more, none that could have been is refused, and every answer says what is left. */
function expectLimited(inOneSecond: readonly Asked[], limit: number, good = 200): void {
  const admitted = inOneSecond.filter(({ status }) => status === good);
  const refused = inOneSecond.filter(({ status }) => status === 429);
  expect(admitted).toHaveLength(Math.min(limit, inOneSecond.length));
  expect(refused).toHaveLength(inOneSecond.length - admitted.length);
  const left = admitted.map(({ headers }) => Number(headers.get('x-ratelimit-remaining')));
  expect(left.sort((a, b) => b - a)).toEqual(admitted.map((_, before) => limit - 1 - before));
  for (const { headers } of refused) {
    expect(headers.get('x-ratelimit-remaining')).toBe('0');
    expect(headers.get('retry-after')).toBe('1');
  }
  for (const { headers } of inOneSecond) {
    expect(headers.get('x-ratelimit-limit')).toBe(`${limit}`);
    expect(headers.get('token-expires-at')).toBe(expires_at);
  }
}

const isUpdate = ({ operation }: FrontRequest) => operation === 'UpdateItem';
const windowOf = ({ body }: FrontRequest) => JSON.stringify(body.Key).includes('"WINDOW#');

describe.each([
  { limit: 1, seconds: 8 },
  { limit: 10, seconds: 3 },
  { limit: 100, seconds: 2 },
])('a limit of $limit a second', ({ limit, seconds }) => {
  let value: string;
  beforeAll(async () => {
    value = await tokenLimitedTo(limit);
  });

  test.each([0.9, 1, 2].flatMap((load) => [1, 4].map((count) => ({ load, count }))))(
    'holds at $load times the limit on $count instances, with one write a request',
    async ({ load, count }) => {
      const requests = Math.round(limit * load * seconds);
      let asked: Asked[] = [];
      const made = await running.requestsDuring(async () => {
        asked = await ask({ value, on: instances.slice(0, count), requests, seconds });
      });
      expect(asked).toHaveLength(requests);
      for (const inOneSecond of bySecond(asked, agreeing)) expectLimited(inOneSecond, limit);
      const updates = made.filter(isUpdate);
      expect(updates.every(windowOf)).toBe(true);
      expect(updates).toHaveLength(requests);
    },
  );

  test("holds for each second of an instance's own clock where clocks differ", async () => {
    const asked = await ask({ value, on: unlike, requests: 2 * limit * seconds, seconds });
    for (const inOneSecond of bySecond(asked, differing)) expectLimited(inOneSecond, limit);
  });
});

test('reads and writes are limited by themselves', async () => {
  const value = await tokenLimitedTo(7, 3);
  const load = { value, on: instances, requests: 20, seconds: 2 };
  for (const inOneSecond of bySecond(await ask({ ...load, method: 'POST' }), agreeing))
    expectLimited(inOneSecond, 3, 201);
  for (const inOneSecond of bySecond(await ask(load), agreeing)) expectLimited(inOneSecond, 7);
});

test('a token without limits of its own is never refused, and nothing is counted', async () => {
  const { value } = await running.createToken();
  let asked: Asked[] = [];
  const made = await running.requestsDuring(async () => {
    asked = await ask({ value, on: instances, requests: 100, seconds: 1 });
  });
  expect(asked.every(({ status }) => status === 200)).toBe(true);
  expect(asked.some(({ headers }) => headers.has('x-ratelimit-limit') || headers.has('token-expires-at'))).toBe(false);
  expect(made.filter(isUpdate)).toEqual([]);
});

test('what is refused for another reason is not counted', async () => {
  const scope = [{ module: 'entry', acl: { read: true } }, allRights[1]];
  const rate_limits = { read: 1, write: 1 };
  const { value } = await running.createToken({ scope, expires_on: expires_at, rate_limit_enabled: true, rate_limits });
  const load = { on: instances, requests: 4, seconds: 1 };
  let asked: Asked[] = [];
  const made = await running.requestsDuring(async () => {
    asked = [...(await ask({ ...load, value })), ...(await ask({ ...load, value: `${value.slice(0, -1)}x` }))];
  });
  expect(asked.map(({ status }) => status)).toEqual([403, 403, 403, 403, 401, 401, 401, 401]);
  expect(made.filter(isUpdate)).toEqual([]);
});

describe('opening a session', () => {
  const open = (value: string, call: Call = {}) => running.call('POST', '/v3/token_sessions', { value, ...call });
  const told = ({ status, headers }: Reply) => ({
    status,
    expires: headers.get('token-expires-at'),
    limit: headers.get('x-ratelimit-limit'),
    remaining: headers.get('x-ratelimit-remaining'),
  });
  const expiring = { expires: expires_at, limit: null, remaining: null };

  test('tells on every answer to the token until when it is good, and how many openings are left', async () => {
    const { value } = await running.createToken({ expires_on: expires_at });
    expect(told(await open(value))).toEqual({ status: 201, expires: expires_at, limit: '600', remaining: '599' });
    expect(told(await open(value, { json: { session: { client: 5 } } }))).toEqual({ status: 422, ...expiring });
    expect(told(await open(value, { json: [] }))).toEqual({ status: 400, ...expiring });
    expect(told(await open(value, { body: '{', headers: json }))).toEqual({ status: 400, ...expiring });
  });

  test('tells of no expiry where the token has none', async () => {
    const { value } = await running.createToken();
    expect(told(await open(value))).toMatchObject({ status: 201, expires: null });
  });

  test('is refused past 600 a minute, in the same way', async () => {
    const token = await running.createToken({ expires_on: expires_at });
    const minute = Math.floor(running.system.clock.now().getTime() / 60_000) * 60;
    // This minute, or the next if it ends meanwhile.
    for (const start of [minute, minute + 60]) await fillWindow(token.uid, start);
    const before = leftOfMinute();
    const reply = await open(token.value);
    const after = leftOfMinute();
    expect(told(reply)).toEqual({ status: 429, expires: expires_at, limit: '600', remaining: '0' });
    // What was left of the minute while it was answered. Where the minute ended meanwhile, less than before or more than after.
    const left = Number(reply.headers.get('retry-after'));
    const [notLater, notEarlier] = [left <= before, left >= after];
    expect(after <= before ? notLater && notEarlier : notLater || notEarlier, `${before} ${left} ${after}`).toBe(true);
    expect(left).toBeGreaterThanOrEqual(1);
  });

  test('tells who has no credential about that first, whatever is wrong with the body', async () => {
    const { value } = await running.createToken({ expires_on: expires_at });
    expect(told(await open(`${value.slice(0, -1)}x`, { body: '{', headers: json }))).toMatchObject({
      status: 401,
      expires: null,
    });
  });
});

const json = { 'content-type': 'application/json' };

/** In whole seconds, the begun one counted. */
const leftOfMinute = () => 60 - (Math.floor(running.system.clock.now().getTime() / 1000) % 60);

async function fillWindow(token: string, start: number): Promise<void> {
  const [pk, sk] = [`WINDOW#${token}#open`, String(start)];
  await running.operator.client.send(
    new PutItemCommand({ TableName: running.operator.tables.usage, Item: marshall({ pk, sk, used: 600 }) }),
  );
}
