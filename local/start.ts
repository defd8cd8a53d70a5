/**
 * `npm start`: the whole product on loopback. Its `--max-semi-space-size` keeps V8 from taking 130 MB for what is young here, under load, where
 * it needs 20.
 */
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { type LocalJson, writeLocalJson } from './local-json.ts';
import { messageOf } from './option-mistake.ts';
import { machines, people } from './people/accounts.ts';
import { seed } from './people/seeds.ts';
import { type System, startSystem } from './system.ts';
import { synthesizeIfChanged } from './template/synthesize.ts';

const HELP = `npm start [-- --fresh] [--port N]

  --port N   port of the API (or PORT; 4100 unless given; 0: any)
  --fresh    forget everything: empties the home first
  --help     this text

  TOKENWARD_HOME                where state is kept (.tokenward)
  TOKENWARD_DYNAMODB_ENDPOINT   a DynamoDB-compatible engine to use, http:// only (starts its own unless given)
  DYNOXIDE_BIN                  the engine's binary, where it is not the installed package
  DEBUG                         full errors`;

/** A terminal's Ctrl-C reaches us twice, from the terminal and from npm; that is still one wish. */
const SECOND_SIGNAL_AFTER_MS = 1000;

const projectRoot = path.resolve(import.meta.dirname, '..');
const say = (line: string) => console.log(line);
let starting: Promise<System> | undefined;
let enginePid: number | undefined;
let stoppingSince: number | undefined;
let isReady = false;
/** After a Ctrl-C during the start, parts that end under others' hands complain. That is what was asked for. */
let isInterrupted = false;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
process.on('uncaughtException', (error) => fail(error));
try {
  await start();
} catch (error) {
  fail(error);
}

async function start(): Promise<void> {
  const { values } = parseArgs({
    options: { port: { type: 'string' }, fresh: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  if (values.help) return say(HELP);
  const port = portOf(values.port ?? process.env.PORT ?? '4100');
  const assembly = await synthesizeIfChanged(projectRoot, say);
  say('Starting engine, issuer, functions and API.');
  starting = startSystem({
    home: path.resolve(process.env.TOKENWARD_HOME || path.join(projectRoot, '.tokenward')),
    port,
    fresh: values.fresh ?? false,
    assembly,
    log: (line) => isInterrupted || console.error(line),
  });
  const system = await starting;
  enginePid = system.engine.pid;
  void system.engine.exited.then((how) => stoppingSince ?? fail(new Error(`The DynamoDB engine ended: ${how}`)));
  const { stack } = await seed(system);
  const local = await writeLocalJson(system, stack);
  if (isInterrupted) return;
  isReady = true;
  say(readyMessage(system, local, performance.now() / 1000));
}

function interrupt(): void {
  if (!isReady && !isInterrupted) console.error('Interrupted.');
  isInterrupted = true;
  void stop(0);
}

function portOf(text: string): number {
  const port = Number(text);
  if (text.trim() === '' || !Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(`"${text}" is not a port. Give a number from 0 (any free port) to 65535.`);
  }
  return port;
}

function readyMessage({ home, clock }: System, local: LocalJson, seconds: number): string {
  const file = home.path('local.json');
  const program = `'require(${JSON.stringify(file).replaceAll("'", `'\\''`)}).people.owner.authtoken'`;
  return `
Tokenward is ready after ${seconds.toFixed(1)} s.

  console          ${local.console}
  API              ${local.endpoint}/v3
${Object.entries(local.other_apis)
  .map(([name, endpoint]) => `  ${`${name} API`.padEnd(16)} ${endpoint}`)
  .join('\n')}
  issuer           ${local.issuer}
  mail             ${local.mail}/view
  DynamoDB engine  ${local.dynamodb}
  home             ${home.directory}
  functions' logs  ${home.path('logs')}
  for programs     ${file}${movedClock(clock)}

Who can sign in, in the console or with the authtoken in local.json:
${Object.entries(people)
  .map(([role, { name, email }]) => `  ${role.padEnd(16)} ${name} <${email}>`)
  .join('\n')}
${Object.keys(machines)
  .map((name) => `  ${name.padEnd(16)} a machine`)
  .join('\n')}

The tokens of the stack "${local.stack.name}", as its owner sees them:

  curl -s ${local.endpoint}/v3/stacks/management_tokens -H "api_key: ${local.stack.api_key}" \\
    -H "authtoken: $(node -p ${program})"

Ctrl-C stops everything.`;
}

/** A line for a clock that was moved, now or by an earlier run; else nothing. */
function movedClock({ offset, now }: System['clock']): string {
  if (new BigInt64Array(offset)[0] === 0n) return '';
  return `\n  clock            ${now().toISOString()}, moved forward: npm start -- --fresh sets it back and deletes all data`;
}

function whereDataIs({ home, engine }: System): string {
  if (engine.pid === undefined)
    return `Your data is kept in ${home.directory} and in the engine at ${engine.endpoint}.`;
  return `Your data is kept in ${home.directory}.`;
}

/** Stops what was started, also when the start is still under way; a second wish ends this process and the engine at once. */
async function stop(code: number): Promise<void> {
  if (stoppingSince !== undefined) {
    if (performance.now() - stoppingSince > SECOND_SIGNAL_AFTER_MS) endNow();
    return;
  }
  stoppingSince = performance.now();
  // A start that failed has stopped its parts by itself, and its reason was told.
  const system = await starting?.catch(() => undefined);
  await system?.close();
  if (system && isReady && code === 0) say(`\nStopped. ${whereDataIs(system)}`);
  process.exit(code);
}

function endNow(): never {
  if (enginePid !== undefined) process.kill(enginePid, 'SIGKILL');
  process.exit(1);
}

function fail(error: unknown): void {
  if (isInterrupted) return void stop(0);
  console.error(process.env.DEBUG ? error : `npm start: ${messageOf(error, 'npm start -- --help')}`);
  if (stoppingSince !== undefined) endNow();
  void stop(1);
}
