import { once } from 'node:events';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { startEngine } from '../../../../local/services/dynamodb/engine.ts';
import { EndpointUnusable, EngineMissing, findEngine } from '../../../../local/services/dynamodb/find-engine.ts';
import { createTables } from '../../../../local/services/dynamodb/tables.ts';
import { stackOf } from '../../../../local/template/template.ts';
import { fixtureStack, scratchDirectory, table } from '../../fixture-stack.ts';

describe('the engine is looked for', () => {
  it('at an endpoint that is given, then at a binary that is given', () => {
    const env = { TOKENWARD_DYNAMODB_ENDPOINT: 'http://127.0.0.1:1', DYNOXIDE_BIN: process.execPath };
    expect(findEngine(env)).toEqual({ endpoint: 'http://127.0.0.1:1' });
    expect(findEngine({ DYNOXIDE_BIN: process.execPath })).toEqual({ binary: process.execPath });
  });

  it('and when there is none for the platform, the error has the command to install it', () => {
    const find = () => findEngine({}, { platform: 'solaris-sparc' });
    expect(find).toThrow(EngineMissing);
    expect(find).toThrow('npm install --no-save @dynoxide/solaris-sparc@1.2.1');
  });

  it.each(['127.0.0.1:8000', 'localhost:8000', 'https://dynamodb.example.com', 'nonsense'])(
    'and an endpoint that is not an http:// address is refused by its value: %s',
    (endpoint) => {
      const find = () => findEngine({ TOKENWARD_DYNAMODB_ENDPOINT: endpoint });
      expect(find).toThrow(EndpointUnusable);
      expect(find).toThrow(`TOKENWARD_DYNAMODB_ENDPOINT is ${endpoint}, which is not an http:// address.`);
    },
  );

  it('and an endpoint where no DynamoDB answers is refused by its value', async () => {
    const page = createServer((_, response) => response.end('<html>')).listen(0, '127.0.0.1');
    await once(page, 'listening');
    const { port } = page.address() as AddressInfo;
    const endpoint = `http://127.0.0.1:${port}`;
    const start = () => startEngine({ file: '', env: { TOKENWARD_DYNAMODB_ENDPOINT: endpoint } });
    const says = `TOKENWARD_DYNAMODB_ENDPOINT is ${endpoint}, where no DynamoDB answers`;
    await expect(start()).rejects.toThrow(says);
    page.close();
    page.closeAllConnections();
    await once(page, 'close');
    await expect(start()).rejects.toThrow(`${says} (ECONNREFUSED)`);
  });

  it('and a binary that does not exist is named', () => {
    expect(() => findEngine({ DYNOXIDE_BIN: '/nowhere/dynoxide' })).toThrow('DYNOXIDE_BIN names /nowhere/dynoxide');
  });

  it('and one that cannot run is reported with its reason', async () => {
    const directory = scratchDirectory();
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const started = startEngine({ file: join(directory, 'engine.db'), env: { DYNOXIDE_BIN: process.execPath } });
    await expect(started).rejects.toThrow('did not start');
  });
});

describe('on a file', () => {
  let directory: string;
  let file: string;
  beforeEach(() => {
    directory = scratchDirectory();
    file = join(directory, 'engine.db');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const start = async () => {
    const engine = await startEngine({ file, env: {} });
    const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
    const client = new DynamoDBClient({ endpoint: engine.endpoint, region: 'us-east-1', credentials });
    onTestFinished(async () => {
      client.destroy();
      await engine.stop();
    });
    return { engine, client };
  };
  const Key = { pk: { S: 'TOKEN#1' }, sk: { S: 'META' } };

  it('what was written is there after a restart, and the tables are kept', async () => {
    const first = await start();
    await createTables(fixtureStack, first.client);
    await first.client.send(new PutItemCommand({ TableName: 'Tokens', Item: Key }));
    await first.engine.stop();
    const second = await start();
    await createTables(fixtureStack, second.client);
    const { Item } = await second.client.send(new GetItemCommand({ TableName: 'Tokens', Key, ConsistentRead: true }));
    expect(Item).toEqual(Key);
  });

  it('an engine that a killed run left there is ended by the next start', async () => {
    const abandoned = await start();
    const { engine } = await start();
    await expect(abandoned.engine.exited).resolves.toBe('ended by SIGKILL');
    expect(engine.pid).not.toBe(abandoned.engine.pid);
  });

  it('a process that only has the pid of an engine of before is left alone', async () => {
    writeFileSync(`${file}.pid`, String(process.pid));
    await expect(start()).resolves.toBeDefined();
  });

  it('stream records are indexed, so that writes stay as fast as they were', async () => {
    await start();
    const database = new DatabaseSync(file, { readOnly: true });
    onTestFinished(() => database.close());
    const plan = database
      .prepare(
        'EXPLAIN QUERY PLAN SELECT MAX(CAST(sequence_number AS INTEGER)) FROM _stream_records WHERE table_name = ?',
      )
      .all('Tokens');
    expect(JSON.stringify(plan)).toContain('tokenward_stream_order');
  });

  it('an engine that keeps its stream records in another way is refused', async () => {
    const database = new DatabaseSync(file);
    database.exec('CREATE TABLE _stream_records (id INTEGER, table_name TEXT, sequence_number TEXT)');
    database.close();
    await expect(start()).rejects.toThrow(
      /_stream_records lacks event_name.*local\/services\/dynamodb\/stream-records\.ts/s,
    );
  });

  it('a table of another template is refused with the way out', async () => {
    const { client } = await start();
    await createTables(fixtureStack, client);
    const changed = stackOf(
      { Resources: { Tokens: table({ StreamSpecification: { Ref: 'AWS::NoValue' } }) } },
      { parameters: {} },
    );
    await expect(createTables(changed, client)).rejects.toThrow('start with --fresh');
  });

  it('a property of a table that is not supported is refused', async () => {
    const { client } = await start();
    const provisioned = stackOf({ Resources: { Tokens: table({ BillingMode: 'PROVISIONED' }) } }, { parameters: {} });
    await expect(createTables(provisioned, client)).rejects.toThrow(
      /GlobalTable Tokens is not supported as it is.*BillingMode/s,
    );
  });

  it('its stream is trimmed while it is written to, and no write fails or waits for long', async () => {
    const { engine, client } = await start();
    await createTables(fixtureStack, client);
    const put = (n: number) =>
      client.send(new PutItemCommand({ TableName: 'Tokens', Item: { ...Key, n: { N: String(n) } } }));
    for (let round = 1; round <= 20; round += 1) {
      const from = performance.now();
      const writes = Array.from({ length: 25 }, (_, at) => put(round * 100 + at));
      // Some are done then, and others under way: both sides have to lock the file.
      await Promise.any(writes);
      engine.trimStream('Tokens', String(round * 25 - 30));
      await Promise.all(writes);
      expect(performance.now() - from).toBeLessThan(5000);
    }
    const database = new DatabaseSync(file, { readOnly: true });
    const [first] = database
      .prepare('SELECT MIN(CAST(sequence_number AS INTEGER)) AS first FROM _stream_records')
      .all();
    database.close();
    expect(first?.first).toBe(20 * 25 - 29);
  });

  it('a stream is not trimmed in a file that was deleted', async () => {
    const { engine, client } = await start();
    await createTables(fixtureStack, client);
    rmSync(file);
    engine.trimStream('Tokens', '1');
    expect(existsSync(file)).toBe(false);
  });
});
