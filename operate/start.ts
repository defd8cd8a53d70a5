/** `npm run operate`: what operators do that no door does. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SQSClient } from '@aws-sdk/client-sqs';
import { realPauses } from '../functions/aws/dynamo-client.ts';
import { keysOf } from '../functions/aws/keys.ts';
import { createStorage } from '../functions/aws/storage.ts';
import { envIfSet, variables } from '../functions/runtime/env.ts';
import { OperatorMistake, type Workplace } from './command.ts';
import { operate, operator } from './operate.ts';

const clients = {
  client: new DynamoDBClient({}),
  streams: new DynamoDBStreamsClient({}),
  queues: new SQSClient({}),
  functions: new LambdaClient({}),
};
process.exitCode = await operate(process.argv.slice(2), { workplace, write: (line) => console.log(line) });
for (const client of Object.values(clients)) client.destroy();

/** The tables are named when a command asks for them: not all do. */
function workplace(): Workplace {
  return {
    ...clients,
    storage: createStorage(clients.client, realPauses),
    get tables() {
      return { tokens: tableIn('tokensTable'), audit: tableIn('auditTable'), sessions: '', usage: '' };
    },
    get keys() {
      return keysOf(this.tables);
    },
    now: () => new Date(),
    actor: operator,
  };
}

function tableIn(variable: 'tokensTable' | 'auditTable'): string {
  const name = envIfSet(variable);
  if (!name) throw new OperatorMistake(`Set ${variables[variable]} to the name of that table of the deployment.`);
  return name;
}
