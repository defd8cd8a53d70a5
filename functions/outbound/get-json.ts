import type { IncomingMessage } from 'node:http';

export interface GetJsonLimits {
  /** For everything, from the connection to the last byte. */
  readonly ms: number;
  readonly bytes: number;
}

/**
 * Reads a small JSON document by GET. It uses `node:https` and not `fetch`, whose first call loads undici.
 * @throws {Error} for any answer but 200 (a redirect is not followed), for what is too long, too late or no JSON, and when there is no answer
 */
export async function getJson(url: string, limits: GetJsonLimits): Promise<unknown> {
  const response = await answerOf(url, AbortSignal.timeout(limits.ms));
  if (response.statusCode !== 200) {
    response.destroy();
    throw new Error(`${url} answered ${response.statusCode} instead of 200.`);
  }
  return JSON.parse(await textOf(response, limits.bytes));
}

async function answerOf(url: string, signal: AbortSignal): Promise<IncomingMessage> {
  const { get } = new URL(url).protocol === 'https:' ? await import('node:https') : await import('node:http');
  const headers = { accept: 'application/json', 'user-agent': 'tokenward' };
  return await new Promise((resolve, reject) => {
    // No connection is kept: it would be dead when a frozen instance goes on.
    get(url, { agent: false, headers, signal }, resolve).on('error', reject);
  });
}

async function textOf(response: IncomingMessage, most: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    size += chunk.length;
    if (size > most) throw new Error(`The answer is longer than ${most} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
