import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { MOST_WAITING } from '../../local/services/lambda/function-pool.ts';
import { allRights, RunningSystem } from '../support/running-system.ts';

const REQUESTS = 500;

let tokenward: RunningSystem;
beforeAll(async () => {
  tokenward = await RunningSystem.start();
});
afterAll(() => tokenward.stop());

/** Sends a request for a new token, and hangs up as soon as it is told to. */
async function askFor(name: string): Promise<Socket> {
  const { hostname, port } = new URL(tokenward.system.endpoint);
  const body = JSON.stringify({ token: { name, scope: allRights } });
  const head = [
    'POST /v3/stacks/management_tokens HTTP/1.1',
    `host: ${hostname}:${port}`,
    `api_key: ${tokenward.stack}`,
    `authtoken: ${await tokenward.jwt('owner')}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  const socket = connect(Number(port), hostname);
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  return socket;
}

/** Its first line and headers, when there is an answer. */
async function answerOn(socket: Socket): Promise<string> {
  const [chunk] = await once(socket, 'data');
  return String(chunk);
}

test(`${REQUESTS} requests that nobody waits for delay nobody, and none of them is carried out`, async () => {
  const { front, functions } = tokenward.system;
  const known = await tokenward.createToken();
  // Whoever creates tokens is busy: storage answers them nothing.
  const recording = front.record();
  const release = front.inject({ kind: 'stall', when: ({ operation }) => operation === 'TransactWriteItems' });
  const busy = await Promise.all(Array.from({ length: 4 }, (_, at) => askFor(`busy ${at}`)));
  const stalled = () => recording.requests.filter(({ fault }) => fault === 'stall');
  await vi.waitFor(() => expect(new Set(stalled().map(nameIn)).size).toBe(4), { timeout: 20_000, interval: 10 });

  const abandoned = await Promise.all(Array.from({ length: REQUESTS }, (_, at) => askFor(`abandoned ${at}`)));
  const throttled: string[] = [];
  for (const socket of abandoned) void answerOn(socket).then((answer) => throttled.push(answer));
  const beyond = REQUESTS - MOST_WAITING;
  await vi.waitFor(() => expect(throttled).toHaveLength(beyond), { timeout: 20_000, interval: 10 });
  expect(functions.load().waiting).toBe(MOST_WAITING);
  for (const answer of throttled) {
    expect(answer).toMatch(/^HTTP\/1.1 503 /);
    expect(answer).toMatch(/\r\nretry-after: 1\r\n/i);
    expect(answer).toMatch(/\r\ncontent-type: application\/problem\+json\r\n/i);
    expect(answer).toMatch(/\r\nx-request-id: [0-9a-f-]{36}\r\n/i);
  }
  for (const socket of [...abandoned, ...busy]) socket.destroy();
  await vi.waitFor(() => expect(functions.load().waiting).toBe(0), { timeout: 20_000, interval: 10 });

  release();
  await functions.crash('http/change-tokens');
  const from = performance.now();
  const created = await tokenward.createToken();
  expect((await tokenward.deleteToken(known)).status).toBe(200);
  expect(performance.now() - from).toBeLessThan(10_000);
  recording.stop();
  expect(recording.requests.map(nameIn).filter((name) => name?.startsWith('abandoned'))).toEqual([]);
  const list = await tokenward.call('GET', '/v3/stacks/management_tokens?limit=100', { as: 'owner' });
  const names = list.body.tokens.map(({ name }: { name: string }) => name);
  expect(names).toContain(created.name);
  expect(names.filter((name: string) => /^(abandoned|busy)/.test(name))).toEqual([]);
});

/** Of the token that a request is about. */
function nameIn({ body }: { readonly body: object }): string | undefined {
  return /(abandoned|busy) \d+/.exec(JSON.stringify(body))?.[0];
}
