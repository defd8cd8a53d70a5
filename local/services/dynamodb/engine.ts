import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import type { Readable } from 'node:stream';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';

/** The version that was measured and whose file layout is known; package.json pins the same one. */
const ENGINE_VERSION = '1.2.1';

type Environment = Readonly<Record<string, string | undefined>>;

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

/** No engine for this platform is installed; the message says what to do. */
export class EngineMissing extends Error {
  override readonly name = 'EngineMissing';

  constructor(platform: string, reason = `There is no DynamoDB engine for ${platform}.`) {
    super(
      `${reason} Do one of these:\n` +
        `  npm install --no-save @dynoxide/${platform}@${ENGINE_VERSION}\n` +
        '  DYNOXIDE_BIN=/path/to/dynoxide\n' +
        '  TOKENWARD_DYNAMODB_ENDPOINT=http://host:port   (any DynamoDB-compatible endpoint)',
    );
  }
}

/** `TOKENWARD_DYNAMODB_ENDPOINT` names an endpoint that cannot be used. */
export class EndpointUnusable extends Error {
  override readonly name = 'EndpointUnusable';

  constructor(endpoint: string, why: string, cause?: unknown) {
    super(
      `TOKENWARD_DYNAMODB_ENDPOINT is ${endpoint}, ${why}. Set it to the address of a DynamoDB-compatible engine, for example ` +
        'http://127.0.0.1:8000, or unset it to use the engine that npm ci installs.',
      { cause },
    );
  }
}

/** Where the engine is: an endpoint that somebody runs, or a binary to start. Throws EngineMissing or EndpointUnusable. */
export function findEngine(
  env: Environment,
  { platform = `${process.platform}-${process.arch}` } = {},
): { endpoint: string } | { binary: string } {
  const endpoint = env.TOKENWARD_DYNAMODB_ENDPOINT;
  if (endpoint && (!URL.canParse(endpoint) || new URL(endpoint).protocol !== 'http:'))
    throw new EndpointUnusable(endpoint, 'which is not an http:// address');
  if (endpoint) return { endpoint };
  const named = env.DYNOXIDE_BIN;
  if (named && !existsSync(named))
    throw new EngineMissing(platform, `DYNOXIDE_BIN names ${named}, which does not exist.`);
  const binary = named || installedBinary(platform);
  if (!binary) throw new EngineMissing(platform);
  return { binary };
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

function installedBinary(platform: string): string | undefined {
  try {
    const manifest = createRequire(import.meta.url).resolve(`@dynoxide/${platform}/package.json`);
    const binary = join(dirname(manifest), platform.startsWith('win32') ? 'dynoxide.exe' : 'dynoxide');
    return existsSync(binary) ? binary : undefined;
  } catch {
    return undefined;
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
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('the system gave no port');
  return address.port;
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

const STREAM_COLUMNS = ['table_name', 'sequence_number', 'event_name', 'keys_json', 'new_image', 'old_image'];

/**
 * Each write asks for the table's highest sequence number, and without this index that reads every record: at 25,000 records
 * a put takes 30 times as long. It leans on the engine's own tables, so it first looks whether they are as expected.
 */
function indexStreamRecords(file: string): void {
  const database = new DatabaseSync(file, { timeout: 5_000 });
  try {
    const columns = database.prepare('SELECT name FROM pragma_table_info(?)').all('_stream_records');
    const missing = STREAM_COLUMNS.filter((name) => !columns.some((column) => column.name === name));
    if (missing.length > 0) {
      throw new Error(
        `the DynamoDB engine keeps its stream records differently than version ${ENGINE_VERSION} does ` +
          `(_stream_records lacks ${missing.join(', ')}): install that version, or revise indexStreamRecords in local/services/dynamodb/engine.ts`,
      );
    }
    database.exec(
      'CREATE INDEX IF NOT EXISTS tokenward_stream_order ON _stream_records (table_name, CAST(sequence_number AS INTEGER))',
    );
  } finally {
    database.close();
  }
}

/** The table's last record stays: the engine counts on from it, and would begin at 1 again without. */
function trimStream(file: string, table: string, upTo: string): void {
  // Opening it would make it anew where somebody has deleted it.
  if (!existsSync(file)) return;
  const database = new DatabaseSync(file, { timeout: 5_000 });
  try {
    database
      .prepare(
        'DELETE FROM _stream_records WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) <= CAST(?2 AS INTEGER) ' +
          'AND id < (SELECT MAX(id) FROM _stream_records WHERE table_name = ?1)',
      )
      .run(table, upTo);
  } finally {
    database.close();
  }
}
