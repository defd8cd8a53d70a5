import { describeDynamoContract } from './dynamo-contract.ts';
import { CONTRACT_TABLE } from './dynamo-contract-table.ts';
import { SimulatedDynamo } from './simulated-dynamo.ts';

for (const transactionsConflict of [false, true])
  describeDynamoContract(`the double, ${transactionsConflict ? 'with' : 'without'} conflicts,`, async () => ({
    client: new SimulatedDynamo({ tables: [CONTRACT_TABLE], transactionsConflict }),
    close: async () => {},
  }));
