import { readFile, rm } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile, type Plugin } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Where the bundle of a function is, by its name (`http/read-tokens`): a directory with `index.mjs`. */
export function bundleDirectory(name: string): string {
  return path.join(root, '.build', 'functions', name);
}

/**
 * Bundles deployed functions, each into one `index.mjs`. The recipe is measured in `bench/` and held by `test/infra/bundle.test.ts`:
 * ESM and minified, `module` before `main`; built-ins through `process.getBuiltinModule`, because a static `import "node:http"`
 * reads the lazy getters of `node:http` and so loads undici at every cold start; and the environment's credentials only, because
 * Lambda gives no others and the rest of the SDK's chain is a fifth of the bundle; no endpoint discovery, which is off anyway; no event streams, which no
 * operation has; and of an SDK client's package.json the version only.
 */
export async function bundle(names: readonly string[]): Promise<Metafile> {
  await rm(path.join(root, '.build', 'functions'), { recursive: true, force: true });
  const result = await build({
    entryPoints: names.map((name) => ({ in: path.join(root, 'functions', `${name}.lambda.ts`), out: `${name}/index` })),
    outdir: path.join(root, '.build', 'functions'),
    outExtension: { '.js': '.mjs' },
    absWorkingDir: root,
    ...recipe,
  });
  return result.metafile;
}

const builtInsWithoutFacade: Plugin = {
  name: 'built-ins-without-facade',
  setup(build) {
    const builtIns = new Set(builtinModules.flatMap((name) => [name, `node:${name}`]));
    build.onResolve({ filter: /.*/ }, ({ path: name }) =>
      builtIns.has(name) ? { path: name, namespace: 'built-in' } : null,
    );
    build.onLoad({ filter: /.*/, namespace: 'built-in' }, ({ path: name }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(name)})`,
    }));
  },
};

/** A client reads its own version for the user agent, and so would bring its whole package.json. */
const versionsOnly: Plugin = {
  name: 'versions-only',
  setup(build) {
    build.onLoad({ filter: /@aws-sdk[\\/]client-[\w-]+[\\/]package\.json$/ }, async ({ path: file }) => {
      const { version } = JSON.parse(await readFile(file, 'utf8'));
      return { contents: JSON.stringify({ version }), loader: 'json' };
    });
  },
};

/** The settings of esbuild that every function is bundled with. */
export const recipe = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  minify: true,
  treeShaking: true,
  mainFields: ['module', 'main'],
  banner: { js: "import{createRequire}from'module';const require=createRequire(import.meta.url);" },
  alias: {
    '@aws-sdk/credential-provider-node': path.join(root, 'functions/aws/storage/environment-credentials.ts'),
    '@smithy/core/event-streams': path.join(root, 'functions/aws/storage/no-event-streams.ts'),
    '@aws-sdk/middleware-endpoint-discovery': path.join(root, 'functions/aws/storage/no-endpoint-discovery.ts'),
  },
  plugins: [builtInsWithoutFacade, versionsOnly],
  metafile: true,
  legalComments: 'none',
  logLevel: 'warning',
} as const satisfies import('esbuild').BuildOptions;
