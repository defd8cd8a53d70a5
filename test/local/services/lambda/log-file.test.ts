import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openLog } from '../../../../local/services/lambda/log-file.ts';

const MB = 1024 * 1024;
let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'tokenward-log-'));
  file = path.join(directory, 'function.log');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

async function write(lines: readonly string[]): Promise<void> {
  const log = openLog(file);
  for (const line of lines) if (!log.write(`${line}\n`)) await once(log, 'drain');
  log.end();
  await finished(log);
}
const lineOf = (number: number) => `${number} `.padEnd(1023, 'x');
const numbersIn = (name: string) => readFileSync(name, 'utf8').trim().split('\n').map(Number.parseFloat);

test('two files hold the newest output, in order, and never more than 4 MB', async () => {
  const count = 9000;
  await write(Array.from({ length: count }, (_, at) => lineOf(at)));
  const kept = [...numbersIn(`${file}.1`), ...numbersIn(file)];
  expect(statSync(`${file}.1`).size).toBeLessThanOrEqual(2 * MB);
  expect(statSync(file).size).toBeLessThanOrEqual(2 * MB);
  expect(kept.length).toBeGreaterThanOrEqual(2048);
  expect(kept).toEqual(Array.from({ length: kept.length }, (_, at) => count - kept.length + at));
});

test('a restart adds to what is there, and counts it', async () => {
  await write([lineOf(1)]);
  await write([lineOf(2)]);
  expect(numbersIn(file)).toEqual([1, 2]);
  await write(Array.from({ length: 2047 }, (_, at) => lineOf(at + 3)));
  expect([numbersIn(`${file}.1`).length, numbersIn(file)]).toEqual([2048, [2049]]);
});

test('only its owner can read what is written, now and before', async () => {
  await write(Array.from({ length: 3000 }, (_, at) => lineOf(at)));
  for (const name of [file, `${file}.1`]) expect(statSync(name).mode & 0o777).toBe(0o600);
});

test('it goes on when its directory was deleted', async () => {
  const log = openLog(file);
  rmSync(directory, { recursive: true });
  for (let at = 0; at < 5000; at += 1) if (!log.write(lineOf(at))) await once(log, 'drain');
  log.end();
  await expect(finished(log)).resolves.toBeUndefined();
});
