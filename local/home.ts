import * as fs from 'node:fs';
import * as path from 'node:path';
import * as z from 'zod';
import { lockFile } from './file-lock.ts';

/** The directory that holds everything the local system remembers. One process at a time owns it. */
export interface Home {
  /** absolute */
  readonly directory: string;
  path(...names: string[]): string;
  /** The parsed content of a JSON file of the home, or undefined when there is none. */
  readJson(name: string): unknown;
  /** Replaces a file of the home in one step, readable by its owner only: a reader never sees half of it. */
  writeJson(name: string, value: unknown): void;
  /** Rejects when the directory was deleted, or belongs to another process by now. */
  check(): Promise<void>;
  /** Forgets everything, but who owns it and which processes have to be ended. */
  empty(): void;
  close(): void;
}

/** Another live process owns the home. */
export class HomeInUse extends Error {
  override readonly name = 'HomeInUse';
}

/** What the system keeps is not in the home any more. */
export class HomeGone extends Error {
  override readonly name = 'HomeGone';
}

/** The directory holds something else, and a later --fresh would delete it. */
export class NotAHome extends Error {
  override readonly name = 'NotAHome';
}

/** The directory cannot be made, or not be written to. */
export class HomeUnusable extends Error {
  override readonly name = 'HomeUnusable';
}

const MARKER = 'tokenward-home';
const LOCK = 'lock';
const OWNER = 'owner.json';
const OwnerSchema = z.object({ pid: z.int() });

/**
 * Creates the home if needed (0700) and takes its lock, also after an owner that was killed.
 * @throws {HomeInUse | NotAHome | HomeUnusable}
 */
export function openHome(directory: string): Home {
  const at = (...names: string[]) => path.join(path.resolve(directory), ...names);
  const lock = markAndLock(at);
  const home = homeAt(at, () => lock?.close());
  if (!lock) {
    const pid = ownerOf(home) ?? 'of another start';
    const advice = `Stop that one first (kill ${pid}), or set TOKENWARD_HOME to another directory.`;
    throw new HomeInUse(`${home.directory} is in use by process ${pid}. ${advice}`);
  }
  home.writeJson(OWNER, { pid: process.pid });
  return home;
}

function markAndLock(at: Home['path']): ReturnType<typeof lockFile> {
  try {
    mark(at());
    return lockFile(at(LOCK));
  } catch (error) {
    if (error instanceof NotAHome) throw error;
    const why = `The home ${at()} cannot be used: ${error instanceof Error ? error.message : error}.`;
    const advice = 'Set TOKENWARD_HOME to a directory that can be created and written to.';
    throw new HomeUnusable(`${why} ${advice}`, { cause: error });
  }
}

/** One directory after the other: below /proc, Node's own recursive mkdir tries for ever. */
function makeDirectory(directory: string): void {
  const missing: string[] = [];
  for (let at = directory; !fs.existsSync(at); at = path.dirname(at)) missing.unshift(at);
  for (const at of missing) fs.mkdirSync(at, { mode: 0o700 });
}

/** The process that has taken the home. */
function ownerOf(home: Pick<Home, 'readJson'>): number | undefined {
  return OwnerSchema.safeParse(home.readJson(OWNER)).data?.pid;
}

function mark(directory: string): void {
  makeDirectory(directory);
  if (!fs.existsSync(path.join(directory, MARKER))) {
    const advice = 'Set TOKENWARD_HOME to an empty or a new directory.';
    if (fs.readdirSync(directory).length > 0)
      throw new NotAHome(`${directory} is not empty and was not made by Tokenward. ${advice}`);
    const text = 'The local system of Tokenward keeps its state here. --fresh empties it.\n';
    fs.writeFileSync(path.join(directory, MARKER), text);
  }
  fs.chmodSync(directory, 0o700);
}

function homeAt(at: Home['path'], close: () => void): Home {
  const home: Home = {
    directory: at(),
    path: at,
    close,
    empty: () => empty(at),
    check: async () => {
      if (ownerOf(home) === process.pid) return;
      const advice = 'Nothing is kept any more: stop this one, and start again.';
      throw new HomeGone(`${home.directory} was deleted, or belongs to another start. ${advice}`);
    },
    readJson: (name) => {
      if (!fs.existsSync(at(name))) return undefined;
      try {
        return JSON.parse(fs.readFileSync(at(name), 'utf8'));
      } catch {
        throw new Error(`${at(name)} is damaged. Start with --fresh to begin again.`);
      }
    },
    writeJson: (name, value) => {
      fs.writeFileSync(at(`${name}.new`), `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
      fs.renameSync(at(`${name}.new`), at(name));
    },
  };
  return home;
}

/** A `.pid` file names a process that a killed owner left, and whoever started that one ends it by this file. */
function empty(at: Home['path']): void {
  for (const name of fs.readdirSync(at())) {
    if ([MARKER, LOCK, OWNER].includes(name) || name.endsWith('.pid')) continue;
    fs.rmSync(at(name), { recursive: true, force: true });
  }
}
