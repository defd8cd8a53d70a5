import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { synthesizeIfChanged } from '../../../local/template/synthesize.ts';

/** An app that counts how often it was synthesized. */
const APP = `
import { appendFileSync, mkdirSync } from 'node:fs';
mkdirSync(process.env.CDK_OUTDIR, { recursive: true });
appendFileSync(process.env.CDK_OUTDIR + '/runs', 'x');
`;
let project: string;
beforeEach(() => {
  project = mkdtempSync(path.join(tmpdir(), 'tokenward-synthesize-'));
  mkdirSync(path.join(project, 'infra'));
  mkdirSync(path.join(project, 'functions', 'http'), { recursive: true });
  write('infra/app.ts', APP);
  write('functions/http/door.ts', '1');
  write('package-lock.json', '{}');
});
afterEach(() => rmSync(project, { recursive: true }));

const write = (file: string, content: string) => writeFileSync(path.join(project, file), content);
const runs = () => readFileSync(path.join(project, 'cdk.out', 'runs'), 'utf8').length;

test('it is done once, and not again for the same inputs', async () => {
  expect(await synthesizeIfChanged(project)).toBe(path.join(project, 'cdk.out'));
  await synthesizeIfChanged(project);
  expect(runs()).toBe(1);
});

test.each([
  ['a changed function', () => write('functions/http/door.ts', '2')],
  ['a new function', () => write('functions/new.ts', '1')],
  ['a file that is gone', () => rmSync(path.join(project, 'functions/http/door.ts'))],
  ['other dependencies', () => write('package-lock.json', '{"a":1}')],
  ['an assembly that was deleted', () => rmSync(path.join(project, 'cdk.out/.inputs.json'))],
])('it is done again for %s', async (_, change) => {
  await synthesizeIfChanged(project);
  change();
  await synthesizeIfChanged(project);
  expect(runs()).toBe(2);
});

test('a failure says what the app said, and the old success does not count for it', async () => {
  await synthesizeIfChanged(project);
  write('infra/app.ts', 'console.error("no such stage"); process.exit(7);');
  await expect(synthesizeIfChanged(project)).rejects.toThrow(/failed \(7\):\nno such stage/);
  expect(existsSync(path.join(project, 'cdk.out/.inputs.json'))).toBe(false);
  write('infra/app.ts', APP);
  await synthesizeIfChanged(project);
  expect(runs()).toBe(2);
});

test('an interruption leaves no success behind', async () => {
  write('infra/app.ts', 'process.kill(process.pid, "SIGKILL");');
  await expect(synthesizeIfChanged(project)).rejects.toThrow(/SIGKILL/);
  expect(existsSync(path.join(project, 'cdk.out/.inputs.json'))).toBe(false);
});
