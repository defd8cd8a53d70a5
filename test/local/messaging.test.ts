import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { AttributeType, type ITable, StreamViewType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { EventBus, Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import {
  type CfnFunction,
  Code,
  FilterCriteria,
  FilterRule,
  Function as Lambda,
  Runtime,
  StartingPosition,
} from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { DynamoEventSource, SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openClock } from '../../local/clock.ts';
import { startFront } from '../../local/front/front.ts';
import { openHome } from '../../local/home.ts';
import { openMessaging } from '../../local/messaging.ts';
import { startEngine } from '../../local/services/dynamodb/engine.ts';
import { createTables } from '../../local/services/dynamodb/tables.ts';
import { startFunctions } from '../../local/services/lambda/functions.ts';
import { loadStack } from '../../local/template/template.ts';
import { scratchDirectory } from './fixture-stack.ts';

/** Without an SDK, so that nothing has to be bundled: publishes each record's sort key, with the function's own credentials. */
const ANNOUNCE = `export const handler = async ({ Records }) => {
  const Entries = Records.map(({ dynamodb }) => ({
    EventBusName: process.env.BUS, Source: 'fixture', DetailType: 'item.written', Detail: JSON.stringify({ key: dynamodb.Keys.sk.S }),
  }));
  const answer = await fetch(process.env.AWS_ENDPOINT_URL_EVENTBRIDGE, {
    method: 'POST',
    headers: { 'x-amz-target': 'AWSEvents.PutEvents', authorization: 'AWS4-HMAC-SHA256 Credential=' + process.env.AWS_ACCESS_KEY_ID + '/20000101/us-east-1/events/aws4_request' },
    body: JSON.stringify({ Entries }),
  });
  if (!answer.ok) throw new Error(await answer.text());
};`;
const NOTIFY = `export const handler = async ({ detail }) => { if (detail.key === 'RECEIPT#bad') throw new Error('no ' + detail.key); };`;
const SWEEP = `export const handler = async ({ time }) => ({ seen: time });`;

function synthesize(directory: string): string {
  const app = new App({ outdir: join(directory, 'cdk.out'), analyticsReporting: false });
  const stack = new Stack(app, 'Fixture');
  const lambda = (id: string, source: string, environment: Record<string, string> = {}) => {
    mkdirSync(join(directory, id));
    writeFileSync(join(directory, id, 'index.mjs'), source);
    const made = new Lambda(stack, id, {
      code: Code.fromAsset(join(directory, id)),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      environment,
      retryAttempts: 0,
      onFailure: new SqsDestination(lost),
    });
    (made.node.defaultChild as CfnFunction).addMetadata(
      'tokenward:function',
      id === 'sweep' ? 'schedule/sweep' : `stream/${id}`,
    );
    return made;
  };
  const lost = new Queue(stack, 'Lost', { enforceSSL: true, retentionPeriod: Duration.days(14) });
  const partitionKey = { name: 'pk', type: AttributeType.STRING };
  const sortKey = { name: 'sk', type: AttributeType.STRING };
  const table = new TableV2(stack, 'Table', {
    tableName: 'items',
    partitionKey,
    sortKey,
    dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES,
  });
  const bus = new EventBus(stack, 'Bus', { eventBusName: 'tokenward' });
  const announce = lambda('announce', ANNOUNCE, { BUS: bus.eventBusName });
  bus.grantPutEventsTo(announce);
  announce.addEventSource(
    // TableV2 is an ITable, but for exactOptionalPropertyTypes.
    new DynamoEventSource(table as ITable, {
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 10,
      maxBatchingWindow: Duration.seconds(0),
      maxRecordAge: Duration.hours(1),
      retryAttempts: 3,
      bisectBatchOnError: true,
      reportBatchItemFailures: true,
      parallelizationFactor: 2,
      onFailure: new SqsDlq(lost),
      filters: [
        FilterCriteria.filter({
          eventName: FilterRule.isEqual('INSERT'),
          dynamodb: { NewImage: { sk: { S: FilterRule.beginsWith('RECEIPT#') } } },
        }),
      ],
    }),
  );
  const target = new LambdaFunction(lambda('notify', NOTIFY), { retryAttempts: 3, deadLetterQueue: lost });
  new Rule(stack, 'Written', {
    eventBus: bus,
    eventPattern: { source: ['fixture'], detailType: ['item.written'] },
    targets: [target],
  });
  new Rule(stack, 'Sweep', {
    schedule: Schedule.rate(Duration.minutes(15)),
    targets: [new LambdaFunction(lambda('sweep', SWEEP))],
  });
  return app.synth().directory;
}

const directory = scratchDirectory();
const closers: (() => unknown)[] = [() => rmSync(directory, { recursive: true })];
afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

async function start() {
  const stack = loadStack(synthesize(directory), { parameters: {} });
  const home = openHome(join(directory, 'home'));
  closers.push(() => home.close());
  const clock = openClock(home);
  const engine = await startEngine({ file: home.path('engine.db'), env: {} });
  closers.push(() => engine.stop());
  const front = await startFront({ engine: engine.endpoint, stack });
  closers.push(() => front.close());
  const client = new DynamoDBClient({ endpoint: front.endpoint, region: 'us-east-1', credentials: front.operator });
  closers.push(() => client.destroy());
  await createTables(stack, client);
  const log = vi.fn();
  const messaging = await openMessaging({ stack, front, engine, clock, home, log });
  closers.push(() => messaging.close());
  const endpoints = { AWS_ENDPOINT_URL_EVENTBRIDGE: messaging.bus.endpoint };
  const functions = startFunctions({ stack, front, clock, logs: home.path('logs'), endpoints, log });
  closers.push(() => functions.close());
  // The regular look at the stream never comes, so that what is delivered was told of by the front.
  vi.useFakeTimers({ toFake: ['setInterval'] });
  const triggers = await messaging.start(functions);
  vi.useRealTimers();
  closers.push(() => triggers.stop());
  const put = (sk: string) =>
    client.send(new PutItemCommand({ TableName: 'items', Item: { pk: { S: 'p' }, sk: { S: sk } } }));
  const rest = { json: undefined, query: new URLSearchParams(), headers: {} };
  const ask = (key: string, pathParameters = {}) => triggers.endpoints.get(key)?.({ pathParameters, ...rest });
  return { ...messaging, ...triggers, functions, clock, put, ask };
}

let system: Awaited<ReturnType<typeof start>>;
beforeAll(async () => {
  system = await start();
});

test('a write goes by the stream, a function, the bus and a rule to another function, whose failure is in the queue', async () => {
  const { put, streams, ask, deadLetters, bus } = system;
  for (const sk of ['META', 'RECEIPT#good', 'RECEIPT#bad']) await put(sk);
  await streams.idle();
  const keys = bus.events().map(({ detail }) => detail.key);
  expect(keys).toEqual(expect.arrayContaining(['RECEIPT#good', 'RECEIPT#bad']));
  expect(keys).not.toContain('META');
  expect(await ask('GET /_local/events')).toEqual({ json: { events: bus.events() } });
  expect(deadLetters.list()).toMatchObject([{ body: { requestPayload: { detail: { key: 'RECEIPT#bad' } } } }]);
  expect(await ask('GET /_local/dead-letters')).toEqual({ json: { dead_letters: deadLetters.list() } });
});

test('nobody has to ask for it', async () => {
  const { put, bus } = system;
  const before = bus.events().length;
  await put('RECEIPT#prompt');
  await vi.waitFor(() => expect(bus.events()).toHaveLength(before + 1), { interval: 5 });
});

test('a function that is crashed at its call is given the batch again', async () => {
  const { put, streams, bus, functions } = system;
  const crashes: Promise<void>[] = [];
  bus.inject({
    kind: 'lose-answer',
    times: 2,
    when: () => {
      crashes.push(functions.crash('stream/announce'));
      return true;
    },
  });
  await put('RECEIPT#crash');
  await streams.idle();
  await Promise.all(crashes);
  expect(bus.events({ detail: { key: ['RECEIPT#crash'] } })).toHaveLength(3);
});

test('a schedule is run by its name, with the time of the clock', async () => {
  const { ask, clock } = system;
  clock.to('2999-01-01T00:00:00Z');
  expect(await ask('POST /_local/schedules/{name}', { name: 'sweep' })).toEqual({
    status: 200,
    json: {
      name: 'sweep',
      time: expect.stringMatching(/^2999-01-01T/),
      result: { seen: expect.stringMatching(/^2999-01-01T/) },
    },
  });
});

test('a schedule that there is not is answered with those that there are', async () => {
  const answer = await system.ask('POST /_local/schedules/{name}', { name: 'weep' });
  expect(answer).toMatchObject({ status: 404, json: { names: ['sweep'] } });
});

test('the parts say that they are up', async () => {
  for (const check of Object.values(system.parts)) await expect(check()).resolves.not.toThrow();
});
