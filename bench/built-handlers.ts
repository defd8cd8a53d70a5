import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import * as z from 'zod';
import type { HttpFunction } from '../functions/http/chain/routes.ts';
import { recipe } from '../infra/bundle.ts';
import { REGION } from '../local/template/resource-types.ts';
import { synthesizeIfChanged } from '../local/template/synthesize.ts';
import { type LocalStack, loadStack } from '../local/template/template.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** A deployed function as the template has it: its bundle, and its environment. */
export interface DeployedDoor {
  readonly module: string;
  readonly variables: Readonly<Record<string, string>>;
}

const FunctionSchema = z.looseObject({
  Code: z.looseObject({ S3Key: z.string() }),
  Environment: z.looseObject({ Variables: z.record(z.string(), z.string()) }),
});

/** The template of the present sources. */
export async function presentStack(parameters: Readonly<Record<string, string>>): Promise<LocalStack> {
  return loadStack(await synthesizeIfChanged(root), { parameters });
}

export function deployedDoor(stack: LocalStack, name: HttpFunction): DeployedDoor {
  const resource = stack
    .ofType('AWS::Lambda::Function')
    .find(({ metadata }) => metadata['tokenward:function'] === name);
  const { Code, Environment } = FunctionSchema.parse(resource?.properties);
  return { module: path.join(stack.assetDirectory(Code.S3Key), 'index.mjs'), variables: Environment.Variables };
}

type Handler = (event: object, context: object) => Promise<{ readonly statusCode: number }>;
const ModuleSchema = z.object({ handler: z.custom<Handler>((value) => typeof value === 'function') });

/** A call of a built handler in this process. It throws where the answer is not 200: a refusal is not what is measured. */
export async function callOf(module: string, event: object): Promise<() => Promise<void>> {
  const { handler } = ModuleSchema.parse(await import(module));
  return async () => {
    const { statusCode } = await handler(event, context);
    if (statusCode !== 200) throw new Error(`${module} answers ${statusCode} and not 200.`);
  };
}

/** What an SDK client reads of the environment, with credentials that nothing checks. */
export function awsVariables(endpoint: string): Readonly<Record<string, string>> {
  return {
    AWS_REGION: REGION,
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    AWS_ACCESS_KEY_ID: 'LOCALBENCH',
    AWS_SECRET_ACCESS_KEY: 'not-verified',
    AWS_SESSION_TOKEN: 'not-verified',
  };
}

/**
 * Bundles the bare handlers of `bench/bare/` into a directory, by the product's recipe or the stock way: what esbuild does for an
 * ES module with its usual good options, and none of the recipe's aliases and plugins.
 * @returns the path of a handler's bundle
 */
export async function bundleBare(outdir: string, way: 'stock' | 'recipe'): Promise<(name: BareHandler) => string> {
  const { alias, plugins, ...stock } = recipe;
  await build({
    entryPoints: bareHandlers.map((name) => path.join(root, 'bench', 'bare', `${name}.ts`)),
    outdir: path.join(outdir, way),
    outExtension: { '.js': '.mjs' },
    absWorkingDir: root,
    ...stock,
    ...(way === 'recipe' ? { alias, plugins: [...plugins] } : {}),
  });
  return (name) => path.join(outdir, way, `${name}.mjs`);
}

const bareHandlers = ['strong-read', 'environment-reads'] as const;
type BareHandler = (typeof bareHandlers)[number];

/** What doors read of the context that Lambda gives them. There is always as much time left as a door has. */
export const context = {
  awsRequestId: '00000000-0000-4000-8000-000000000000',
  getRemainingTimeInMillis: () => 25_000,
};

/** A request as API Gateway's HTTP API sends it, payload format 2.0. */
export function httpEvent(
  routeKey: string,
  { headers, body, uid }: { headers: Readonly<Record<string, string>>; body?: string; uid?: string },
): object {
  const [method = 'GET', path = '/'] = routeKey.split(' ');
  const http = { method, path, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'bench' };
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: '',
    headers: { ...headers },
    requestContext: { http },
    isBase64Encoded: false,
    ...(body === undefined ? {} : { body }),
    ...(uid === undefined ? {} : { pathParameters: { uid } }),
  };
}
