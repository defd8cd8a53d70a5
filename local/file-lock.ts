import { DatabaseSync } from 'node:sqlite';

/** Held until it is closed, or until the process ends in whatever way. Keep a reference to it. */
export type FileLock = Pick<DatabaseSync, 'close'>;

/**
 * Takes the lock of a file, or undefined when another holder does not give it back in `waitMs` (this thread is blocked
 * meanwhile). It is SQLite's own lock and so the operating system's: nothing is left behind by a process that was killed,
 * and no pid has to be trusted.
 */
export function lockFile(file: string, waitMs = 0): FileLock | undefined {
  const database = new DatabaseSync(file, { timeout: waitMs });
  try {
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return undefined;
    throw error;
  }
}

const SQLITE_BUSY = 5;
