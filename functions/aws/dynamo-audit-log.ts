import { type DynamoDBClient, QueryCommand, type QueryCommandInput } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { AuditEntry } from '../stacks/audit-entry.ts';
import type { AuditLog, AuditPage, AuditRange, AuditRangeAbout } from '../stacks/audit-log.ts';
import { auditFrom } from './audit-item.ts';
import { auditSubject, type Keys, keysOf, type Tables } from './keys.ts';
import { answered } from './storage/answers.ts';
import type { Reads } from './storage/reads.ts';

/** The audit log in DynamoDB: a partition for each stack, in the order of time, and an index by what an entry is about. */
export class DynamoAuditLog implements AuditLog {
  readonly #client: Pick<DynamoDBClient, 'send'>;
  readonly #reads: Reads;
  readonly #keys: Keys;
  readonly #table: string;

  constructor(client: Pick<DynamoDBClient, 'send'>, reads: Reads, tables: Tables) {
    this.#client = client;
    this.#reads = reads;
    this.#keys = keysOf(tables);
    this.#table = tables.audit;
  }

  async all({ stack, limit, before }: AuditRange): Promise<AuditPage> {
    const { table, pk } = this.#keys.audit(stack, '');
    // One more tells whether anything is left.
    const range = { table, pk, newestFirst: true, limit: limit + 1, after: before ?? undefined };
    const items = await this.#reads.query(range);
    const entries = items.slice(0, limit).flatMap((item) => auditFrom(item) ?? []);
    return { entries, next: items.length > limit ? (entries.at(-1)?.uid ?? before) : null };
  }

  async about({ stack, subject, limit, before }: AuditRangeAbout): Promise<AuditPage> {
    return await this.#page({
      IndexName: 'by_subject',
      KeyConditionExpression: 'subject = :subject AND sk < :before',
      ExpressionAttributeValues: { ':subject': { S: auditSubject(stack, subject) }, ':before': { S: before ?? end } },
      Limit: limit,
    });
  }

  async unindexedAbout({ stack, subject, limit, before }: AuditRangeAbout): Promise<AuditPage> {
    const { pk } = this.#keys.audit(stack, '');
    return await this.#page({
      KeyConditionExpression: 'pk = :pk AND sk < :before',
      FilterExpression: 'attribute_not_exists(subject) AND #metadata.#uid = :about',
      ExpressionAttributeNames: { '#metadata': 'metadata', '#uid': 'uid' },
      ExpressionAttributeValues: { ':pk': { S: pk }, ':before': { S: before ?? end }, ':about': { S: subject } },
      ConsistentRead: true,
      Limit: limit,
    });
  }

  async #page(query: Omit<QueryCommandInput, 'TableName'>): Promise<AuditPage> {
    const input = { TableName: this.#table, ScanIndexForward: false, ...query };
    const { Items: items = [], LastEvaluatedKey: last } = await answered(() =>
      this.#client.send(new QueryCommand(input)),
    );
    return { entries: items.flatMap((item) => auditFrom(unmarshall(item)) ?? []), next: last?.sk?.S ?? null };
  }

  async entry(stack: string, uid: string): Promise<AuditEntry | null> {
    const [item] = await this.#reads.read([this.#keys.audit(stack, uid)]);
    return auditFrom(item);
  }
}

/** Sorts after every uid. */
const end = '~';
