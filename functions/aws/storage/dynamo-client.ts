import { setTimeout as pause } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { StorageOptions } from './answers.ts';
import { atEachAttempt, clientLimits, withinInvocation } from './client-limits.ts';

/** The client that all functions use. An attempt that is sent again has the same request token. */
export function dynamoClient(hasTimeFor: (ms: number) => boolean): DynamoDBClient {
  const client = new DynamoDBClient(clientLimits);
  client.middlewareStack.add(withinInvocation(hasTimeFor), atEachAttempt);
  return client;
}

export const realPauses: StorageOptions = { pause: (ms) => pause(ms), jitter: Math.random };
