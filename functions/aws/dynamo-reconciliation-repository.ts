import {
  type DynamoDBClient,
  QueryCommand,
  type QueryCommandInput,
  type QueryCommandOutput,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { ReconciliationRepository } from '../sessions/reconcile.ts';
import type { Session } from '../sessions/session.ts';
import type { Token } from '../tokens/token.ts';
import { answered } from './answers.ts';
import { receiptFrom, sessionFrom, tokenFrom } from './items.ts';
import { type Keys, keysOf, type Tables } from './keys.ts';
import type { Reads } from './reads.ts';

const pageSize = 100;
const mostReceipts = 100;
const shards = Array.from({ length: 16 }, (_, shard) => String(shard));

/** Goes through the sessions, and through what is due: an index only says where to look, base items decide. */
export class DynamoReconciliationRepository implements ReconciliationRepository {
  readonly #client: Pick<DynamoDBClient, 'send'>;
  readonly #reads: Reads;
  readonly #keys: Keys;
  readonly #tables: Tables;

  constructor(client: Pick<DynamoDBClient, 'send'>, reads: Reads, tables: Tables) {
    this.#client = client;
    this.#reads = reads;
    this.#tables = tables;
    this.#keys = keysOf(tables);
  }

  async scanSessions(from: string | null): Promise<{ sessions: readonly Session[]; next: string | null }> {
    const start = from === null ? {} : { ExclusiveStartKey: JSON.parse(from) };
    const input = { TableName: this.#tables.sessions, Limit: pageSize, ConsistentRead: true, ...start };
    const { Items: items = [], LastEvaluatedKey: last } = await answered(() =>
      this.#client.send(new ScanCommand(input)),
    );
    const sessions = items.flatMap((item) => sessionFrom(unmarshall(item)) ?? []);
    return { sessions, next: last ? JSON.stringify(last) : null };
  }

  async tokens(uids: readonly string[]): Promise<readonly (Token | null)[]> {
    return (await this.#reads.read(uids.map((uid) => this.#keys.token(uid)))).map(tokenFrom);
  }

  async dueReceipts(now: Date, hasTime: () => boolean): Promise<readonly { token: string; operation: string }[]> {
    const found = await Promise.all(shards.map((shard) => this.#dueReceiptsIn(shard, now, hasTime)));
    return found.flat();
  }

  async isRevocationUnderWay(token: string): Promise<boolean> {
    const { table, pk, sk: prefix } = this.#keys.receipt(token, '');
    const receipts = await this.#reads.query({ table, pk, prefix, newestFirst: true, limit: mostReceipts });
    return receipts.some((item) => receiptFrom(item)?.state !== 'completed');
  }

  /** To the end of what is due: however many tokens are due before it, a receipt is found. */
  async #dueReceiptsIn(shard: string, now: Date, hasTime: () => boolean) {
    const found: { token: string; operation: string }[] = [];
    let from: QueryCommandInput['ExclusiveStartKey'];
    do {
      const { Items: items = [], LastEvaluatedKey: last } = await this.#due(shard, now, from);
      found.push(...items.flatMap(({ pk, sk }) => receiptAt(pk?.S, sk?.S)));
      from = last;
    } while (from && hasTime());
    return found;
  }

  async #due(shard: string, now: Date, from: QueryCommandInput['ExclusiveStartKey']): Promise<QueryCommandOutput> {
    const input = {
      TableName: this.#tables.tokens,
      IndexName: 'due',
      KeyConditionExpression: 'due_shard = :due_shard AND due_at <= :now',
      // `~` sorts after every digit and letter: the whole of this instant.
      ExpressionAttributeValues: { ':due_shard': { S: shard }, ':now': { S: `${now.toISOString()}~` } },
      Limit: pageSize,
      ...(from ? { ExclusiveStartKey: from } : {}),
    };
    return await answered(() => this.#client.send(new QueryCommand(input)));
  }
}

function receiptAt(pk = '', sk = ''): { token: string; operation: string }[] {
  const [, token] = /^TOKEN#(.+)$/.exec(pk) ?? [];
  const [, operation] = /^RECEIPT#(.+)$/.exec(sk) ?? [];
  return token && operation ? [{ token, operation }] : [];
}
