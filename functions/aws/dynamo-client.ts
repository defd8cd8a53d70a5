import { setTimeout as pause } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { StorageOptions } from './answers.ts';

/**
 * The client that all functions use. A call that stalls is given up and sent again with the same request token: three tries of 2 s.
 * That bounds one call and not a whole invocation, which makes several: there is no deadline for all of them yet.
 */
export function dynamoClient(): DynamoDBClient {
  return new DynamoDBClient({
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 1000, requestTimeout: 2000, throwOnRequestTimeout: true },
  });
}

export const realPauses: StorageOptions = { pause: (ms) => pause(ms), jitter: Math.random };
