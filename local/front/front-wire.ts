import { randomUUID } from 'node:crypto';
import {
  type Agent,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request,
  type ServerResponse,
} from 'node:http';

/** An answer as it came from the engine. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
}

/** Sends a request on to the engine; rejects when the engine cannot be reached. */
export async function forward(
  engine: URL,
  { agent, headers, body }: { agent: Agent; headers: IncomingHttpHeaders; body: Buffer },
): Promise<RawAnswer> {
  const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = { method: 'POST', agent, headers: passedOn(headers, body) };
    request(engine, options, resolve).on('error', reject).end(body);
  });
  const answer = await readBody(incoming);
  return { status: incoming.statusCode ?? 502, headers: passedOn(incoming.headers, answer), body: answer };
}

/** Rejects when the other side goes away before the end, or sends more than `limit` bytes. Events, as they cost half of an iterator. */
export function readBody(message: IncomingMessage, limit = Number.POSITIVE_INFINITY): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    message.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > limit) message.destroy(new RangeError(`more than ${limit} bytes`));
      else chunks.push(chunk);
    });
    message.once('end', () => resolve(Buffer.concat(chunks, length)));
    message.once('error', reject);
    message.once('close', () => reject(new Error('the other side has gone')));
  });
}

/** The parsed JSON of a text or body; undefined where it is none. */
export function jsonIn(raw: string | Buffer): unknown {
  try {
    return JSON.parse(raw.toString());
  } catch {
    return undefined;
  }
}

/** Answers in DynamoDB's protocol, without the engine. */
export function reply(outgoing: ServerResponse, { status, body }: { status: number; body: unknown }): void {
  const payload = Buffer.from(JSON.stringify(body));
  outgoing.writeHead(status, {
    'content-type': 'application/x-amz-json-1.0',
    'content-length': payload.length,
    'x-amzn-requestid': randomUUID(),
  });
  outgoing.end(payload);
}

/** From `AWS4-HMAC-SHA256 Credential=<id>/<date>/<region>/dynamodb/aws4_request, …`; empty when there is none. */
export function accessKeyIdOf({ authorization = '' }: IncomingHttpHeaders): string {
  return /Credential=([^/,]+)\//.exec(authorization)?.[1] ?? '';
}

/** The headers without those that are about one connection only. */
function passedOn(headers: IncomingHttpHeaders, body: Buffer): OutgoingHttpHeaders {
  const { connection, 'keep-alive': keepAlive, 'transfer-encoding': encoding, host, expect, ...others } = headers;
  return { ...others, 'content-length': body.length };
}
