import { randomBytes } from 'node:crypto';
import { BatchWriteItemCommand, QueryCommand, type WriteRequest } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { keysOf, sessionPartition } from '../../functions/aws/keys.ts';
import { variables } from '../../functions/runtime/env.ts';
import { digestOf, mintSessionValue, mintUid } from '../../functions/values/token-value.ts';
import { lifetimeMs, type Session, shards } from '../../functions/verification/session.ts';
import type { RunningSystem } from './running-system.ts';

const random = (bytes: number) => randomBytes(bytes);
const mostPerRequest = 25;
const requestsAtOnce = 4;

export interface Sessions {
  readonly count: number;
  /** All in this one; in any unless given. */
  readonly shard?: string;
}

/**
 * More sessions than a test has the time to open: rows as opening puts them, of the token's present epoch, put behind the product's
 * back. @returns their uids
 */
export async function manySessions(running: RunningSystem, token: string, sessions: Sessions): Promise<string[]> {
  const { operator } = running;
  const { api_key, epoch } = await operator.token(token);
  const table = sessionsTable(running);
  const now = running.system.clock.now();
  const rows = Array.from({ length: sessions.count }, () =>
    rowOf({ token_uid: token, api_key, epoch }, { table, now, shard: sessions.shard }),
  );
  const requests = Array.from({ length: Math.ceil(rows.length / mostPerRequest) }, (_, at) =>
    rows.slice(at * mostPerRequest, (at + 1) * mostPerRequest).map(({ put }) => put),
  );
  const lane = async () => {
    for (let puts = requests.pop(); puts; puts = requests.pop())
      await operator.client.send(new BatchWriteItemCommand({ RequestItems: { [table]: puts } }));
  };
  await Promise.all(Array.from({ length: requestsAtOnce }, lane));
  return rows.map(({ uid }) => uid);
}

function rowOf(
  token: Pick<Session, 'token_uid' | 'api_key' | 'epoch'>,
  { table, now, shard }: { table: string; now: Date; shard: string | undefined },
): { uid: string; put: WriteRequest } {
  const minted = mintUid(random);
  const uid = shard === undefined ? minted : `blt${shard}${minted.slice(4)}`;
  const expires = now.getTime() + lifetimeMs;
  const { pk, sk } = keysOf({ tokens: '', sessions: table, audit: '', usage: '' }).session(token.token_uid, uid);
  const session: Session = {
    ...token,
    uid,
    digest: digestOf(mintSessionValue(token.token_uid, uid, random)),
    client: 'copy',
    remote_addr: '127.0.0.1',
    opened_at: now.toISOString(),
    expires_at: new Date(expires).toISOString(),
  };
  return { uid, put: { PutRequest: { Item: marshall({ pk, sk, ...session, ttl: Math.ceil(expires / 1000) }) } } };
}

/** How many rows a token's sessions have. */
export async function sessionRows(running: RunningSystem, token: string): Promise<number> {
  const counts = await Promise.all(
    shards.map((shard) =>
      running.operator.client.send(
        new QueryCommand({
          TableName: sessionsTable(running),
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': { S: sessionPartition(token, shard) } },
          ConsistentRead: true,
          Limit: 1000,
          Select: 'COUNT',
        }),
      ),
    ),
  );
  return counts.reduce((sum, { Count = 0 }) => sum + Count, 0);
}

/** The sessions table's physical name. */
export function sessionsTable({ system }: Pick<RunningSystem, 'system'>): string {
  const environments = system.stack.ofType('AWS::Lambda::Function').map(({ properties }) => {
    const { Environment } = properties as { Environment?: { Variables?: Record<string, string> } };
    return Environment?.Variables?.[variables.sessionsTable];
  });
  const name = environments.find((value) => value !== undefined);
  if (name === undefined) throw new Error('No function is given the sessions table.');
  return name;
}
