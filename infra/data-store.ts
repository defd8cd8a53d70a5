import { RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  Billing,
  ProjectionType,
  StreamViewType,
  type TablePropsV2,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { Variable } from '../functions/runtime/env.ts';
import type { ServiceFunction } from './service-function.ts';
import type { Stage } from './stages.ts';

type ItemAction =
  | 'GetItem'
  | 'BatchGetItem'
  | 'Query'
  | 'PutItem'
  | 'UpdateItem'
  | 'DeleteItem'
  | 'ConditionCheckItem'
  | 'BatchWriteItem';

/** What a function may do with a table. `keys` are patterns of partition keys (`TOKEN#*`): rights end at them. */
export interface Right {
  readonly actions: readonly ItemAction[];
  readonly keys: readonly string[];
  /** The index that they are of, and not of the table itself. */
  readonly index?: string;
}

/** A table with the name of the variable that tells functions where it is: right and variable are given together. */
export class DataTable extends Construct {
  readonly table: TableV2;
  readonly indexes: readonly string[];
  readonly #variable: Variable;

  constructor(scope: Construct, id: string, props: Partial<TablePropsV2> & { variable: Variable }) {
    super(scope, id);
    const { variable, ...table } = props;
    this.#variable = variable;
    this.indexes = (table.globalSecondaryIndexes ?? []).map(({ indexName }) => indexName);
    this.table = new TableV2(this, 'Table', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billing: Billing.onDemand(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
      ...table,
    });
  }

  /**
   * Lets a function do some things with some keys. `ForAllValues` is true when a request names no key at all, so no right given
   * here may ever be one to an action without keys (Scan).
   * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
   */
  allow(client: ServiceFunction, ...rights: readonly Right[]): void {
    client.setVariable(this.#variable, this.table.tableName);
    for (const { actions, keys, index } of rights) {
      client.allow(
        new PolicyStatement({
          actions: actions.map((action) => `dynamodb:${action}`),
          resources: [index === undefined ? this.table.tableArn : `${this.table.tableArn}/index/${index}`],
          conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': keys } },
        }),
      );
    }
  }

  /**
   * Lets a function be given the table's stream.
   * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.Lambda.Tutorial.html
   */
  allowStream(reader: ServiceFunction): void {
    reader.allow(
      new PolicyStatement({
        actions: ['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams'].map(
          (action) => `dynamodb:${action}`,
        ),
        resources: [this.streamArn],
      }),
    );
  }

  get streamArn(): string {
    const { tableStreamArn } = this.table;
    if (!tableStreamArn) throw new Error(`${this.node.path} has no stream.`);
    return tableStreamArn;
  }
}

/** The four tables: rights are per table, and writes that come with every request stay off the stream. */
export class DataStore extends Construct {
  /** Tokens, receipts, notices, stacks, people. Streamed: what happens to a token is told from here. */
  readonly tokens: DataTable;
  /** Live sessions only. */
  readonly sessions: DataTable;
  /** Who changed what; nobody may change or remove an entry. */
  readonly audit: DataTable;
  /** Counters, windows, idempotency records. */
  readonly usage: DataTable;

  constructor(scope: Construct, id: string, { tokensTable }: Pick<Stage, 'tokensTable'>) {
    super(scope, id);
    this.tokens = new DataTable(this, tokensTable, {
      variable: 'tokensTable',
      timeToLiveAttribute: 'ttl',
      dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES,
      globalSecondaryIndexes: [
        {
          indexName: 'due',
          partitionKey: { name: 'due_shard', type: AttributeType.STRING },
          sortKey: { name: 'due_at', type: AttributeType.STRING },
          projectionType: ProjectionType.KEYS_ONLY,
        },
      ],
    });
    this.sessions = new DataTable(this, 'Sessions', { variable: 'sessionsTable', timeToLiveAttribute: 'ttl' });
    this.audit = new DataTable(this, 'Audit', {
      variable: 'auditTable',
      globalSecondaryIndexes: [
        {
          // Entries never change, so the index has them whole: one query is an answer.
          indexName: 'by_subject',
          partitionKey: { name: 'subject', type: AttributeType.STRING },
          sortKey: { name: 'sk', type: AttributeType.STRING },
          projectionType: ProjectionType.ALL,
        },
      ],
    });
    this.usage = new DataTable(this, 'Usage', { variable: 'usageTable', timeToLiveAttribute: 'ttl' });
  }
}
