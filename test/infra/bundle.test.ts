import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { type BuildOptions, build, type Metafile } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { HttpFunction } from '../../functions/http/chain/routes.ts';
import { recipe } from '../../infra/bundle.ts';
import { doors } from '../../infra/doors.ts';
import { deployedFunctions } from '../../infra/service-function.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What anybody writes first: the client, one command, the default credential chain, bundled as the documentation says. */
const stockHandler = `
  import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
  const client = new DynamoDBClient({});
  export const handler = async (event) =>
    client.send(new GetItemCommand({ TableName: process.env.TABLE, Key: { pk: { S: event.pk } }, ConsistentRead: true }));
`;
const stockRecipe = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  minify: true,
  mainFields: ['module', 'main'],
  banner: recipe.banner,
  legalComments: 'none',
  metafile: true,
} as const satisfies BuildOptions;

/** What may be of the stock handler's bytes: less for a door that only verifies, without JWTs and without changing anything. */
function most(name: string): number {
  // Nobody waits for its start; it has what sends mails and renders them.
  if (name === 'schedule/sweep') return 1.3;
  // They verify, or do nothing, for APIs that are not ours: no door of the route table.
  if (name === 'http/authorize' || name === 'http/example-notes') return 0.75;
  const door = doors[name as HttpFunction] ?? { audit: [] };
  return door.signIn || door.audit ? 0.95 : 0.75;
}

/** Node's built-in modules that a door has no use for, and that cost it its cold start. */
const unwanted = /\b(undici|http2|child_process)\b/;

/** Read by Node's own loader, and by the SDK's store for what belongs to one invocation; neither says anything of ours. */
const readByOthers = [
  'WATCH_REPORT_DEPENDENCIES',
  'AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA',
  'AWS_LAMBDA_BENCHMARK_MODE',
];

describe('the bundles', () => {
  let directory: string;
  let doorBundles: Metafile;
  let stock: Metafile;
  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'bundles-'));
    const entryPoints = deployedFunctions.map((name) => ({ in: `functions/${name}.lambda.ts`, out: name }));
    const common = { outdir: directory, outExtension: { '.js': '.mjs' }, absWorkingDir: root } as const;
    ({ metafile: doorBundles } = await build({ ...recipe, ...common, entryPoints }));
    const stdin = { contents: stockHandler, resolveDir: root };
    ({ metafile: stock } = await build({ ...stockRecipe, outfile: path.join(directory, 'stock.mjs'), stdin }));
  });
  afterAll(() => rm(directory, { recursive: true }));

  describe.each(deployedFunctions)('of %s', (name) => {
    it('has few bytes beside a bare handler that is bundled the stock way', () => {
      const { bytes } = outputOf(doorBundles, `${name}.mjs`);
      expect(bytes / outputOf(stock, 'stock.mjs').bytes).toBeLessThanOrEqual(most(name));
    });

    it('holds the small zod, the credentials of the environment, and nothing of the chain that looks for others', () => {
      const output = outputOf(doorBundles, `${name}.mjs`);
      const inputs = Object.entries(output.inputs).flatMap(([file, { bytesInOutput }]) =>
        bytesInOutput > 0 ? [file] : [],
      );
      expect(inputs.length).toBeGreaterThan(3);
      expect(inputs.filter((file) => /\/zod\/(?!v4\/(core|mini|locales\/en\.)|mini)/.test(file))).toEqual([]);
      expect(inputs.filter((file) => /credential-provider-|nested-clients|lib-dynamodb/.test(file))).toEqual([]);
    });

    it('reads no environment, loads nothing that it does not need, and opens nothing when it is imported', async () => {
      const { environment, modules, open } = await importedAlone(path.join(directory, `${name}.mjs`));
      expect(environment.filter((variable) => !readByOthers.includes(variable))).toEqual([]);
      expect(modules.filter((module) => unwanted.test(module))).toEqual([]);
      expect(open).toEqual([]);
    });
  });

  it('are measured against a stock handler that does load what they leave out', async () => {
    const { modules } = await importedAlone(path.join(directory, 'stock.mjs'));
    for (const name of ['undici', 'http2', 'child_process'])
      expect(modules.filter((module) => module.includes(name)).length, name).toBeGreaterThan(0);
    const inputs = Object.keys(stock.inputs);
    expect(inputs.filter((file) => file.includes('credential-provider-')).length).toBeGreaterThan(0);
  });
});

function outputOf({ outputs }: Metafile, file: string): Metafile['outputs'][string] {
  const [output] = Object.entries(outputs).flatMap(([name, one]) => (name.endsWith(`/${file}`) ? [one] : []));
  if (!output) throw new Error(`There is no bundle ${file}.`);
  return output;
}

const ImportedSchema = z.object({
  environment: z.array(z.string()),
  modules: z.array(z.string()),
  open: z.array(z.string()),
});

/** Imports a bundle in a process of its own without any environment, and tells what that did. */
async function importedAlone(file: string): Promise<z.output<typeof ImportedSchema>> {
  const script = `
    const environment = [];
    const note = (_, name) => void environment.push(String(name));
    Object.defineProperty(process, 'env', { value: new Proxy({}, { get: note, has: note, ownKeys: () => (note('', '*'), []) }) });
    await import(${JSON.stringify(pathToFileURL(file).href)});
    const modules = [...process.moduleLoadList];
    const open = process.getActiveResourcesInfo();
    process.stdout.write(JSON.stringify({ environment, modules, open }));
  `;
  const args = ['--input-type=module', '--eval', script];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: {} });
  return ImportedSchema.parse(JSON.parse(stdout));
}
