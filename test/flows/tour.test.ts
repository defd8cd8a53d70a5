import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { Guide, runSteps, type Step, type Surroundings } from '../../local/tour/tour-guide.ts';
import { steps } from '../../local/tour/tour-steps.ts';
import { presentAssembly } from '../support/present-assembly.ts';

const tour = path.resolve(import.meta.dirname, '../../local/tour/tour.ts');
let temporary: string;
beforeAll(() => presentAssembly());
beforeEach(() => {
  temporary = mkdtempSync(path.join(tmpdir(), 'tokenward-'));
});
afterEach(() => rmSync(temporary, { recursive: true }));

function start(env: NodeJS.ProcessEnv = {}, ...args: string[]) {
  const child = spawn(process.execPath, [tour, ...args], {
    env: { ...process.env, TMPDIR: temporary, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { child, ended: once(child, 'close'), output: text(child.stdout), errors: text(child.stderr) };
}

test('the tour tells every step, ends with 0 and leaves nothing behind', { timeout: 90_000 }, async () => {
  const { ended, output, errors } = start();

  expect(await ended).toEqual([0, null]);
  expect(await errors).toBe('');
  const told = await output;
  for (const [at, { title }] of steps.entries()) expect(told).toContain(`${at + 1}. ${title}`);
  expect(told).toContain(`All ${steps.length} steps went as expected`);
  expect(readdirSync(temporary)).toEqual([]);
});

test('a tour that cannot start says why, ends with 1 and leaves nothing behind', { timeout: 90_000 }, async () => {
  const { ended, errors } = start({ DYNOXIDE_BIN: path.join(temporary, 'nowhere') });

  expect(await ended).toEqual([1, null]);
  expect(await errors).toMatch(/^npm run tour: DYNOXIDE_BIN names .*nowhere, which does not exist/);
  expect(readdirSync(temporary)).toEqual([]);
});

test('a tour that is interrupted stops what it started', { timeout: 90_000 }, async () => {
  const { child, ended, errors } = start();
  await once(child.stdout, 'data');
  child.kill('SIGTERM');
  child.kill('SIGINT');

  expect(await ended).toEqual([1, null]);
  expect(await errors).toBe('Interrupted.\n');
  expect(readdirSync(temporary)).toEqual([]);
});

test('the tour says what it is when it is asked, and starts nothing for an option that it does not know', async () => {
  const help = start({}, '--help');
  expect(await help.ended).toEqual([0, null]);
  expect(await help.output).toContain('npm run tour');
  const unknown = start({}, '--fresh');
  expect(await unknown.ended).toEqual([1, null]);
  expect(await unknown.errors).toMatch(
    /^npm run tour: Unknown option '--fresh'\. To list the options: npm run tour -- --help/,
  );
  expect([await unknown.output, readdirSync(temporary)]).toEqual(['', []]);
});

test.each([
  ['tells something else', async () => '200', '200'],
  ['fails', () => Promise.reject(new Error('no answer')), 'failed: Error: no answer'],
])('a step that %s ends the story there', async (_, act, happened) => {
  const never: Step = { title: 'Never reached.', act: async () => '', expect: /^$/ };
  const lines: string[] = [];

  const hasPassed = await runSteps([{ title: 'Refused.', act, expect: /^401/ }, never], new Guide(nobody), (line) =>
    lines.push(line),
  );

  expect(hasPassed).toBe(false);
  expect(lines).toEqual([
    expect.stringMatching(/^ 1\. Refused\. +\d+ ms$/),
    `    ${happened}`,
    '    This is not what step 1 expects: /^401/',
  ]);
});

const person = { authtoken: '' };
const nobody: Surroundings = {
  endpoint: 'http://127.0.0.1:9',
  stack: { api_key: '' },
  people: { owner: person, admin: person, developer: person, outsider: person },
};
