/**
 * What DynamoDB does, as one suite for everything that stands in for it: the double and the real engine. Repositories
 * that are tested on either then rest on the same behaviour.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { conditionCases } from './dynamo-contract-conditions.ts';
import { limitCases } from './dynamo-contract-limits.ts';
import { queryCases } from './dynamo-contract-queries.ts';
import { type ContractClient, ContractTable } from './dynamo-contract-table.ts';
import { transactionCases } from './dynamo-contract-transactions.ts';
import { updateCases } from './dynamo-contract-updates.ts';

export interface ContractBackend {
  /** Has the table of `CONTRACT_TABLE`. */
  readonly client: ContractClient;
  close(): Promise<void>;
}

/**
 * `deviations`: names of cases that this backend is known to fail, each with what it does instead. A case that begins
 * to pass fails the suite, so that the list stays true.
 */
export function describeDynamoContract(
  name: string,
  start: () => Promise<ContractBackend>,
  deviations: Readonly<Record<string, string>> = {},
): void {
  describe(`${name} behaves as DynamoDB`, () => {
    let backend: ContractBackend;
    let cases = 0;
    // An engine that outlives the suite keeps what earlier runs have put.
    const run = randomUUID();
    beforeAll(async () => {
      backend = await start();
    });
    afterAll(() => backend.close());

    const groups = { conditionCases, updateCases, queryCases, transactionCases, limitCases };
    for (const [outcome, check] of Object.values(groups).flatMap(Object.entries<(typeof conditionCases)[string]>))
      (outcome in deviations ? it.fails : it)(outcome, () =>
        check(new ContractTable(backend.client, `${run} ${++cases}`)),
      );
  });
}
