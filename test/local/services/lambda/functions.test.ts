import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Functions, startFunctions } from '../../../../local/services/lambda/functions.ts';
import { stackOf } from '../../../../local/template/template.ts';

const HANDLERS = {
  environment: 'export const handler = async () => process.env;',
  context: `export const handler = async (event, context) => {
    const before = context.getRemainingTimeInMillis();
    return { ...context, before, keys: Object.keys(context) };
  };`,
  echo: 'export const handler = async (event) => event;',
  nothing: 'export const handler = async () => {};',
  throws: 'export const handler = async () => { throw new TypeError("told to " + "fail"); };',
  throwsText: 'export const handler = async () => { throw "plain"; };',
  sleeps: 'export const handler = () => new Promise(() => {});',
  spins: 'export const handler = async (event) => { while (event.spin) {} return "free"; };',
  crashes: `let n = 0; export const handler = async (event) => {
    if (event.how === 'exit') process.exit(3);
    if (event.how === 'late') { setImmediate(() => { throw new RangeError('late'); }); return new Promise(() => {}); }
    return ++n;
  };`,
  circular: 'export const handler = async () => { const a = {}; a.a = a; return a; };',
  broken: 'throw new Error("no init today");',
  callback: 'export const handler = (event, context, callback) => callback(null, 1);',
  missing: 'export const other = 1;',
  date: `const started = new Date();
    class Later extends Date {}
    export const handler = async () => ({
      now: Date.now(), made: new Date().getTime(), text: Date(), later: new Later().getTime(),
      again: new started.constructor().getTime(),
      given: new Date(0).toISOString(), parsed: Date.parse('2020-01-01T00:00:00Z'), utc: Date.UTC(2020, 0),
      isDate: started instanceof Date && new Later() instanceof Date && new Later() instanceof Later,
      machine: performance.timeOrigin + performance.now(),
    });`,
  gate: `let own = 0;
    export const handler = async () => {
      const at = ++own;
      await new Promise((resolve) => setTimeout(resolve, 50));
      return { at, after: own };
    };`,
  says: 'export const handler = async () => { console.log("out " + process.env.WORD); console.error("err"); };',
};
const limits: Partial<Record<keyof typeof HANDLERS, object>> = {
  sleeps: { Timeout: 1 },
  spins: { Timeout: 1 },
  environment: {
    MemorySize: 256,
    Environment: { Variables: { OWN: 'value', ROLE: { 'Fn::GetAtt': ['Role', 'Arn'] } } },
  },
  says: { Environment: { Variables: { WORD: 'loud' } } },
};

let directory: string;
let functions: Functions;
const offset = new SharedArrayBuffer(8);
const log = vi.fn<(line: string) => void>();

beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'tokenward-functions-'));
  const names = Object.keys(HANDLERS) as (keyof typeof HANDLERS)[];
  for (const name of names) {
    mkdirSync(path.join(directory, name));
    writeFileSync(path.join(directory, name, 'index.mjs'), HANDLERS[name]);
  }
  const resourceOf = (name: keyof typeof HANDLERS) => ({
    Type: 'AWS::Lambda::Function',
    Metadata: { 'tokenward:function': `http/${name}` },
    Properties: {
      Code: { S3Bucket: 'b', S3Key: `${name}.zip` },
      Handler: 'index.handler',
      Runtime: 'nodejs24.x',
      Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
      ...limits[name],
    },
  });
  const stack = stackOf(
    {
      Resources: {
        Role: { Type: 'AWS::IAM::Role' },
        ...Object.fromEntries(names.map((name) => [name, resourceOf(name)])),
      },
    },
    { parameters: {}, assets: new Map(names.map((name) => [`${name}.zip`, path.join(directory, name)])) },
  );
  const credentialsFor = (role: string) => ({ accessKeyId: `key-of-${role}`, secretAccessKey: 's', sessionToken: 't' });
  functions = startFunctions({
    stack,
    front: { credentialsFor },
    clock: { offset },
    logs: path.join(directory, 'logs'),
    endpoints: { AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:1' },
    log,
  });
});
afterAll(async () => {
  await functions.close();
  rmSync(directory, { recursive: true });
});

test('a function sees its own environment and nothing of ours', async () => {
  vi.stubEnv('SECRET_OF_THE_PARENT', 'x');
  const { AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE, ...env } =
    await payloadOf<Record<string, string>>('environment');
  vi.unstubAllEnvs();
  expect(env).toEqual({
    OWN: 'value',
    ROLE: 'arn:aws:iam::000000000000:role/Role',
    AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:1',
    AWS_REGION: 'us-east-1',
    AWS_LAMBDA_FUNCTION_NAME: 'environment',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
    AWS_ACCESS_KEY_ID: 'key-of-Role',
    AWS_SECRET_ACCESS_KEY: 's',
    AWS_SESSION_TOKEN: 't',
    TZ: ':UTC',
  });
});

test('a function gets a context', async () => {
  expect(await payloadOf('context')).toMatchObject({
    functionName: 'context',
    functionVersion: '$LATEST',
    memoryLimitInMB: '128',
    invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:context',
    awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    callbackWaitsForEmptyEventLoop: true,
    before: expect.toSatisfy((ms: number) => ms > 2500 && ms <= 3000),
  });
});

test('events and results cross as JSON', async () => {
  const event = {
    when: new Date(0),
    none: undefined,
    __proto__: null,
    list: [undefined, Number.NaN],
    text: '\ud800💥',
  };
  expect(await functions.invoke('echo', event)).toEqual({ payload: JSON.parse(JSON.stringify(event)) });
  expect(await functions.invoke('nothing', {})).toEqual({ payload: null });
});

test.each([
  ['throws', { errorType: 'TypeError', errorMessage: 'told to fail' }],
  ['throwsText', { errorType: 'string', errorMessage: 'plain' }],
  ['circular', { errorType: 'TypeError', errorMessage: expect.stringContaining('circular') }],
  ['broken', { errorType: 'Error', errorMessage: 'no init today' }],
  ['callback', { errorType: 'Runtime.CallbackHandlerDeprecated', errorMessage: expect.any(String) }],
  ['missing', { errorType: 'Runtime.HandlerNotFound', errorMessage: expect.any(String) }],
  ['unknown', { errorType: 'ResourceNotFoundException', errorMessage: 'unknown' }],
])('%s fails with a type and a message, and no stack', async (name, error) => {
  expect(await functions.invoke(name, {})).toEqual({ error });
});

test('a function that cannot start is told of, and is tried again', async () => {
  log.mockClear();
  await functions.invoke('broken', {});
  await functions.invoke('broken', {});
  expect(log.mock.calls).toEqual([
    ['http/broken cannot start: Error: no init today'],
    ['http/broken cannot start: Error: no init today'],
  ]);
});

test.each(['sleeps', 'spins'])('%s longer than its time limit, is ended and replaced', async (name) => {
  const error = { errorType: 'Sandbox.Timedout', errorMessage: 'Task timed out after 1.00 seconds' };
  expect(await functions.invoke(name, { spin: true })).toEqual({ error });
  if (name === 'spins') expect(await functions.invoke(name, {})).toEqual({ payload: 'free' });
});

test.each([
  ['exit', { errorType: 'Runtime.ExitError', errorMessage: 'Runtime exited with status 3' }],
  ['late', { errorType: 'RangeError', errorMessage: 'late' }],
])('a crash (%s) fails its own invocation and the next finds a new worker', async (how, error) => {
  await functions.invoke('crashes', {});
  expect(await functions.invoke('crashes', { how })).toEqual({ error });
  expect(await functions.invoke('crashes', {})).toEqual({ payload: 1 });
});

test('a worker has one event at a time, and many events are all answered by at most four workers', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => payloadOf<{ at: number; after: number }>('gate')));
  expect(answers.every(({ at, after }) => at === after)).toBe(true);
  // A worker counts its events from 1: as many ones as there are workers.
  expect(answers.filter(({ at }) => at === 1).length).toBeLessThanOrEqual(4);
  expect(answers.filter(({ at }) => at === 1).length).toBeGreaterThan(1);
});

test('the clock moves what a running function takes for now, and nothing else', async () => {
  const year = 365 * 86_400_000;
  await payloadOf('date');
  Atomics.store(new BigInt64Array(offset), 0, BigInt(year));
  const seen = await payloadOf<Record<string, number>>('date');
  Atomics.store(new BigInt64Array(offset), 0, 0n);
  for (const name of ['now', 'made', 'later', 'again'])
    expect(Math.abs((seen[name] ?? 0) - Date.now() - year)).toBeLessThan(5000);
  expect(Math.abs((seen.machine ?? 0) - Date.now())).toBeLessThan(5000);
  expect(new Date(seen.text ?? '').getFullYear()).toBe(new Date(Date.now() + year).getFullYear());
  expect(seen).toMatchObject({
    given: '1970-01-01T00:00:00.000Z',
    parsed: 1_577_836_800_000,
    utc: 1_577_836_800_000,
    isDate: true,
  });
});

test('the output of a function goes to its file', async () => {
  await functions.invoke('says', {});
  await vi.waitFor(() => {
    const lines = readFileSync(path.join(directory, 'logs', 'http-says.log'), 'utf8')
      .trim()
      .split('\n');
    expect(lines.sort()).toEqual(['err', 'out loud']);
  });
});

test('a property that would change behaviour is refused at start', () => {
  const Properties = {
    Code: { S3Bucket: 'b', S3Key: 'k' },
    Handler: 'index.handler',
    Runtime: 'nodejs24.x',
    Role: 'r',
    Layers: ['l'],
  };
  const stack = stackOf({ Resources: { Odd: { Type: 'AWS::Lambda::Function', Properties } } }, { parameters: {} });
  const options = { clock: { offset }, logs: path.join(directory, 'logs'), endpoints: {}, log };
  const credentialsFor = () => ({ accessKeyId: '', secretAccessKey: '', sessionToken: '' });
  expect(() => startFunctions({ ...options, stack, front: { credentialsFor } })).toThrow(/Odd[\s\S]*Layers/);
});

async function payloadOf<T>(name: string): Promise<T> {
  const result = await functions.invoke(name, {});
  if ('error' in result) throw new Error(result.error.errorMessage);
  return result.payload as T;
}
