import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';

const root = fileURLToPath(new URL('../..', import.meta.url));
const text = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');

const LockedPackageSchema = z.object({
  version: z.string(),
  resolved: z.string().optional(),
  integrity: z.string().optional(),
  inBundle: z.boolean().optional(),
  link: z.boolean().optional(),
  dev: z.boolean().optional(),
  license: z.string().optional(),
  hasInstallScript: z.boolean().optional(),
});
const LockfileSchema = z.object({
  lockfileVersion: z.literal(3),
  packages: z.record(z.string(), LockedPackageSchema),
});
const ManifestSchema = z.object({
  license: z.string(),
  dependencies: z.record(z.string(), z.string()),
  devDependencies: z.record(z.string(), z.string()),
  optionalDependencies: z.record(z.string(), z.string()),
  allowScripts: z.record(z.string(), z.literal(true)),
});

/** Permissive: they ask for no more than their notice. */
const allowedLicences = new Set(['MIT', 'Apache-2.0', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'BlueOak-1.0.0']);

/** Packages under another licence, or that name none: never deployed, with the reason why they may be here. */
const exceptions: readonly (readonly [names: RegExp, licence: string | undefined, reason: string])[] = [
  [
    /^lightningcss(-.*)?$/,
    'MPL-2.0',
    'Vite runs it, unchanged, to build the console; nothing of it is in what is built.',
  ],
  [/^axe-core$/, 'MPL-2.0', 'Only tests run it, unchanged, in their browser.'],
  [
    /^caniuse-lite$/,
    'CC-BY-4.0',
    'Data that the mutation tester reads through Babel; nothing of it is in what is built.',
  ],
  [/^thirty-two$/, undefined, 'Its LICENSE.txt is the MIT licence. Only tests and the tour have it, through the SDK.'],
];

const { '': own, ...packages } = LockfileSchema.parse(JSON.parse(text('package-lock.json'))).packages;
const manifest = ManifestSchema.parse(JSON.parse(text('package.json')));
const locked = Object.entries(packages).map(([path, facts]) => ({ path, name: nameAt(path), ...facts }));
const paths = (some: typeof locked) => some.map(({ path }) => path);

describe('the lockfile', () => {
  it('names no registry: packages come from where npm is told to ask', () => {
    expect(paths(locked.filter(({ resolved, link }) => resolved !== undefined || link))).toEqual([]);
  });

  it('holds a SHA-512 of every package; what is bundled is in the package that brings it', () => {
    const isHeld = ({ integrity, inBundle }: (typeof locked)[number]) =>
      inBundle === true || /^sha512-[\w+/]{86}==$/.test(integrity ?? '');
    expect(paths(locked.filter((one) => !isHeld(one)))).toEqual([]);
  });

  it('has what package.json asks for, in that one version', () => {
    const { dependencies, devDependencies, optionalDependencies } = manifest;
    const asked = { ...dependencies, ...devDependencies, ...optionalDependencies };
    const present = Object.keys(asked).map((name) => [name, packages[`node_modules/${name}`]?.version]);
    expect(Object.fromEntries(present)).toEqual(asked);
  });

  it('has install scripts of those packages only that package.json allows by name', () => {
    const withScripts = new Set(locked.filter(({ hasInstallScript }) => hasInstallScript).map(({ name }) => name));
    expect([...withScripts].sort()).toEqual(Object.keys(manifest.allowScripts).sort());
    // npm itself ends an installation with any other.
    expect(text('.npmrc').split('\n')).toContain('strict-allow-scripts=true');
  });
});

describe('licences', () => {
  const others = locked.filter(({ license }) => !isAllowed(license));

  it("are Apache-2.0 for what is this project's own", () => {
    expect([own?.license, manifest.license]).toEqual(['Apache-2.0', 'Apache-2.0']);
    expect(text('LICENSE')).toContain('Version 2.0, January 2004');
  });

  it('of packages are permissive, but for exceptions that have a reason and are not deployed', () => {
    const isExcepted = ({ name, license, dev }: (typeof locked)[number]) =>
      dev === true && exceptions.some(([names, licence]) => names.test(name) && licence === license);
    expect(paths(others.filter((one) => !isExcepted(one)))).toEqual([]);
  });

  it.each(exceptions)('have an exception for %s only while there is such a package', (names) => {
    expect(others.filter(({ name }) => names.test(name))).not.toEqual([]);
  });

  it.each([
    ['(MIT OR GPL-3.0-or-later)', true],
    ['MIT AND GPL-3.0-or-later', false],
    ['GPL-3.0-or-later', false],
    [undefined, false],
  ])('are read as SPDX has them: %s', (expression, allowed) => {
    expect(isAllowed(expression)).toBe(allowed);
  });
});

describe('workflows', () => {
  const workflows = globSync('.github/workflows/*', { cwd: root }).map((name) => [name, text(name)] as const);

  it('are one, that runs the gate and nothing else', () => {
    expect(workflows.map(([name]) => name)).toEqual(['.github/workflows/check.yml']);
    expect(valuesOf('run', workflows[0]?.[1])).toEqual(['npm ci && npm test']);
    expect(text('.ci/run')).toContain('\nnpm ci && npm test\n');
  });

  it.each(workflows)('%s names every action by its commit, with the version beside it', (_name, yaml) => {
    const actions = valuesOf('uses', yaml);
    expect(actions.length).toBeGreaterThan(0);
    for (const action of actions) expect(action).toMatch(/^[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it.each(workflows)('%s may read the repository and nothing else, and keeps no credential', (_name, yaml) => {
    expect(yaml).toMatch(/^permissions:\n {2}contents: read\n\n/m);
    expect(yaml.match(/permissions:/g)).toHaveLength(1);
    expect(yaml).toContain('persist-credentials: false');
    expect(yaml).not.toMatch(/pull_request_target|secrets\.|\$\{\{/);
  });
});

/** `node_modules/a/node_modules/@b/c` → `@b/c` */
function nameAt(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

/** One side of an `OR` is enough; of everything else the whole has to be allowed. */
function isAllowed(expression = ''): boolean {
  const sides = expression.replace(/^\((.*)\)$/, '$1').split(' OR ');
  return sides.some((licence) => allowedLicences.has(licence));
}

/** What stands after a key in a workflow, line by line, comments too. */
function valuesOf(key: string, yaml = ''): readonly string[] {
  return [...yaml.matchAll(new RegExp(`^[ -]*${key}: *(.*)$`, 'gm'))].map(([, value]) => value ?? '');
}
