import { createServer } from 'node:http';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { dynamoClient } from '../../functions/aws/storage/dynamo-client.ts';
import { createWrites, type Write } from '../../functions/aws/storage/writes.ts';
import { closeServer, listen } from '../../local/loopback.ts';

/** Storage that takes every request and answers none. */
let requests = 0;
const storage = createServer((request) => {
  requests += 1;
  request.socket.destroy();
});
beforeAll(async () => {
  await listen(storage, 0);
  const address = storage.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', `http://127.0.0.1:${address.port}`);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'id');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await closeServer(storage);
});

const put = { put: { table: 'things', pk: 'THING#1', sk: 'META' }, item: {} };

it.each<[string, Write, number]>([
  ['a put that is sent once', { ...put, isSentOnce: true }, 1],
  ['any other put', put, 3],
])("%s goes out as often as it may where no answer comes, by the SDK's own client", async (_, write, times) => {
  requests = 0;
  const client = dynamoClient(() => true);
  await expect(createWrites(client).write(write)).rejects.toMatchObject({ kind: 'unavailable' });
  client.destroy();
  expect(requests).toBe(times);
});
