/** `npm run operate`: what operators do that no door does. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SQSClient } from '@aws-sdk/client-sqs';
import { keysOf } from '../functions/aws/keys.ts';
import { realPauses } from '../functions/aws/storage/dynamo-client.ts';
import { createStorage } from '../functions/aws/storage/storage.ts';
import { envIfSet, variables } from '../functions/runtime/env.ts';
import { OperatorMistake, type Setting, settings, type Workplace } from './command.ts';
import { operate, operator } from './operate.ts';

const clients = {
  client: new DynamoDBClient({}),
  streams: new DynamoDBStreamsClient({}),
  queues: new SQSClient({}),
  functions: new LambdaClient({}),
};
process.exitCode = await operate(process.argv.slice(2), { workplace, write: (line) => console.log(line) });
for (const client of Object.values(clients)) client.destroy();

/** The settings are looked up when a command asks for them: not every command needs them all. */
function workplace(): Workplace {
  return {
    ...clients,
    storage: createStorage(clients.client, realPauses),
    get tables() {
      return { tokens: settingIn('tokensTable'), audit: settingIn('auditTable'), sessions: '', usage: '' };
    },
    get keys() {
      return keysOf(this.tables);
    },
    get issuer() {
      return settingIn('issuerUrl');
    },
    now: () => new Date(),
    actor: operator,
  };
}

function settingIn(setting: Setting): string {
  const value = envIfSet(setting);
  if (!value) throw new OperatorMistake(`Set ${variables[setting]} to ${settings[setting]}.`);
  return value;
}
