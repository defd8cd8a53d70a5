import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { listen } from '../../loopback.ts';
import { EndpointUnusable, type Environment, findEngine } from './find-engine.ts';
import { indexStreamRecords, trimStream } from './stream-records.ts';

/** A DynamoDB engine that answers. */
export interface Engine {
  readonly endpoint: string;
  /** Absent when somebody else runs the engine. */
  readonly pid: number | undefined;
  /** Removes a table's stream records up to a sequence number, where they are ours to remove. */
  trimStream(table: string, upTo: string): void;
  /** Ends the process; harmless when it has ended. */
  stop(): Promise<void>;
  /** Settles with a description of the end when the process ends, stopped or not; never for somebody else's engine. */
  readonly exited: Promise<string>;
}

/**
 * Starts the engine on a database file (its in-memory mode slows down with every stream record and cannot be repaired).
 * An engine that a killed run left on this file is ended first, so a caller makes sure that no living run uses the file.
 */
export async function startEngine({ file, env }: { file: string; env: Environment }): Promise<Engine> {
  const found = findEngine(env);
  if ('endpoint' in found) {
    await requireAnswer(found.endpoint);
    const notOurs = {
      pid: undefined,
      stop: async () => {},
      exited: new Promise<string>(() => {}),
      trimStream: () => {},
    };
    return { endpoint: found.endpoint, ...notOurs };
  }
  await endAbandoned(file);
  const engine = await spawnEngine(found.binary, file);
  try {
    indexStreamRecords(file);
  } catch (error) {
    await engine.stop();
    throw error;
  }
  return engine;
}

/** @throws {EndpointUnusable} where no DynamoDB answers within some seconds */
async function requireAnswer(endpoint: string): Promise<void> {
  const client = new DynamoDBClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 2000, requestTimeout: 3000, throwOnRequestTimeout: true },
  });
  try {
    await client.send(new ListTablesCommand({ Limit: 1 }));
  } catch (error) {
    const { name, code = name } = error as Error & { code?: string };
    throw new EndpointUnusable(endpoint, `where no DynamoDB answers (${code})`, error);
  } finally {
    client.destroy();
  }
}

async function spawnEngine(binary: string, file: string): Promise<Engine> {
  let refusal = '';
  // The engine cannot tell which port it chose, so a free one is found for it; another process may be faster, hence the tries.
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const port = await freePort();
    const options = ['serve', '--host', '127.0.0.1', '--port', String(port), '--db-path', file];
    // Detached: Ctrl-C reaches the whole foreground group, and the engine has to outlive the functions that write to it.
    const child = spawn(binary, options, { detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
    const exited = endOf(child);
    const said = await Promise.race([firstLine(child.stderr), exited]);
    if (child.pid !== undefined && said.includes('listening')) {
      writeFileSync(pidFileOf(file), String(child.pid));
      return {
        endpoint: `http://127.0.0.1:${port}`,
        pid: child.pid,
        exited,
        stop: () => stop(child, file, exited),
        trimStream: (table, upTo) => trimStream(file, table, upTo),
      };
    }
    child.kill();
    refusal = said;
    if (!refusal.includes('already in use')) break;
  }
  throw new Error(`the DynamoDB engine ${binary} did not start: ${refusal}`);
}

/** Written once the port is the engine's own, or why it cannot be; a mere answer on the port could be somebody else's. */
async function firstLine(stream: Readable): Promise<string> {
  const [line] = await once(createInterface({ input: stream }), 'line');
  return String(line);
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ? `ended by ${signal}` : `ended with ${code}`));
  });
}

async function stop(child: ChildProcess, file: string, exited: Promise<string>): Promise<void> {
  child.kill('SIGTERM');
  // Nothing acknowledged is lost by a kill: the engine syncs each write before it answers.
  const forced = setTimeout(() => child.kill('SIGKILL'), 2_000);
  await exited;
  clearTimeout(forced);
  rmSync(pidFileOf(file), { force: true });
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server, 0);
  await once(server.close(), 'close');
  return port;
}

const pidFileOf = (file: string) => `${file}.pid`;

/** Two engines on one file keep separate metadata in memory, so the one that was left behind has to go. */
async function endAbandoned(file: string): Promise<void> {
  const pidFile = pidFileOf(file);
  const pid = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : 0;
  if (pid > 1 && commandOf(pid).includes(file)) {
    process.kill(pid, 'SIGKILL');
    for (let check = 0; check < 200 && commandOf(pid).includes(file); check += 1) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
  rmSync(pidFile, { force: true });
}

/** The command line of a process, empty when there is none: a pid alone may be somebody else's by now. */
function commandOf(pid: number): string {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    return '';
  }
}
