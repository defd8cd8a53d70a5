import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');

/** The folders below one, each with the other folders that its files import. */
function importsOf(folder: string): Map<string, Set<string>> {
  const imports = new Map<string, Set<string>>();
  for (const file of readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue;
    const from = path.dirname(file);
    const found = imports.get(from) ?? new Set();
    imports.set(from, found);
    for (const [, target = ''] of readFileSync(path.join(root, folder, file), 'utf8').matchAll(/ from '(\.[^']+)'/g)) {
      const to = path.dirname(path.join(from, target));
      if (to !== from) found.add(to);
    }
  }
  return imports;
}

/** A way from a folder back to itself, or undefined. */
function cycleIn(imports: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] | undefined {
  const known = new Set<string>();
  const search = (folder: string, way: readonly string[]): readonly string[] | undefined => {
    if (way.includes(folder)) return [...way.slice(way.indexOf(folder)), folder];
    if (known.has(folder)) return undefined;
    known.add(folder);
    for (const next of imports.get(folder) ?? []) {
      const cycle = search(next, [...way, folder]);
      if (cycle) return cycle;
    }
    return undefined;
  };
  for (const folder of imports.keys()) {
    const cycle = search(folder, []);
    if (cycle) return cycle;
  }
  return undefined;
}

it('no folder of functions imports one that imports it, by whatever way', () => {
  const imports = importsOf('functions');
  expect(imports.get('http/tokens')).toContain('http/chain');
  expect(cycleIn(imports)).toBeUndefined();
});

it('a cycle is found', () => {
  const imports = { a: ['b'], b: ['c'], c: ['d', 'b'], d: [] };
  const folders = new Map(Object.entries(imports).map(([folder, others]) => [folder, new Set(others)]));
  expect(cycleIn(folders)).toEqual(['b', 'c', 'b']);
});
