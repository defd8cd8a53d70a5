import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import * as z from 'zod';
import { presentAssembly } from '../support/present-assembly.ts';

const projectRoot = path.resolve(import.meta.dirname, '../..');
const ManifestSchema = z.object({ scripts: z.record(z.string(), z.string()) });

/** The least of each benchmark that still measures everything, and the first cells of the rows that it ends with. */
const benchmarks: Readonly<Record<string, { readonly options: string; readonly rows: readonly string[] }>> = {
  cold: {
    options: '--rounds 1',
    rows: ['http/environments, bundle', 'http/environments, init', '  with the first call'],
  },
  warm: {
    options: '--rounds 2 --warm-up 2',
    rows: [
      'GET /v3/environments / its two reads, bare',
      'POST /oauth2/introspect / its one read, bare',
      '  the same in CPU time',
    ],
  },
  verify: {
    options: '--rounds 1 --warm-up 2',
    rows: ['verify a token, of strong read', 'GET /v3/environments, of batch of 2 and list', '  the same by CPU time'],
  },
  'fan-out': {
    options: '--rounds 1 --sessions 50',
    rows: ['deletion with 50 / 1', 'sessions ended, of raw batch deletes'],
  },
  sweep: {
    options: '--rounds 1 --due 5 --small 10 --middle 20 --large 40 --together 3',
    rows: ['units of a claim, one stack / 3', 'ms of claim and mail, one stack / 3', 'ms with 5 due, exponent'],
  },
  load: {
    options: '--verifications 50 --deletions 5 --rest 0',
    rows: ['verifications ', 'receipts, completed after', 'bar: at most 700 MB'],
  },
};

beforeAll(() => presentAssembly());

it.for(Object.entries(benchmarks))(
  'the benchmark %s runs to its end',
  async ([name, { options, rows }], { signal }) => {
    const file = path.join(projectRoot, 'bench', `${name}.ts`);
    const args = [file, ...options.split(' ')];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: projectRoot, signal });
    const lines = stdout.split('\n');
    for (const row of rows) expect(lines.filter((line) => line.startsWith(row)).length, row).toBeGreaterThan(0);
    // What could not be measured is not a number.
    expect(stdout).not.toContain('NaN');
  },
);

it('every benchmark of package.json is among them', () => {
  const { scripts } = ManifestSchema.parse(JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8')));
  const programs = Object.values(scripts).flatMap((script) => /^node bench\/(\S+)\.ts$/.exec(script)?.[1] ?? []);
  expect(Object.keys(benchmarks).sort()).toEqual(programs.sort());
  const files = readdirSync(path.join(projectRoot, 'bench')).filter((name) => name.endsWith('.ts'));
  const runs = files.filter((name) =>
    /^ *await run\(/m.test(readFileSync(path.join(projectRoot, 'bench', name), 'utf8')),
  );
  expect(runs.map((name) => path.parse(name).name).sort()).toEqual(programs.sort());
});
