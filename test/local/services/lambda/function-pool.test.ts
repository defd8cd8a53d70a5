import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import {
  ABANDONED,
  type InvocationResult,
  MOST_WAITING,
  THROTTLED,
} from '../../../../local/services/lambda/function-pool.ts';
import { type Functions, type FunctionsOptions, startFunctions } from '../../../../local/services/lambda/functions.ts';
import { stackOf } from '../../../../local/template/template.ts';

/** Says that it has begun, and returns when it is let go. */
const GATED = `export const handler = ({ gate, name }) => new Promise((resolve) => {
  const channel = new BroadcastChannel(gate);
  channel.onmessage = ({ data }) => {
    if (data.go !== name) return;
    channel.close();
    resolve(name);
  };
  channel.postMessage({ began: name });
});`;
/** Counts the events that its worker has had. */
const COUNTS = 'let events = 0; export const handler = async () => ++events;';

interface Options extends Partial<Pick<FunctionsOptions, 'workers' | 'idleMs' | 'cores'>> {
  readonly reserved?: number;
  readonly factor?: number;
}

/** How many functions count: more than there are places in the tests of places. */
const COUNTING = ['Counts', 'Counts2', 'Counts3', 'Counts4', 'Counts5', 'Counts6'];

/** Two gated functions, and some that count, in real workers. */
function start({ reserved, factor, ...limits }: Options = {}): Functions {
  const directory = mkdtempSync(path.join(tmpdir(), 'tokenward-pool-'));
  const handlers = { Gated: GATED, Other: GATED, ...Object.fromEntries(COUNTING.map((name) => [name, COUNTS])) };
  for (const [name, handler] of Object.entries(handlers)) {
    mkdirSync(path.join(directory, name));
    writeFileSync(path.join(directory, name, 'index.mjs'), handler);
  }
  const lambda = (name: string) => ({
    Type: 'AWS::Lambda::Function',
    Properties: {
      Code: { S3Bucket: 'b', S3Key: `${name}.zip` },
      Handler: 'index.handler',
      Runtime: 'nodejs24.x',
      Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
      Timeout: 60,
      ...(reserved !== undefined && { ReservedConcurrentExecutions: reserved }),
    },
  });
  const mapping = {
    Type: 'AWS::Lambda::EventSourceMapping',
    Properties: {
      EventSourceArn: 'arn:aws:dynamodb:us-east-1:000000000000:table/Tokens/stream/1',
      FunctionName: { Ref: 'Gated' },
      StartingPosition: 'TRIM_HORIZON',
      ParallelizationFactor: factor,
    },
  };
  const names = Object.keys(handlers);
  const stack = stackOf(
    {
      Resources: {
        Role: { Type: 'AWS::IAM::Role' },
        ...Object.fromEntries(names.map((name) => [name, lambda(name)])),
        ...(factor !== undefined && { Mapping: mapping }),
      },
    },
    { parameters: {}, assets: new Map(names.map((name) => [`${name}.zip`, path.join(directory, name)])) },
  );
  const functions = startFunctions({
    stack,
    front: { credentialsFor: () => ({ accessKeyId: 'k', secretAccessKey: 's', sessionToken: 't' }) },
    clock: { offset: new SharedArrayBuffer(8) },
    logs: path.join(directory, 'logs'),
    endpoints: {},
    log: () => {},
    ...limits,
  });
  onTestFinished(async () => {
    await functions.close();
    rmSync(directory, { recursive: true });
  });
  return functions;
}

let gates = 0;

/** What gated functions have begun, and how they are let go. */
function openGate(functions: Functions) {
  gates += 1;
  const gate = `function-pool ${gates}`;
  const channel = new BroadcastChannel(gate);
  const begun: string[] = [];
  channel.onmessage = (message) => {
    const { began } = (message as MessageEvent<{ began?: string }>).data;
    if (began !== undefined) begun.push(began);
  };
  onTestFinished(() => channel.close());
  return {
    begun,
    ask: (lambda: string, name: string, caller?: AbortSignal) => functions.invoke(lambda, { gate, name }, caller),
    letGo: (name: string) => channel.postMessage({ go: name }),
    hasBegun: (...names: string[]) =>
      vi.waitFor(() => expect(begun).toEqual(expect.arrayContaining(names)), { timeout: 20_000, interval: 5 }),
  };
}

test('what callers gave up before it began is never begun, and what came later is', async () => {
  const functions = start({ reserved: 1 });
  const { begun, ask, letGo, hasBegun } = openGate(functions);
  const first = ask('Gated', 'first');
  await hasBegun('first');
  const caller = new AbortController();
  const abandoned = Array.from({ length: MOST_WAITING }, (_, at) => ask('Gated', `abandoned ${at}`, caller.signal));
  expect(functions.load()).toEqual({ workers: 1, waiting: MOST_WAITING });
  caller.abort();
  expect(functions.load()).toEqual({ workers: 1, waiting: 0 });
  const last = ask('Gated', 'last', new AbortController().signal);
  letGo('first');
  expect(await first).toEqual({ payload: 'first' });
  await hasBegun('last');
  letGo('last');
  expect(await last).toEqual({ payload: 'last' });
  expect(new Set(await Promise.all(abandoned))).toEqual(new Set([ABANDONED]));
  expect(await ask('Gated', 'gone before', caller.signal)).toBe(ABANDONED);
  expect(begun).toEqual(['first', 'last']);
});

test('what has begun runs to its end, also when its caller gives up', async () => {
  const { ask, letGo, hasBegun } = openGate(start());
  const caller = new AbortController();
  const result = ask('Gated', 'begun', caller.signal);
  await hasBegun('begun');
  caller.abort();
  letGo('begun');
  expect(await result).toEqual({ payload: 'begun' });
});

test('callers beyond those who may wait are throttled at once; deliveries wait', async () => {
  const functions = start({ reserved: 1 });
  const { begun, ask, letGo, hasBegun } = openGate(functions);
  const first = ask('Gated', 'first');
  await hasBegun('first');
  const { signal } = new AbortController();
  const waiting = Array.from({ length: MOST_WAITING }, (_, at) => ask('Gated', `waiting ${at}`, signal));
  const beyond = await Promise.all(Array.from({ length: 400 }, (_, at) => ask('Gated', `beyond ${at}`, signal)));
  expect(new Set(beyond)).toEqual(new Set([THROTTLED]));
  const delivery = ask('Gated', 'delivery');
  expect(functions.load().waiting).toBe(MOST_WAITING + 1);
  const all: Promise<InvocationResult>[] = [first, ...waiting, delivery];
  for (let at = 0; at < all.length; at += 1) {
    await vi.waitFor(() => expect(begun).toHaveLength(at + 1), { timeout: 20_000, interval: 1 });
    letGo(begun[at] ?? '');
  }
  expect((await Promise.all(all)).every((result) => 'payload' in result)).toBe(true);
  expect(begun.filter((name) => name.startsWith('beyond'))).toEqual([]);
});

test('a worker that is idle for long is ended, and the next event finds a new one', async () => {
  const functions = start({ idleMs: 20 });
  expect(await functions.invoke('Counts', {})).toEqual({ payload: 1 });
  await vi.waitFor(() => expect(functions.load().workers).toBe(0), { timeout: 20_000, interval: 5 });
  expect(await functions.invoke('Counts', {})).toEqual({ payload: 1 });
});

test('a worker that has events is not idle', async () => {
  const functions = start({ idleMs: 60_000 });
  for (const events of [1, 2, 3]) expect(await functions.invoke('Counts', {})).toEqual({ payload: events });
  expect(functions.load().workers).toBe(1);
});

test('all functions together have no more workers than there are places, and each gets its turn', async () => {
  const functions = start({ workers: 2 });
  const { begun, ask, letGo, hasBegun } = openGate(functions);
  const busy = ['a', 'b', 'c', 'd'].map((name) => ask('Gated', name));
  await hasBegun('a', 'b');
  const other = ask('Other', 'other');
  expect(functions.load()).toEqual({ workers: 2, waiting: 3 });
  letGo('a');
  // Not `c`, which has waited for longer: the other function has no worker at all.
  await hasBegun('other');
  expect(new Set(begun)).toEqual(new Set(['a', 'b', 'other']));
  expect(functions.load().workers).toBe(2);
  letGo('other');
  expect(await other).toEqual({ payload: 'other' });
  letGo('b');
  await hasBegun('c', 'd');
  for (const name of ['c', 'd']) letGo(name);
  expect(await Promise.all(busy)).toEqual(['a', 'b', 'c', 'd'].map((payload) => ({ payload })));
});

test('of more functions than there are places each has its events answered, though they all ask at once', async () => {
  const functions = start({ workers: 2 });
  const asked = [...COUNTING, ...COUNTING].map((name) => functions.invoke(name, {}));
  // A worker that was started for an event has it before its place is given away.
  for (const result of await Promise.all(asked)) expect(result).toEqual({ payload: expect.any(Number) });
  expect(functions.load()).toEqual({ workers: 2, waiting: 0 });
});

test('a function has as many workers as its mapping delivers batches at once, where there are cores for them', async () => {
  const functions = start({ factor: 7, cores: 8 });
  const { begun, ask, letGo, hasBegun } = openGate(functions);
  const names = ['1', '2', '3', '4', '5', '6', '7', '8'];
  const results = names.map((name) => ask('Gated', name));
  await hasBegun(...names.slice(0, 7));
  expect(functions.load()).toEqual({ workers: 7, waiting: 1 });
  expect(begun).toHaveLength(7);
  letGo('3');
  await hasBegun('8');
  for (const name of names) letGo(name);
  expect(await Promise.all(results)).toHaveLength(8);
});

test.each([
  ['a mapping of ten batches, on two cores', { factor: 10, cores: 2 }, 4],
  ['a mapping of ten batches, on three cores', { factor: 10, cores: 3 }, 6],
  ['a mapping of one batch', { factor: 1, cores: 8 }, 4],
  ['no mapping', { cores: 8 }, 4],
  ['a concurrency that is reserved', { factor: 10, cores: 8, reserved: 2 }, 2],
])('with %s a function has so many workers: %j: %i', async (_, options, workers) => {
  const functions = start(options);
  const { ask, letGo, hasBegun } = openGate(functions);
  const names = Array.from({ length: workers + 1 }, (_, at) => `event ${at}`);
  const results = names.map((name) => ask('Gated', name));
  await hasBegun(...names.slice(0, workers));
  expect(functions.load()).toEqual({ workers, waiting: 1 });
  letGo('event 0');
  await hasBegun(...names);
  for (const name of names) letGo(name);
  expect(await Promise.all(results)).toHaveLength(workers + 1);
});
