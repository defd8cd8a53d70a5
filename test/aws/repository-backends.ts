import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoAuditLog } from '../../functions/aws/dynamo-audit-log.ts';
import { DynamoCredentialReader } from '../../functions/aws/dynamo-credential-reader.ts';
import { DynamoDigestRepository } from '../../functions/aws/dynamo-digest-repository.ts';
import { DynamoDueRevocations } from '../../functions/aws/dynamo-due-revocations.ts';
import { DynamoEnvironmentRepository } from '../../functions/aws/dynamo-environment-repository.ts';
import { DynamoHygieneRepository } from '../../functions/aws/dynamo-hygiene-repository.ts';
import { DynamoInvitations } from '../../functions/aws/dynamo-invitations.ts';
import { DynamoNoticeRepository } from '../../functions/aws/dynamo-notice-repository.ts';
import { DynamoPersonRepository } from '../../functions/aws/dynamo-person-repository.ts';
import { DynamoStackChanges } from '../../functions/aws/dynamo-stack-changes.ts';
import { DynamoStackRepository } from '../../functions/aws/dynamo-stack-repository.ts';
import { DynamoTokenRepository } from '../../functions/aws/dynamo-token-repository.ts';
import type { Tables } from '../../functions/aws/keys.ts';
import { createStorage, type Storage } from '../../functions/aws/storage/storage.ts';
import type { HttpFunction } from '../../functions/http/chain/routes.ts';
import { type Front, startFront } from '../../local/front/front.ts';
import { startEngine } from '../../local/services/dynamodb/engine.ts';
import { createTables } from '../../local/services/dynamodb/tables.ts';
import { type LocalStack, loadStack } from '../../local/template/template.ts';
import { SimulatedDynamo, type TableSpec } from '../simulation/simulated-dynamo.ts';
import { presentAssembly } from '../support/present-assembly.ts';

/** The repositories as the deployed functions have them, each with the rights of a function that uses it. */
export interface Repositories {
  /** Of the function that changes tokens. */
  readonly tokens: DynamoTokenRepository;
  /** Of the function that only reads them. */
  readonly tokenReads: DynamoTokenRepository;
  /** Of the function that creates and shows stacks. */
  readonly stacks: DynamoStackRepository;
  /** Of the operator: a function makes members by invitation only. */
  readonly people: DynamoStackRepository;
  /** Of the function that changes stacks and their people. */
  readonly changes: DynamoStackChanges;
  /** Of the function that shows stacks, where invitations are taken up. */
  readonly invitations: DynamoInvitations;
  readonly visitors: DynamoPersonRepository;
  readonly auditLog: DynamoAuditLog;
  readonly credentials: DynamoCredentialReader;
  readonly environments: DynamoEnvironmentRepository;
  /** Of the sweep, which cleans up; its are notices and digests, too. */
  readonly cleaner: DynamoTokenRepository;
  readonly notices: DynamoNoticeRepository;
  readonly digests: DynamoDigestRepository;
  readonly dueRevocations: DynamoDueRevocations;
  /** Of the function for hygiene settings. */
  readonly hygiene: DynamoHygieneRepository;
  /** Everything, to see what is stored. */
  readonly storage: Storage;
  readonly tables: Tables;
  close(): Promise<void>;
}

type Who = HttpFunction | 'schedule/sweep' | 'schedule/receipts' | 'operator';
type Client = Pick<DynamoDBClient, 'send'>;

/**
 * The double: state, conditions and transactions judged in this process.
 * @param retries of the SDK, after a request that was not answered
 */
export async function onTheDouble(retries = 0): Promise<Repositories & { readonly dynamo: SimulatedDynamo }> {
  const tables: Tables = { tokens: 'tokens', sessions: 'sessions', audit: 'audit', usage: 'usage' };
  const specs = Object.values(tables).map((name) => ({ name, partitionKey: 'pk', sortKey: 'sk' }));
  const due = { due: { partitionKey: 'due_shard', sortKey: 'due_at', projection: 'KEYS_ONLY' } } as const;
  const bySubject = { by_subject: { partitionKey: 'subject', sortKey: 'sk', projection: 'ALL' } } as const;
  const indexes = new Map<string, TableSpec['indexes']>([
    [tables.tokens, due],
    [tables.audit, bySubject],
  ]);
  const dynamo = new SimulatedDynamo({
    tables: specs.map((spec) => ({ ...spec, indexes: indexes.get(spec.name) ?? {} })),
    transactionsConflict: true,
    retries,
  });
  return { ...repositoriesOver(() => dynamo, tables), dynamo, close: async () => {} };
}

/** The real engine, through the front: each repository with the rights that the template gives to a function, and no more. */
export async function onTheEngine(): Promise<Repositories> {
  const directory = await mkdtemp(path.join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'repositories-'));
  const engine = await startEngine({ file: path.join(directory, 'engine.db'), env: process.env });
  const stack = loadStack(await presentAssembly(), { parameters: {} });
  const front = await startFront({ engine: engine.endpoint, stack });
  const clients: DynamoDBClient[] = [];
  const clientOf = (who: Who): DynamoDBClient => {
    const credentials = who === 'operator' ? front.operator : credentialsOf(who, { stack, front });
    const client = new DynamoDBClient({ endpoint: front.endpoint, region: 'us-east-1', credentials });
    clients.push(client);
    return client;
  };
  await createTables(stack, clientOf('operator'));
  return {
    ...repositoriesOver(clientOf, tablesOf(stack)),
    close: async () => {
      for (const client of clients) client.destroy();
      await front.close();
      await engine.stop();
      await rm(directory, { recursive: true });
    },
  };
}

function repositoriesOver(clientOf: (who: Who) => Client, tables: Tables): Omit<Repositories, 'close'> {
  const storageOf = (who: Who) => createStorage(clientOf(who), { pause: async () => {}, jitter: () => 1 });
  const storage = storageOf('operator');
  const programs = storageOf('http/environments');
  return {
    tokens: new DynamoTokenRepository(storageOf('http/change-tokens'), tables),
    tokenReads: new DynamoTokenRepository(storageOf('http/read-tokens'), tables),
    stacks: new DynamoStackRepository(storageOf('http/stacks'), tables),
    people: new DynamoStackRepository(storage, tables),
    changes: new DynamoStackChanges(storageOf('http/change-stacks'), tables),
    invitations: new DynamoInvitations(storageOf('http/stacks'), tables),
    visitors: new DynamoPersonRepository(storageOf('http/stacks'), tables),
    auditLog: new DynamoAuditLog(clientOf('http/audit-logs'), storageOf('http/audit-logs'), tables),
    credentials: new DynamoCredentialReader(programs, tables),
    environments: new DynamoEnvironmentRepository(programs, tables),
    cleaner: new DynamoTokenRepository(storageOf('schedule/sweep'), tables),
    notices: new DynamoNoticeRepository(clientOf('schedule/sweep'), storageOf('schedule/sweep'), tables),
    digests: new DynamoDigestRepository(storageOf('schedule/sweep'), tables),
    dueRevocations: new DynamoDueRevocations(clientOf('schedule/receipts'), tables),
    hygiene: new DynamoHygieneRepository(storageOf('http/token-hygiene'), tables),
    storage,
    tables,
  };
}

function credentialsOf(name: Exclude<Who, 'operator'>, { stack, front }: { stack: LocalStack; front: Front }) {
  const found = stack
    .ofType('AWS::Lambda::Function')
    .find(({ metadata }) => metadata['tokenward:function'] === name)?.properties;
  const role = stack.ofType('AWS::IAM::Role').find(({ name: own }) => String(found?.Role).endsWith(`:role/${own}`));
  if (!role) throw new Error(`The template has no function ${name} with a role.`);
  return front.credentialsFor(role.logicalId);
}

function tablesOf(stack: LocalStack): Tables {
  const named = (prefix: string) => {
    const table = stack.ofType('AWS::DynamoDB::GlobalTable').find(({ logicalId }) => logicalId.startsWith(prefix));
    if (!table) throw new Error(`The template has no table ${prefix}.`);
    return table.name;
  };
  return {
    tokens: named('DataTokens'),
    sessions: named('DataSessions'),
    audit: named('DataAudit'),
    usage: named('DataUsage'),
  };
}
