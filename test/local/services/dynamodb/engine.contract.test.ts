import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, ResourceInUseException, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import { startEngine } from '../../../../local/services/dynamodb/engine.ts';
import { type ContractBackend, describeDynamoContract } from '../../../simulation/dynamo-contract.ts';
import { CONTRACT_TABLE, createContractTable } from '../../../simulation/dynamo-contract-table.ts';

/** What dynoxide 1.2.1 does differently from AWS. Nothing is known of another engine at TOKENWARD_DYNAMODB_ENDPOINT. */
const DEVIATIONS: Readonly<Record<string, string>> = {
  'refuses to order by a value that has no order': 'the condition fails instead',
  'refuses what is not the name of a type': 'the condition fails instead',
  'appends where a position is beyond the end of a list': 'fills the list with nulls up to the position',
  'refuses a value in a key condition that is not of the type of the key': 'finds nothing instead',
  'refuses to go on after a key of another partition': 'goes on by the sort key',
  'refuses a bad expression anywhere in a transaction, before anything is done':
    'cancels the transaction with the reason ValidationError',
};

describeDynamoContract('the engine', startBackend, process.env.TOKENWARD_DYNAMODB_ENDPOINT ? {} : DEVIATIONS);

async function startBackend(): Promise<ContractBackend> {
  const directory = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'contract-'));
  const engine = await startEngine({ file: join(directory, 'engine.db'), env: process.env });
  const credentials = { accessKeyId: 'contract', secretAccessKey: 'contract' };
  const client = new DynamoDBClient({ endpoint: engine.endpoint, region: 'us-east-1', credentials });
  await client.send(createContractTable()).catch((error: unknown) => {
    if (!(error instanceof ResourceInUseException)) throw error;
  });
  await waitUntilTableExists({ client, maxWaitTime: 30 }, { TableName: CONTRACT_TABLE.name });
  return {
    client,
    close: async () => {
      client.destroy();
      await engine.stop();
      await rm(directory, { recursive: true });
    },
  };
}
