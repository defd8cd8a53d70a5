import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { StoredItem } from './operator.ts';
import type { RunningSystem } from './running-system.ts';

/** What the world was told of a token, and what storage has of its revocations. */
export interface ToldRevocation {
  /** Types of all events, without repeats of an id, in the order of their publishing. */
  readonly types: readonly string[];
  /** Uids in `sessions.revoked`, each once. */
  readonly sessions: readonly string[];
  /** Sums of the last figures told. */
  readonly completed: readonly { readonly total: number; readonly ended: number; readonly remaining: number }[];
  /** Of the token, oldest first. */
  readonly receipts: readonly StoredItem[];
}

/** Collects it, when everything is at rest. */
export async function toldOf(running: RunningSystem, token: string): Promise<ToldRevocation> {
  await running.system.streams.idle();
  const published = running.system.bus
    .events({ detail: { data: { token_uid: [token] } } })
    .reverse()
    .map(({ detail }) => detail as unknown as Told);
  const once = [...new Map(published.map((event) => [event.id, event])).values()];
  const { Items = [] } = await running.operator.client.send(
    new QueryCommand({
      TableName: running.operator.tables.tokens,
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :receipt)',
      ExpressionAttributeValues: { ':pk': { S: `TOKEN#${token}` }, ':receipt': { S: 'RECEIPT#' } },
      ConsistentRead: true,
      Limit: 100,
    }),
  );
  return {
    types: once.map(({ type }) => type),
    sessions: [...new Set(once.flatMap(({ data }) => data.sessions ?? []))],
    completed: once.flatMap(({ data }) => data.receipt?.sessions ?? []),
    receipts: Items.map((item) => unmarshall(item) as StoredItem),
  };
}

interface Told {
  readonly id: string;
  readonly type: string;
  readonly data: {
    readonly sessions?: readonly string[];
    readonly receipt?: { readonly sessions: ToldRevocation['completed'][number] };
  };
}
