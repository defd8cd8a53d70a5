/** What every use case of the product is given, over the simulated DynamoDB: the real repositories, and perhaps a bug. */
import { DynamoCredentialReader } from '../../functions/aws/dynamo-credential-reader.ts';
import { DynamoManagedSessions } from '../../functions/aws/dynamo-managed-sessions.ts';
import { DynamoRateWindows } from '../../functions/aws/dynamo-rate-windows.ts';
import { DynamoReconciliationRepository } from '../../functions/aws/dynamo-reconciliation-repository.ts';
import { DynamoRevocationRepository } from '../../functions/aws/dynamo-revocation-repository.ts';
import { DynamoSessionRepository } from '../../functions/aws/dynamo-session-repository.ts';
import { DynamoTokenRepository } from '../../functions/aws/dynamo-token-repository.ts';
import { EventBridgePublisher } from '../../functions/aws/event-bus.ts';
import { keysOf, type Tables } from '../../functions/aws/keys.ts';
import { createStorage } from '../../functions/aws/storage/storage.ts';
import type { EndSessionsDependencies } from '../../functions/sessions/end-sessions.ts';
import type { OpenSessionDependencies } from '../../functions/sessions/open-session.ts';
import type { ManagedSessions } from '../../functions/sessions/session-repository.ts';
import type { TokenDependencies } from '../../functions/tokens/token-repository.ts';
import type { SimulatedBus } from './simulated-bus.ts';
import type { SimulatedDynamo, TableSpec } from './simulated-dynamo.ts';

export type Client = Pick<SimulatedDynamo, 'send'>;
export type Dependencies = TokenDependencies &
  OpenSessionDependencies &
  EndSessionsDependencies & { readonly managed: ManagedSessions };
/** What an instance is for. */
export type Use = 'opening' | 'verification' | 'introspection' | 'round' | 'change';
/** A bug put between a use case and what it is given, on purpose. */
export type Tampering = (deps: Dependencies, use: Use) => Dependencies;

export const tables: Tables = { tokens: 'tokens', sessions: 'sessions', audit: 'audit', usage: 'usage' };
export const keys = keysOf(tables);
export const tableSpecs: TableSpec[] = Object.values(tables).map((name) => ({
  name,
  partitionKey: 'pk',
  sortKey: 'sk',
  ...(name === tables.tokens
    ? { indexes: { due: { partitionKey: 'due_shard', sortKey: 'due_at', projection: 'KEYS_ONLY' } } }
    : {}),
  ...(name === tables.audit
    ? { indexes: { by_subject: { partitionKey: 'subject', sortKey: 'sk', projection: 'ALL' } } }
    : {}),
}));

export interface Given extends Pick<Dependencies, 'now' | 'random'> {
  readonly client: Client;
  readonly bus: Pick<SimulatedBus, 'send'>;
  readonly pause: (ms: number) => Promise<void>;
}

export function dependenciesOver({ client, bus, pause, now, random }: Given): Dependencies {
  const options = { pause, jitter: () => 1 };
  const storage = createStorage(client, options);
  return {
    tokens: new DynamoTokenRepository(storage, tables),
    credentials: new DynamoCredentialReader(storage, tables),
    sessions: new DynamoSessionRepository(storage, tables, options),
    managed: new DynamoManagedSessions(storage, tables),
    windows: new DynamoRateWindows(storage, tables),
    revocations: new DynamoRevocationRepository(storage, tables),
    // The publisher asks its client for `PutEvents` alone.
    publisher: new EventBridgePublisher(bus as ConstructorParameters<typeof EventBridgePublisher>[0], 'bus', options),
    // What is noted of uses decides nothing, and has tests of its own.
    uses: { used: async () => {}, refused: async () => {}, usedDead: async () => {} },
    now,
    random,
    organization: { limits: { read: 10, write: 10 }, supportContact: 'support@example.test' },
  };
}

/** What is due is looked for as it is; the double has no scan, and no session. */
export class DueReceipts extends DynamoReconciliationRepository {
  override async scanSessions(): ReturnType<DynamoReconciliationRepository['scanSessions']> {
    return { sessions: [], next: null };
  }
}
