import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
const files = (pattern: string) => globSync(pattern, { cwd: root });

/** The rows of the table in docs/architecture.md, as its columns stand there. */
function promises() {
  const [, section = ''] = read('docs/architecture.md').split('## Promises in the code\n');
  const [table = ''] = section.split('\n## ');
  const rows = table
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(1);
  return rows.map((row) => {
    const columns = /^\| (?<promise>.+) \| `(?<text>.+)` \| \[(?<holder>\w+)\]\(\.\.\/(?<file>.+)\) \|$/.exec(
      row,
    )?.groups;
    if (!columns) throw new Error(`docs/architecture.md: this row is not a promise, a text and a law or test: ${row}`);
    return columns;
  });
}

describe('the promises in docs/architecture.md', () => {
  const sources = files('functions/**/*.ts').map((file) => [file, read(file)] as const);
  const tests = files('test/**/*.test.ts');
  const isLaw = (holder: string | undefined) => /^\d+$/.test(holder ?? '');

  it.for(promises())('can be found: $promise', ({ text = '', holder, file = '' }) => {
    const found = sources.flatMap(([source, code]) => Array(code.split(text).length - 1).fill(source));
    expect(found, `places with ${text}`).toHaveLength(1);
    expect(tests).toContain(file);
    if (isLaw(holder)) expect(file).toMatch(new RegExp(`^test/laws/${holder?.padStart(2, '0')}-`));
  });

  it('hold something of every law that hangs on one line', () => {
    const named = new Set(
      promises()
        .filter(({ holder }) => isLaw(holder))
        .map(({ holder }) => Number(holder)),
    );
    // What makes edits hold at once is what makes deletions do so: the strong reads of law 1.
    expect([...named].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13]);
  });
});
