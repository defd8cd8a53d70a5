import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type NativeAttributeValue, unmarshall } from '@aws-sdk/util-dynamodb';

/** An item as it is stored, with plain values. */
export type StoredItem = Record<string, NativeAttributeValue> & { readonly pk: string; readonly sk: string };

type Marshalled = Record<string, AttributeValue>;

interface Page {
  readonly Items: readonly Marshalled[];
  readonly LastEvaluatedKey?: Marshalled;
}

interface KnownItem {
  readonly text: string;
  readonly item: StoredItem;
}

/**
 * Reads whole tables of the engine, again and again. Tests compare everything that is stored before and after a request, and with the
 * SDK most of their time went into parsing what had not changed. No item has binary attributes, which would stay base64 here.
 */
export class TableReader {
  readonly #endpoint: string;
  readonly #known = new Map<string, KnownItem>();

  constructor(endpoint: string) {
    this.#endpoint = endpoint;
  }

  /** Every item of a table. One that did not change since it was last read is the same object. */
  async items(table: string): Promise<StoredItem[]> {
    const items: StoredItem[] = [];
    let next: Page['LastEvaluatedKey'];
    do {
      const page: Page = await this.#scan({
        TableName: table,
        ConsistentRead: true,
        Limit: 1000,
        ...(next ? { ExclusiveStartKey: next } : {}),
      });
      items.push(...page.Items.map((item) => this.#item(table, item)));
      next = page.LastEvaluatedKey;
    } while (next);
    return items;
  }

  #item(table: string, marshalled: Marshalled): StoredItem {
    const key = `${table} ${marshalled.pk?.S} ${marshalled.sk?.S}`;
    const text = JSON.stringify(marshalled);
    const known = this.#known.get(key);
    if (known?.text === text) return known.item;
    const item = Object.freeze(unmarshall(marshalled) as StoredItem);
    this.#known.set(key, { text, item });
    return item;
  }

  /** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html */
  async #scan(input: object): Promise<Page> {
    const response = await fetch(this.#endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': 'DynamoDB_20120810.Scan',
        // The engine checks the form of a signature and nothing else.
        'x-amz-date': '20260301T000000Z',
        authorization:
          'AWS4-HMAC-SHA256 Credential=operator/20260301/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=none',
      },
      body: JSON.stringify(input),
    });
    if (response.status !== 200)
      throw new Error(`The engine does not scan: ${response.status} ${await response.text()}`);
    return (await response.json()) as Page;
  }
}
