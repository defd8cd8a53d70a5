import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createPlainServer } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { getJson } from '../../functions/outbound/get-json.ts';
import { closeServer, listen } from '../../local/loopback.ts';

const limits = { ms: 3000, bytes: 100 };

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  if (server?.listening) await closeServer(server);
});

async function serve(answer: RequestListener): Promise<string> {
  server = createServer(answer);
  await listen(server, 0);
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys.json?a=b`;
}

it('reads a document, whatever its content type', async () => {
  const seen: unknown[] = [];
  const url = await serve(({ method, url: at, headers }, response) => {
    seen.push([method, at, headers['user-agent'], headers.accept, headers.connection]);
    response.setHeader('content-type', 'text/plain').end('{"keys":["ü"]}');
  });
  expect(await getJson(url, limits)).toEqual({ keys: ['ü'] });
  expect(seen).toEqual([['GET', '/keys.json?a=b', 'tokenward', 'application/json', 'close']]);
});

it('takes a document of exactly the size that is allowed', async () => {
  const url = await serve((_, response) => response.end(`"${'x'.repeat(limits.bytes - 2)}"`));
  expect(await getJson(url, limits)).toHaveLength(limits.bytes - 2);
});

it('puts together what comes in pieces, as anything over 64 KiB does', async () => {
  const url = await serve((_, response) => response.end(`"${'ü'.repeat(100_000)}"`));
  expect(await getJson(url, { ...limits, bytes: 256 * 1024 })).toBe('ü'.repeat(100_000));
});

it.each<[string, RequestListener, RegExp]>([
  ['an error', (_, response) => response.writeHead(500).end('{}'), /answered 500 instead of 200/],
  ['no content', (_, response) => response.writeHead(204).end(), /answered 204/],
  ['a redirect', (_, response) => response.writeHead(302, { location: '/keys.json' }).end('{}'), /answered 302/],
  ['what is no JSON', (_, response) => response.end('<html>'), /not valid JSON/],
  ['nothing', (_, response) => response.end(), /Unexpected end of JSON/],
  ['a byte too much', (_, response) => response.end(`"${'x'.repeat(limits.bytes - 1)}"`), /longer than 100 bytes/],
  [
    'half of what it promised',
    (_, response) => {
      response.writeHead(200, { 'content-length': '90' }).write('{}');
      setImmediate(() => response.destroy());
    },
    /aborted|socket hang up|ECONNRESET/,
  ],
  ['a broken connection', (_, response) => response.destroy(), /socket hang up|ECONNRESET/],
])('fails at %s', async (_what, answer, reason) => {
  await expect(getJson(await serve(answer), limits)).rejects.toThrow(reason);
});

it.each<[string, RequestListener]>([
  ['never answers', () => {}],
  ['sends its answer without an end', (_, response) => void response.write('{')],
])('gives up on an endpoint that %s', async (_what, answer) => {
  const url = await serve(answer);
  const startedAt = performance.now();
  await expect(getJson(url, { ...limits, ms: 200 })).rejects.toThrow(/abort/i);
  // Timers may be early by a fraction of a millisecond. That it ends at all is what counts.
  expect(performance.now() - startedAt).toBeGreaterThan(190);
});

it('stops reading at the limit: an endless answer fills no memory', async () => {
  let sent = 0;
  const url = await serve((_, response) => {
    const more = () => {
      sent += 1;
      if (!response.destroyed) response.write('x'.repeat(64), () => setImmediate(more));
    };
    more();
  });
  await expect(getJson(url, limits)).rejects.toThrow('longer than 100 bytes');
  expect(sent).toBeLessThan(10_000);
});

it('speaks TLS to https, and nothing else', async () => {
  const { promise: firstByte, resolve } = Promise.withResolvers<number | undefined>();
  const plain = createPlainServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (data) => {
      resolve(data[0]);
      socket.destroy();
    });
  });
  plain.listen(0, '127.0.0.1');
  await once(plain, 'listening');
  const { port } = plain.address() as AddressInfo;
  await expect(getJson(`https://127.0.0.1:${port}/`, limits)).rejects.toThrow();
  // The content type of a handshake record. RFC 8446, 5.1
  expect(await firstByte).toBe(22);
  plain.close();
});

it('fails when nobody listens', async () => {
  const url = await serve(() => {});
  await closeServer(server as Server);
  await expect(getJson(url, limits)).rejects.toThrow('ECONNREFUSED');
});
