/** `npm run operate`: what operators do that no door does. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { realPauses } from '../functions/aws/dynamo-client.ts';
import { keysOf } from '../functions/aws/keys.ts';
import { createStorage } from '../functions/aws/storage.ts';
import { env } from '../functions/runtime/env.ts';
import type { Workplace } from './command.ts';
import { operate, operator } from './operate.ts';

const client = new DynamoDBClient({});
process.exitCode = await operate(process.argv.slice(2), { workplace, write: (line) => console.log(line) });
client.destroy();

function workplace(): Workplace {
  const tables = { tokens: env('tokensTable'), audit: env('auditTable'), sessions: '', usage: '' };
  return {
    client,
    storage: createStorage(client, realPauses),
    tables,
    keys: keysOf(tables),
    now: () => new Date(),
    actor: operator,
  };
}
