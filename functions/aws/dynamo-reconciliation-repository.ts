import { type DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { type Due, type ReconciliationRepository, scanParts } from '../sessions/reconcile.ts';
import type { Token } from '../tokens/token.ts';
import type { Session } from '../verification/session.ts';
import { type Keys, keysOf, type Tables } from './keys.ts';
import { receiptFrom } from './receipt-items.ts';
import { sessionFrom } from './session-items.ts';
import { answered } from './storage/answers.ts';
import { allDue, receiptsAmong, under } from './storage/due-index.ts';
import type { Reads } from './storage/reads.ts';
import { tokenFrom } from './token-item.ts';

const pageSize = 100;
const mostReceipts = 100;

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

  async scanSessions(
    part: number,
    from: string | null,
  ): Promise<{ sessions: readonly Session[]; next: string | null }> {
    const start = from === null ? {} : { ExclusiveStartKey: JSON.parse(from) };
    const segment = { Segment: part, TotalSegments: scanParts };
    const input = { TableName: this.#tables.sessions, Limit: pageSize, ConsistentRead: true, ...segment, ...start };
    const { Items: items = [], LastEvaluatedKey: last } = await answered(() =>
      this.#client.send(new ScanCommand(input)),
    );
    const sessions = items.flatMap((item) => sessionFrom(unmarshall(item)) ?? []);
    return { sessions, next: last ? JSON.stringify(last) : null };
  }

  async tokens(uids: readonly string[]): Promise<readonly (Token | null)[]> {
    return (await this.#reads.read(uids.map((uid) => this.#keys.token(uid)))).map(tokenFrom);
  }

  async due(now: Date, hasTime: () => boolean): Promise<Due> {
    const found = await allDue(this.#client, { table: this.#tables.tokens, now, hasTime }, (entries) => entries);
    return { receipts: receiptsAmong(found), digests: under('DIGEST#', found).map(({ at }) => at) };
  }

  async isRevocationUnderWay(token: string): Promise<boolean> {
    const { table, pk, sk: prefix } = this.#keys.receipt(token, '');
    const receipts = await this.#reads.query({ table, pk, prefix, newestFirst: true, limit: mostReceipts });
    return receipts.some((item) => receiptFrom(item)?.state !== 'completed');
  }
}
