import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { type Clock, openClock } from './clock.ts';
import { type Front, startFront } from './front/front.ts';
import { type Home, openHome } from './home.ts';
import { type LocalEndpoints, localEndpoints } from './local-endpoints.ts';
import { requireFree } from './loopback.ts';
import { type Messaging, type MessagingOptions, openMessaging, type Triggers } from './messaging.ts';
import { AUDIENCE, CONSOLE_CLIENT, INTROSPECTION_SCOPE, MANAGEMENT_SCOPE, machines } from './people/accounts.ts';
import { type Issuer, startIssuer } from './people/issuer.ts';
import { type HttpApiOptions, httpApisOf, startHttpApi } from './services/api-gateway/http-api.ts';
import { type Distribution, openDistribution } from './services/cloudfront/distribution.ts';
import { type Engine, startEngine } from './services/dynamodb/engine.ts';
import { createTables } from './services/dynamodb/tables.ts';
import { type Functions, startFunctions } from './services/lambda/functions.ts';
import { type Mails, openMails } from './services/ses/mail.ts';
import { REGION } from './template/resource-types.ts';
import { type LocalStack, loadStack } from './template/template.ts';

/** The whole product on this machine. */
export interface System {
  /** of the API, without /v3 */
  readonly endpoint: string;
  /** of the template's other APIs, by their names */
  readonly otherApis: Readonly<Record<string, string>>;
  /** where people find the console */
  readonly console: string;
  readonly issuer: Issuer;
  readonly front: Front;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly functions: Functions;
  readonly stack: LocalStack;
  readonly home: Home;
  readonly bus: Messaging['bus'];
  readonly deadLetters: Messaging['deadLetters'];
  readonly mails: Pick<Mails, 'endpoint' | 'list' | 'find' | 'inject'>;
  readonly streams: Triggers['streams'];
  readonly schedules: Triggers['schedules'];
  /** Stops everything that was started, the last first. */
  close(): Promise<void>;
}
export interface SystemOptions {
  /** the directory */
  readonly home: string;
  /** of the API; any unless given */
  readonly port?: number;
  /** empties the home first */
  readonly fresh?: boolean;
  /** the synthesized cloud assembly, `cdk.out` unless given */
  readonly assembly?: string;
  /** where the engine is looked for (`TOKENWARD_DYNAMODB_ENDPOINT`, `DYNOXIDE_BIN`) */
  readonly env?: NodeJS.ProcessEnv;
  /** called with what goes wrong beside any request */
  readonly log?: (line: string) => void;
  /** workers of all functions together, unless there are to be as many as usual */
  readonly workers?: number | undefined;
  /** called when everything answers, before the system is ready */
  readonly seed?: (system: System) => Promise<void>;
}

type Closer = () => void | Promise<void>;

/** Starts the local system from a synthesized template. When a part cannot start, those that did are stopped. */
export async function startSystem(options: SystemOptions): Promise<System> {
  const closers: Closer[] = [];
  const close = async () => {
    for (let closer = closers.pop(); closer; closer = closers.pop()) await closer();
  };
  try {
    const system = { ...(await startParts(options, closers)), close };
    await options.seed?.(system);
    return system;
  } catch (error) {
    await close();
    throw error;
  }
}

async function startParts(options: SystemOptions, closers: Closer[]): Promise<Omit<System, 'close'>> {
  const { env = process.env, log = () => {} } = options;
  const home = openHome(options.home);
  closers.push(() => home.close());
  // Before anything is emptied or made: what cannot start takes nothing away.
  await requireFree(options.port ?? 0);
  if (options.fresh) home.empty();
  const clock = openClock(home);
  const site = await openDistribution(home);
  closers.push(() => site.close());
  const ofIssuer = { home, clock, console: site.endpoint };
  const [engine, issuer] = await startFirst({ file: home.path('engine.db'), env }, ofIssuer, closers);
  const stack = loadStack(options.assembly ?? 'cdk.out', { parameters: parametersOf(issuer, site) });
  const front = await startFront({ engine: engine.endpoint, stack });
  closers.push(() => front.close());
  const client = new DynamoDBClient({ endpoint: front.endpoint, region: REGION, credentials: front.operator });
  closers.push(() => client.destroy());
  await createTables(stack, client);
  const { triggers, ...services } = await startFunctionsOn(
    { stack, front, engine, clock, home, log, workers: options.workers },
    closers,
  );
  const { functions, mails } = services;
  const parts = {
    ...triggers.parts,
    home: home.check,
    mail: async () => mails.find(''),
    engine: () => client.send(new ListTablesCommand({ Limit: 1 })),
    issuer: () => fetch(issuer.jwksUrl, { signal: AbortSignal.timeout(1000) }),
  };
  const local: LocalEndpoints = new Map([
    ...localEndpoints({ clock, parts }),
    ...triggers.endpoints,
    ...mails.endpoints,
  ]);
  const apis = await startApis({ stack, functions, clock, local, port: options.port ?? 0 }, closers);
  site.serve(stack, apis.endpoint);
  const { streams, schedules } = triggers;
  const addresses = { ...apis, console: site.endpoint };
  return { ...addresses, issuer, front, engine, clock, stack, home, streams, schedules, ...services };
}

/** The product's API on the port that was asked for; others, which it protects, on any. */
async function startApis(options: HttpApiOptions, closers: Closer[]): Promise<Pick<System, 'endpoint' | 'otherApis'>> {
  const endpoints: [name: string, endpoint: string][] = [];
  for (const [at, { logicalId, properties }] of httpApisOf(options.stack).entries()) {
    const own = at === 0 ? {} : { local: undefined, port: 0 };
    const api = await startHttpApi({ ...options, ...own, api: logicalId });
    closers.push(() => api.close());
    endpoints.push([String(properties.Name), api.endpoint]);
  }
  const [[, endpoint] = ['', ''], ...otherApis] = endpoints;
  return { endpoint, otherApis: Object.fromEntries(otherApis) };
}

/** The functions, what they call beside storage, and what invokes them. */
async function startFunctionsOn(
  options: MessagingOptions & { front: Front } & Pick<SystemOptions, 'workers'>,
  closers: Closer[],
) {
  const messaging = await openMessaging(options);
  closers.push(() => messaging.close());
  const { bus, deadLetters } = messaging;
  const mails = await openMails(options);
  closers.push(() => mails.close());
  const endpoints = {
    AWS_ENDPOINT_URL_DYNAMODB: options.front.endpoint,
    AWS_ENDPOINT_URL_EVENTBRIDGE: bus.endpoint,
    AWS_ENDPOINT_URL_SESV2: mails.endpoint,
  };
  const functions = startFunctions({ ...options, logs: options.home.path('logs'), endpoints });
  closers.push(() => functions.close());
  const triggers = await messaging.start(functions);
  closers.push(() => triggers.stop());
  return { bus, deadLetters, mails, functions, triggers };
}

/** Waits for both also where one fails, so that the one that did start is stopped again. */
async function startFirst(
  ofEngine: Parameters<typeof startEngine>[0],
  ofIssuer: Parameters<typeof startIssuer>[0],
  closers: Closer[],
): Promise<[Engine, Issuer]> {
  const both = [startEngine(ofEngine), startIssuer(ofIssuer)] as const;
  const [engine, issuer] = await Promise.allSettled(both);
  if (engine.status === 'fulfilled') closers.push(() => engine.value.stop());
  if (issuer.status === 'fulfilled') closers.push(() => issuer.value.close());
  return await Promise.all(both);
}

function parametersOf(issuer: Issuer, site: Distribution): Record<string, string> {
  return {
    IssuerUrl: issuer.endpoint,
    JwksUrl: issuer.jwksUrl,
    Audience: [AUDIENCE, ...Object.values(machines).map(({ clientId }) => clientId)].join(','),
    IntrospectionScope: INTROSPECTION_SCOPE,
    ManagementScope: MANAGEMENT_SCOPE,
    ConsoleClientId: CONSOLE_CLIENT,
    SignInOrigins: issuer.endpoint,
    ConsoleUrl: site.endpoint,
  };
}
