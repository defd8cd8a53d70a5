import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const product = ['functions', 'infra', 'local', 'operate', 'console/src', 'examples'];

interface Source {
  readonly file: string;
  readonly folder: string;
  readonly lines: readonly string[];
}

const sources = product.flatMap((folder): Source[] =>
  readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:m?[jt]s|tsx)$/.test(entry.name))
    .map(({ parentPath, name }) => ({
      file: path.relative(root, path.join(parentPath, name)),
      folder: path.relative(root, parentPath),
      lines: readFileSync(path.join(parentPath, name), 'utf8').trimEnd().split('\n'),
    }))
    .filter(({ file }) => !file.includes('node_modules')),
);
const local = sources.filter(({ file }) => file.startsWith(`local${path.sep}`));

describe('the size of things', () => {
  it('a file of more than 250 lines says in its first line why it is so long', () => {
    const unexplained = sources.filter(({ lines }) => lines.length > 250 && !/\blong because /i.test(lines[0] ?? ''));
    expect(sources.length).toBeGreaterThan(300);
    expect(unexplained.map(({ file, lines }) => `${file}: ${lines.length}`)).toEqual([]);
  });

  it('at most ten places talk to the mutation tool, and each says why', () => {
    const remarks = sources.flatMap(({ lines }) => lines.filter((line) => line.includes('Stryker ')));
    expect(remarks.length).toBeLessThanOrEqual(10);
    expect(remarks.filter((line) => !/Stryker disable next-line [\w,]+: \w/.test(line))).toEqual([]);
  });

  it('the local system has fewer than 7,500 lines, and no folder of more than 15 files', () => {
    const crowded = [...Map.groupBy(local, ({ folder }) => folder)].filter(([, files]) => files.length > 15);
    expect(local.reduce((sum, { lines }) => sum + lines.length, 0)).toBeLessThan(7500);
    expect(crowded.map(([folder]) => folder)).toEqual([]);
  });
});
