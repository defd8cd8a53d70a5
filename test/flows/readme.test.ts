import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeLocalJson } from '../../local/local-json.ts';
import { steps } from '../../local/tour/tour-steps.ts';
import { RunningSystem } from '../support/running-system.ts';

const root = path.resolve(import.meta.dirname, '../..');
const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
const blocks = [...readme.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language = '', text = '']) => ({
  language,
  text,
}));

let running: RunningSystem;
let directory: string;
beforeAll(async () => {
  running = await RunningSystem.start();
  await writeLocalJson(running.system, { api_key: running.stack, name: 'the seeded one' });
  directory = mkdtempSync(path.join(tmpdir(), 'tokenward-readme-'));
  symlinkSync(running.system.home.directory, path.join(directory, '.tokenward'));
  symlinkSync(path.join(root, 'node_modules'), path.join(directory, 'node_modules'));
  const curl = path.join(directory, 'curl');
  writeFileSync(curl, `#!/bin/sh\nexec '${process.execPath}' '${root}/test/support/curl.ts' "$@"\n`);
  chmodSync(curl, 0o755);
});
afterAll(async () => {
  rmSync(directory, { recursive: true });
  await running.stop();
});

async function run(file: string, ...args: string[]): Promise<string> {
  const env = {
    ...process.env,
    PATH: [directory, path.dirname(process.execPath), process.env.PATH].join(path.delimiter),
  };
  const { stdout } = await promisify(execFile)(file, args, { cwd: directory, env });
  return stdout;
}

/** Each line as the document has it, where `…` stands for anything. */
function expectOutput(actual: string, documented: string): void {
  const patterns = documented
    .trim()
    .split('\n')
    .map((line) => line.split('…').map(literally).join('.*'));
  expect(actual).toMatch(new RegExp(`^${patterns.join('\\n')}\\n$`));
}

const literally = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');

test("the README's program prints what the README says", async () => {
  const at = blocks.findIndex(({ language }) => language === 'js');
  writeFileSync(path.join(directory, 'first.mjs'), blocks[at]?.text ?? '');

  expectOutput(await run(process.execPath, 'first.mjs'), blocks[at + 1]?.text ?? '');
});

test("the README's shell commands print what the README says", async () => {
  const shell = blocks
    .map((block, at) => ({ ...block, next: blocks[at + 1] }))
    .filter(({ language }) => language === 'sh');

  const outputs = (await run('sh', '-euc', shell.map(({ text }) => text).join('echo ----\n'))).split('----\n');

  expect(outputs).toHaveLength(shell.length);
  for (const [at, { next }] of shell.entries()) {
    if (next?.language === 'text') expectOutput(outputs[at] ?? '', next.text);
    else expect(outputs[at]).toBe('');
  }
});

test('the README shows the tour as it is', () => {
  for (const [at, { title }] of steps.entries()) expect(readme).toContain(`${at + 1}. ${title}`);
});
