/** Instances of the function behind `/v3/environments` in this process, each with a client and a clock of its own, over the running system's engine. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes, randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Context } from 'aws-lambda';
import { DynamoCredentialReader } from '../../functions/aws/dynamo-credential-reader.ts';
import { DynamoEnvironmentRepository } from '../../functions/aws/dynamo-environment-repository.ts';
import { DynamoRateWindows } from '../../functions/aws/dynamo-rate-windows.ts';
import { createStorage } from '../../functions/aws/storage/storage.ts';
import type { HttpEvent } from '../../functions/http/chain/endpoint.ts';
import { createHandler } from '../../functions/http/environments.lambda.ts';
import { REGION } from '../../local/template/resource-types.ts';
import { sessionsTable } from './many-sessions.ts';
import type { RunningSystem } from './running-system.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
}

export interface Instance {
  /** Sends a request with a token at an instant, ms since the epoch, however many others are under way with instants of their own. */
  ask(request: { readonly method: 'GET' | 'POST'; readonly value: string; readonly at: number }): Promise<Answer>;
  stop(): void;
}

/** The instant at which the request came that is being handled. */
const arrived = new AsyncLocalStorage<number>();

/** @param ahead how many ms its clock is ahead */
export function startInstance(running: RunningSystem, ahead: number): Instance {
  const { front } = running.system;
  const credentials = front.credentialsFor(running.operator.roleOf('http/environments'));
  const client = new DynamoDBClient({ endpoint: front.endpoint, region: REGION, credentials });
  const storage = createStorage(client, { pause: async () => {}, jitter: () => 1 });
  const tables = { ...running.operator.tables, sessions: sessionsTable(running) };
  const handler = createHandler({
    credentials: new DynamoCredentialReader(storage, tables),
    environments: new DynamoEnvironmentRepository(storage, tables),
    windows: new DynamoRateWindows(storage, tables),
    now: () => new Date((arrived.getStore() ?? Number.NaN) + ahead),
    random: (bytes) => randomBytes(bytes),
    problemTypes: 'https://tokenward.example/problems/',
    uses: { used: async () => {}, refused: async () => {}, usedDead: async () => {} },
  });
  return {
    ask: async ({ method, value, at }) => {
      const event = eventOf(method, { authorization: value, api_key: running.stack });
      const context = { awsRequestId: randomUUID() } as Context;
      const { statusCode: status = 0, headers = {} } = await arrived.run(at, () => handler(event, context));
      return { status, headers: new Headers(Object.entries(headers).map(([name, value]) => [name, String(value)])) };
    },
    stop: () => client.destroy(),
  };
}

function eventOf(method: 'GET' | 'POST', headers: Readonly<Record<string, string>>): HttpEvent {
  const routeKey = `${method} /v3/environments`;
  const name = `environment-${randomUUID()}`;
  const gateway = { accountId: '', apiId: '', domainName: '', domainPrefix: '', requestId: '', time: '', timeEpoch: 0 };
  const http = { method, path: '/v3/environments', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: '' };
  return {
    version: '2.0',
    routeKey,
    rawPath: http.path,
    rawQueryString: '',
    headers: { 'content-type': 'application/json', ...headers },
    requestContext: { ...gateway, http, routeKey, stage: '$default' },
    ...(method === 'POST' ? { body: JSON.stringify({ environment: { name } }) } : {}),
    isBase64Encoded: false,
  };
}
