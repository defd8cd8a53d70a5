import { type ChildProcess, type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { presentAssembly } from '../support/present-assembly.ts';

const projectRoot = path.resolve(import.meta.dirname, '../..');
const PersonSchema = z.object({ email: z.string(), authtoken: z.string() });
const LocalSchema = z.object({
  endpoint: z.string(),
  console: z.string(),
  issuer: z.string(),
  mail: z.string(),
  dynamodb: z.string(),
  stack: z.object({ api_key: z.string(), name: z.string() }),
  people: z.object({ owner: PersonSchema, admin: PersonSchema, developer: PersonSchema, outsider: PersonSchema }),
  machines: z.object({
    automation: z.object({ authtoken: z.string() }),
    resource_server: z.object({ access_token: z.string() }),
  }),
});
const StacksSchema = z.object({ stacks: z.array(z.object({ name: z.string() })) });

interface Running {
  readonly process: ChildProcess;
  readonly exited: Promise<unknown[]>;
  output(): string;
  /** Whatever it is doing; harmless when it has ended. */
  kill(): void;
}
let home: string;
let started: Running[];
/** every one that was seen, so that a failing test leaves none behind */
const engines = new Set<number>();
beforeAll(() => presentAssembly());
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'tokenward-start-'));
  started = [];
});
afterEach(async () => {
  for (const running of started) {
    running.kill();
    await running.exited;
  }
  if (existsSync(path.join(home, 'engine.db.pid'))) engines.add(enginePid());
  for (const pid of engines) if (isEngine(pid)) process.kill(pid, 'SIGKILL');
  rmSync(home, { recursive: true });
}, 20_000);

function start(args: string[] = [], env: NodeJS.ProcessEnv = {}): Running {
  return watch(
    spawn(process.execPath, [path.join(projectRoot, 'local/start.ts'), ...args], {
      env: { ...process.env, PORT: '0', TOKENWARD_HOME: home, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
}
function watch(
  child: ChildProcessByStdio<null, Readable, Readable>,
  kill: Running['kill'] = () => child.kill('SIGKILL'),
): Running {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
  const running = { process: child, exited: once(child, 'close'), output: () => output, kill };
  started.push(running);
  return running;
}
async function ready(running: Running): Promise<z.infer<typeof LocalSchema>> {
  await vi.waitFor(() => expect(running.output()).toMatch(/Ctrl-C stops everything|npm start: /), { timeout: 60_000 });
  expect(running.output()).toContain('Tokenward is ready');
  return LocalSchema.parse(JSON.parse(readFileSync(path.join(home, 'local.json'), 'utf8')));
}
function enginePid(): number {
  const pid = Number(readFileSync(path.join(home, 'engine.db.pid'), 'utf8'));
  engines.add(pid);
  return pid;
}
/** Whether a process is this home's engine, and no corpse. */
function isEngine(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(home);
  } catch {
    return false;
  }
}

test('the ready message has a command that works as pasted, and a stop leaves nothing', {
  timeout: 90_000,
}, async () => {
  const running = start();
  const local = await ready(running);
  for (const address of [local.endpoint, local.console, local.issuer, local.dynamodb, home, local.people.owner.email])
    expect(running.output()).toContain(address);

  const command = /curl -s (\S+) -H "([^"]+)" \\\n\s+-H "(.+)"\n/.exec(running.output());
  const [, url = '', key = '', token = ''] = command ?? [];
  const header = execFileSync('sh', ['-c', `printf %s "${token}"`], { encoding: 'utf8' });
  const headers = [key, header].map((line): [string, string] => [line.split(': ')[0] ?? '', line.split(': ')[1] ?? '']);
  const answer = await fetch(url, { headers });
  expect(answer.status).toBe(200);
  expect(await answer.json()).toHaveProperty('tokens');

  const engine = enginePid();
  const before = running.output();
  running.process.kill('SIGTERM');
  expect(await running.exited).toEqual([0, null]);
  expect(isEngine(engine)).toBe(false);
  expect(running.output().slice(before.length).trim()).toBe(`Stopped. Your data is kept in ${home}.`);
});

// npm runs a script in a shell and signals that shell only.
test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s to the pid of npm stops everything',
  { timeout: 90_000 },
  async (signal) => {
    const env = { ...process.env, PORT: '0', TOKENWARD_HOME: home };
    const npm = spawn('npm', ['start'], { cwd: projectRoot, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const running = watch(npm, () => killGroup(npm));
    await ready(running);
    const engine = enginePid();
    npm.kill(signal);
    expect(await running.exited).toEqual([0, null]);
    expect(isEngine(engine)).toBe(false);
    expect(running.output().split('Stopped. ')).toHaveLength(2);
  },
);
/** npm and everything that it started. */
function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch (error) {
    expect(error).toMatchObject({ code: 'ESRCH' });
  }
}

test('a clock that an earlier run moved is named at the start, with how to set it back', {
  timeout: 90_000,
}, async () => {
  const first = start();
  const { endpoint } = await ready(first);
  expect(first.output()).not.toContain('clock');
  await fetch(`${endpoint}/_local/clock`, { method: 'POST', body: '{"advance":"P400D"}' });
  first.process.kill('SIGTERM');
  await first.exited;

  const second = start();
  await ready(second);
  const year = new Date(Date.now() + 400 * 86_400_000).toISOString().slice(0, 5);
  expect(/^ {2}clock .*$/m.exec(second.output())?.[0]).toMatch(
    new RegExp(`${year}.*moved forward.*npm start -- --fresh sets it back`),
  );
});

test('after kill -9 the engine that was left is ended, and nothing acknowledged is lost', {
  timeout: 90_000,
}, async () => {
  const first = start();
  const before = await ready(first);
  const { authtoken } = before.people.owner;
  const acknowledged: string[] = [];
  const write = async (name: string) => {
    const body = JSON.stringify({ stack: { name } });
    const headers = { authtoken, 'content-type': 'application/json' };
    const answer = await fetch(`${before.endpoint}/v3/stacks`, { method: 'POST', headers, body });
    if (answer.status === 201) acknowledged.push(name);
  };
  const writers = Array.from({ length: 4 }, async (_, writer) => {
    for (let at = 0; !first.process.killed; at += 1) await write(`${writer}-${at}`).catch(() => {});
  });
  await vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(20), { timeout: 20_000 });
  const engine = enginePid();
  first.process.kill('SIGKILL');
  await Promise.all([first.exited, ...writers]);
  expect(isEngine(engine)).toBe(true);

  const second = start();
  const after = await ready(second);
  expect(isEngine(engine)).toBe(false);
  expect(after.issuer).toBe(before.issuer);
  const answer = await fetch(`${after.endpoint}/v3/stacks`, { headers: { authtoken } });
  const names = StacksSchema.parse(await answer.json()).stacks.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(acknowledged));
});

test('a stop in the middle of the start leaves nothing', { timeout: 90_000 }, async () => {
  const running = start();
  await vi.waitFor(() => expect(running.output()).toContain('Starting'), { timeout: 60_000, interval: 5 });
  const before = running.output();
  running.process.kill('SIGINT');
  running.process.kill('SIGINT');
  expect(await running.exited).toEqual([0, null]);
  expect(running.output().slice(before.length)).toBe('Interrupted.\n');
  expect(existsSync(path.join(home, 'engine.db.pid'))).toBe(false);
});

test('a stop while the seeds are sown says that it was interrupted, and nothing else', {
  timeout: 90_000,
}, async () => {
  const running = start();
  // The home has the issuer's keys before there are people, and local.json after them.
  await vi.waitFor(() => expect(existsSync(path.join(home, 'engine.db.pid'))).toBe(true), {
    timeout: 60_000,
    interval: 5,
  });
  const engine = enginePid();
  const before = running.output();
  running.process.kill('SIGINT');
  expect(await running.exited).toEqual([0, null]);
  expect(running.output().slice(before.length)).toBe('Interrupted.\n');
  expect(isEngine(engine)).toBe(false);
});

test.each([
  ['a home that cannot be', { TOKENWARD_HOME: '/proc/tokenward' }, /The home \/proc\/tokenward cannot be used/],
  ['an endpoint that cannot be', { TOKENWARD_DYNAMODB_ENDPOINT: 'db:8000' }, /TOKENWARD_DYNAMODB_ENDPOINT is db:8000,/],
])('%s is named in one line', async (_, env, message) => {
  const running = start([], env);
  expect(await running.exited).toEqual([1, null]);
  expect(running.output()).toMatch(message);
  expect(
    running
      .output()
      .trim()
      .split('\n')
      .filter((line) => !line.startsWith('Starting')).length,
  ).toBe(1);
});

test.each([
  ['a port that is none', ['--port', '70000'], /"70000" is not a port/],
  ['an unknown flag', ['--frish'], /Unknown option '--frish'\. To list the options: npm start -- --help/],
  ['an argument that is no flag', ['fresh'], /Unexpected argument 'fresh'.*: npm start -- --help/],
])('%s is refused in one line', async (_, args, message) => {
  const running = start(args);
  expect(await running.exited).toEqual([1, null]);
  expect(running.output()).toMatch(message);
  expect(running.output().trim().split('\n').length).toBe(1);
});

test('help says what there is', async () => {
  const running = start(['--help']);
  expect(await running.exited).toEqual([0, null]);
  expect(running.output()).toContain('--fresh');
});
