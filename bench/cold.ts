import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import * as z from 'zod';
import { type HttpFunction, type RouteKey, routes } from '../functions/http/chain/routes.ts';
import { mintSessionValue } from '../functions/values/token-value.ts';
import { doors } from '../infra/doors.ts';
import { closeServer, listen } from '../local/loopback.ts';
import { AUDIENCE, INTROSPECTION_SCOPE, MANAGEMENT_SCOPE } from '../local/people/accounts.ts';
import { awsVariables, bundleBare, context, deployedDoor, httpEvent, presentStack } from './built-handlers.ts';
import { type Bar, compare, exactly, interleave, type Row, run } from './measure.ts';

/** One process that starts cold: what it imports, what it is asked, its environment. */
interface ColdStart {
  readonly module: string;
  readonly event: object;
  readonly variables: Readonly<Record<string, string>>;
}

const ColdSampleSchema = z.object({
  init: z.number(),
  initCpu: z.number(),
  total: z.number(),
  totalCpu: z.number(),
  builtIns: z.number(),
  heavy: z.array(z.string()),
  status: z.number(),
});
type ColdSample = z.infer<typeof ColdSampleSchema>;

const about =
  'Cold start of every HTTP door, over a bare client-dynamodb handler bundled the stock way: import of the bundle (init), the same ' +
  'in CPU time,\nand import with the first invocation against a stand-in for the engine. The bare handler makes its client at import.';

async function measureColdStarts(rounds: number): Promise<readonly Row[]> {
  const directory = await mkdtemp(path.join(tmpdir(), 'tokenward-bench-'));
  const standIn = await startStandIn();
  try {
    const starts = await coldStarts(directory, standIn);
    const variants = Object.fromEntries(Object.entries(starts).map(([name, start]) => [name, () => startCold(start)]));
    const samples = await interleave(variants, rounds);
    return [...(await bundleRows(starts)), ...coldRows(samples)];
  } finally {
    await closeServer(standIn.server);
    await rm(directory, { recursive: true });
  }
}

const bare = 'bare, stock';
const names = Object.keys(routes) as HttpFunction[];
const barOf = (name: HttpFunction): Bar => ({ atMost: doors[name].signIn ? 0.95 : 0.75 });

async function coldStarts(directory: string, { endpoint, jwt }: StandIn): Promise<Record<string, ColdStart>> {
  const parameters = {
    IssuerUrl: endpoint,
    JwksUrl: endpoint,
    Audience: AUDIENCE,
    IntrospectionScope: INTROSPECTION_SCOPE,
    ManagementScope: MANAGEMENT_SCOPE,
  };
  const stack = await presentStack(parameters);
  const stock = (await bundleBare(directory, 'stock'))('strong-read');
  const aws = awsVariables(endpoint);
  const ofDoor = (name: HttpFunction): [string, ColdStart] => {
    const { module, variables } = deployedDoor(stack, name);
    return [name, { module, event: firstEvent(name, jwt), variables: { ...variables, ...aws } }];
  };
  const ofBare = { module: stock, event: { pk: 'TOKEN#blt' }, variables: { ...aws, TOKENS_TABLE: 'tokens' } };
  return { ...Object.fromEntries(names.map(ofDoor)), [bare]: ofBare };
}

/** A request that reaches storage, with a JWT or with a session's value. Init is the same for all routes of a function. */
function firstEvent(name: HttpFunction, jwt: string): object {
  const keys: readonly RouteKey[] = routes[name];
  const key = keys.find((one) => one.startsWith('DELETE') || one.startsWith('GET')) ?? keys[0] ?? '$default';
  const authorization = doors[name].signIn ? `Bearer ${jwt}` : unknownValue;
  const headers = { api_key: unknownUid, authorization, 'content-type': 'application/x-www-form-urlencoded' };
  return httpEvent(key, { headers, body: `token=${unknownValue}`, uid: unknownUid });
}

const unknownUid = 'blt0123456789abcdef';
const unknownValue = mintSessionValue(unknownUid, unknownUid, (bytes) => randomBytes(bytes));

const child = fileURLToPath(new URL('cold-start.mjs', import.meta.url));

async function startCold({ module, event, variables }: ColdStart): Promise<ColdSample> {
  const argument = JSON.stringify({ module, event, context });
  const { stdout } = await promisify(execFile)(process.execPath, [child, argument], { env: { ...variables } });
  const sample = ColdSampleSchema.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
  if (sample.status >= 500) throw new Error(`The first invocation of ${module} answered ${sample.status}:\n${stdout}`);
  return sample;
}

interface StandIn {
  readonly server: Server;
  readonly endpoint: string;
  /** A member's and a service's, signed with the key that it publishes. */
  readonly jwt: string;
}

/** Stands in for the engine, where nothing is found, and for the issuer. */
async function startStandIn(): Promise<StandIn> {
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'bench', alg: 'RS256' }] });
  const server = createServer((request, response) => {
    request.resume();
    response.setHeader('content-type', 'application/json').end(request.method === 'GET' ? keys : '{}');
  });
  await listen(server, 0);
  const { port } = server.address() as AddressInfo;
  const endpoint = `http://127.0.0.1:${port}`;
  const jwt = await new SignJWT({ scope: `${INTROSPECTION_SCOPE} ${MANAGEMENT_SCOPE}` })
    .setProtectedHeader({ alg: 'RS256', kid: 'bench' })
    .setIssuer(endpoint)
    .setAudience(AUDIENCE)
    .setSubject('bench')
    .setExpirationTime('1h')
    .sign(privateKey);
  return { server, endpoint, jwt };
}

async function bundleRows(starts: Readonly<Record<string, ColdStart>>): Promise<Row[]> {
  const bytesOf = async (name: string) => (await stat(starts[name]?.module ?? '')).size;
  const stock = await bytesOf(bare);
  return await Promise.all(
    names.map(async (name) => {
      const bytes = await bytesOf(name);
      const sides = `${Math.round(bytes / 1000)} / ${Math.round(stock / 1000)} kB`;
      return { what: `${name}, bundle`, estimate: exactly(bytes / stock), bar: barOf(name), sides };
    }),
  );
}

function coldRows(samples: Readonly<Record<string, readonly ColdSample[]>>): Row[] {
  const loadedBy = (name: string) => samples[name]?.[0]?.builtIns;
  return names.flatMap((name): Row[] => {
    const sides = { of: name, over: bare };
    const bar = barOf(name);
    const init = compare(samples, { ...sides, bar, by: (one) => one.init, what: `${name}, init` });
    const heavy = samples[name]?.[0]?.heavy.join(' ') || 'none heavy';
    return [
      { ...init, sides: `${init.sides}; ${loadedBy(name)} / ${loadedBy(bare)} built-ins, ${heavy}` },
      compare(samples, { ...sides, bar, by: (one) => one.initCpu, what: '  the same in CPU time' }),
      compare(samples, { ...sides, by: (one) => one.total, what: '  with the first call' }),
    ];
  });
}

await run({ about, rounds: 25, measure: measureColdStarts });
