import { BatchGetItemCommand, GetItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { dynamoClient } from '../functions/aws/storage/dynamo-client.ts';
import { credentialReader, now, uses } from '../functions/runtime/dependencies.ts';
import {
  type Verification,
  type VerificationDependencies,
  verifyCredential,
} from '../functions/verification/verify-credential.ts';
import { RunningSystem } from '../test/support/running-system.ts';
import { awsVariables, callOf, deployedDoor, httpEvent, presentStack } from './built-handlers.ts';
import { type Bar, block, compare, interleave, type Row, run } from './measure.ts';

const about =
  'Throughput of verification with 16 callers at a time, over what it asks of storage by the raw client: requests a second, and by CPU\n' +
  'time. One client configuration, one engine, asked directly. A token is one strong read; a token on a branch is one strong batch of two.';

const size = { calls: 160, callers: 16 };

async function measureVerification(rounds: number, sizes: Readonly<Record<string, number>>): Promise<readonly Row[]> {
  await presentStack({});
  const running = await RunningSystem.start();
  try {
    const samples = await interleave(await verifications(running, sizes['warm-up']), rounds);
    // The raw client's time over ours is our throughput over the raw client's.
    const rows = (ours: keyof typeof samples, raw: keyof typeof samples, bar?: { bar: Bar }): Row[] => [
      compare(samples, { of: raw, over: ours, by: ({ wall }) => wall, what: `${ours}, of ${raw}`, ...bar }),
      compare(samples, { of: raw, over: ours, by: ({ cpu }) => cpu, what: '  the same by CPU time', ...bar }),
    ];
    const bar = { bar: { atLeast: 0.6 } };
    return [
      ...rows('verify a token', 'strong read', bar),
      ...rows('verify on a branch', 'strong batch of 2', bar),
      ...rows('verify on a branch', 'strong read'),
      ...rows('GET /v3/environments', 'batch of 2 and list', bar),
      ...rows('GET /v3/environments', 'strong read'),
    ];
  } finally {
    await running.stop();
  }
}

async function verifications(running: RunningSystem, warmUp = 0) {
  const blocks = async (call: () => Promise<unknown>) => {
    await block(call, { ...size, calls: warmUp });
    return () => block(call, size);
  };
  const { system, stack } = running;
  const { uid, value } = await running.createToken();
  const { module, variables } = deployedDoor(system.stack, 'http/environments');
  Object.assign(process.env, variables, awsVariables(system.engine.endpoint));
  const deps = { credentials: credentialReader(), uses: uses(), now };
  const by = { client: 'bench', remote_addr: '127.0.0.1' };
  const need = { module: 'environment', access: 'read' } as const;
  const event = httpEvent('GET /v3/environments', { headers: { api_key: stack, authorization: value } });
  const raw = rawReads({ table: variables.TOKENS_TABLE ?? '', uid, stack });
  return {
    'strong read': await blocks(raw.read),
    'strong batch of 2': await blocks(raw.batch),
    'batch of 2 and list': await blocks(async () => [await raw.batch(), await raw.list()]),
    'verify a token': await blocks(() => verified(deps, { value, stack, by })),
    'verify on a branch': await blocks(() => verified(deps, { value, stack, need, by })),
    'GET /v3/environments': await blocks(await callOf(module, event)),
  };
}

async function verified(deps: VerificationDependencies, verification: Verification): Promise<void> {
  const { active } = await verifyCredential(deps, verification);
  if (!active) throw new Error('The token does not pass verification.');
}

/** What verification asks of storage, by the client that it uses and by nothing else. */
function rawReads({ table, uid, stack }: { table: string; uid: string; stack: string }) {
  const client = dynamoClient(() => true);
  const key = (pk: string, sk: string) => ({ pk: { S: pk }, sk: { S: sk } });
  const token = key(`TOKEN#${uid}`, 'META');
  const Keys = [token, key(`STACK#${stack}`, 'BRANCH#main')];
  const list = {
    TableName: table,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': { S: `ENVIRONMENTS#${stack}` } },
    ConsistentRead: true,
    Limit: 100,
  };
  return {
    read: () => client.send(new GetItemCommand({ TableName: table, Key: token, ConsistentRead: true })),
    batch: () => client.send(new BatchGetItemCommand({ RequestItems: { [table]: { Keys, ConsistentRead: true } } })),
    list: () => client.send(new QueryCommand(list)),
  };
}

await run({ about, rounds: 60, sizes: { 'warm-up': 2000 }, measure: measureVerification });
