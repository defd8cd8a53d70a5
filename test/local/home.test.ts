import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HomeGone, HomeInUse, HomeUnusable, NotAHome, openHome } from '../../local/home.ts';

let directory: string;
beforeEach(() => {
  directory = path.join(mkdtempSync(path.join(tmpdir(), 'tokenward-home-')), 'home');
});
afterEach(() => rmSync(path.dirname(directory), { recursive: true }));

/** A process that opens the home and holds it. */
async function openElsewhere(): Promise<{ pid: number; kill(): Promise<void> }> {
  const module = new URL('../../local/home.ts', import.meta.url).href;
  const code = `const { openHome } = await import(${JSON.stringify(module)}); globalThis.home = openHome(${JSON.stringify(directory)}); console.log('open'); setInterval(() => {}, 1e6)`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  const exited = once(child, 'exit');
  return {
    pid: child.pid ?? 0,
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

test('makes a directory that only its owner can read, and files too', () => {
  const home = openHome(directory);
  home.writeJson('a.json', { secret: 1 });
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  expect(statSync(home.path('a.json')).mode & 0o777).toBe(0o600);
  expect(home.readJson('a.json')).toEqual({ secret: 1 });
  expect(home.readJson('b.json')).toBeUndefined();
});

test.each([
  // Node's recursive mkdir never comes back from this one.
  ['below /proc', () => '/proc/tokenward'],
  ['below a file', () => path.join(writtenFile(), 'home')],
  ['that is a file', () => writtenFile()],
  ['with a name that is too long', () => path.join(path.dirname(directory), 'x'.repeat(300))],
])('refuses a home %s, by its name', (_, home) => {
  const given = home();
  expect(() => openHome(given)).toThrow(HomeUnusable);
  expect(() => openHome(given)).toThrow(`The home ${given} cannot be used: `);
});

function writtenFile(): string {
  const file = path.join(path.dirname(directory), 'file');
  writeFileSync(file, '');
  return file;
}

test('refuses a home that a living process holds, with its pid and the directory', async () => {
  const other = await openElsewhere();
  try {
    expect(() => openHome(directory)).toThrow(HomeInUse);
    expect(() => openHome(directory)).toThrow(new RegExp(`${directory}.*${other.pid}`));
  } finally {
    await other.kill();
  }
});

test('refuses to be opened twice by one process, and again after it was closed not', () => {
  const home = openHome(directory);
  expect(() => openHome(directory)).toThrow(HomeInUse);
  home.close();
  openHome(directory).close();
});

test('takes over from a process that was killed, with what it left', async () => {
  const other = await openElsewhere();
  writeFileSync(path.join(directory, 'kept.json'), '{"kept":true}');
  await other.kill();
  const home = openHome(directory);
  expect(home.readJson('kept.json')).toEqual({ kept: true });
});

test('says which file is damaged', () => {
  const home = openHome(directory);
  writeFileSync(home.path('a.json'), '{"half":');
  expect(() => home.readJson('a.json')).toThrow(/a\.json is damaged.*--fresh/);
});

test('is emptied by fresh, but for the note of a process that has to be ended', () => {
  const before = openHome(directory);
  before.writeJson('a.json', {});
  writeFileSync(before.path('engine.db.pid'), '1');
  before.close();
  const home = openHome(directory);
  home.empty();
  expect(existsSync(home.path('a.json'))).toBe(false);
  expect(existsSync(home.path('engine.db.pid'))).toBe(true);
  expect(() => openHome(directory)).toThrow(HomeInUse);
});

test('is never made of a directory that holds something else, so that fresh cannot delete it', () => {
  const parent = path.dirname(directory);
  writeFileSync(path.join(parent, 'thesis.txt'), 'years of work');
  expect(() => openHome(parent)).toThrow(NotAHome);
  expect(existsSync(path.join(parent, 'thesis.txt'))).toBe(true);
});

test('says when it was deleted, or taken by another process', async () => {
  const home = openHome(directory);
  await expect(home.check()).resolves.toBeUndefined();
  home.writeJson('owner.json', { pid: process.pid + 1 });
  await expect(home.check()).rejects.toThrow(HomeGone);
  rmSync(directory, { recursive: true });
  await expect(home.check()).rejects.toThrow(new RegExp(`${directory} was deleted`));
});
