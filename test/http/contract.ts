import { expect } from 'vitest';
import type { Reply } from '../support/running-system.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** What API.md, section 3, promises of every answer: headers on all of them, and one document for every error. */
export function expectContract(reply: Answered): void {
  expect(contractFault(reply), JSON.stringify(reply.body)).toBeNull();
}

type Answered = Pick<Reply, 'status' | 'headers' | 'body'>;

/** The first thing in which an answer is not as promised, or null. Plain code: many thousand answers are judged by it. */
export function contractFault(reply: Answered): string | null {
  const { status, headers } = reply;
  if (!uuid.test(headers.get('x-request-id') ?? '')) return 'has no request id';
  // The one answer that may be kept is the description of the API.
  const kept = status === 200 && typeof reply.body?.openapi === 'string' ? 'public, max-age=300' : 'no-store';
  if (headers.get('cache-control') !== kept) return 'may be kept';
  if (status === 500) return 'is our own mistake';
  const type = headers.get('content-type');
  if (status < 400) return type === 'application/json' ? null : `is ${type}`;
  if (type !== 'application/problem+json') return `is ${type}`;
  const missing = (headersOf[status] ?? []).find((name) => !headers.get(name));
  return missing ? `has no ${missing}` : problemFault(reply);
}

const fields = ['type', 'title', 'status', 'detail', 'instance', 'error_message', 'error_code', 'errors'];

function problemFault({ status, headers, body }: Answered): string | null {
  // Where `error` is, and where it is not, the answers' descriptions say: `requireDescribed` holds every answer to them.
  const has = Object.keys(body).filter((name) => name !== 'error');
  if (has.sort().join() !== [...fields].sort().join()) return `has the fields ${Object.keys(body)}`;
  if (!/^https:\/\/[^ ]+\/problems\/[a-z-]+$/.test(body.type)) return 'has no type';
  if (!/^[A-Z].+\.$/.test(body.title)) return 'has no title';
  if (body.status !== status) return 'has another status';
  if (body.instance !== `urn:uuid:${headers.get('x-request-id')}`) return 'has another instance';
  if (!isText(body.detail) || !isText(body.error_message)) return 'says nothing';
  if (typeof body.error_code !== 'number') return 'has no code';
  const wordless = Object.entries(body.errors).find(([, messages]) => !isMessages(messages));
  return wordless ? `says nothing of ${wordless[0]}` : null;
}

const isText = (value: unknown) => typeof value === 'string' && value !== '';
const isMessages = (value: unknown) => Array.isArray(value) && value.length > 0 && value.every(isText);

/** What a caller needs beside the document to go on. */
const headersOf: Readonly<Record<number, readonly string[]>> = {
  401: ['www-authenticate'],
  405: ['allow'],
  409: ['retry-after'],
  429: ['retry-after'],
  503: ['retry-after'],
};

/** `status/code` of an error, or the status alone. */
export function outcomeOf({ status, body }: Reply): string {
  return status < 400 ? String(status) : `${status}/${body?.error_code}`;
}

/** Everything that was answered, but for the ids of the request and the moment. */
export function bytesOf({ status, headers, text }: Reply): string {
  const ids = ['x-request-id', 'apigw-requestid', 'date'];
  const kept = [...headers].filter(([name]) => !ids.includes(name));
  return JSON.stringify([status, kept, text.replaceAll(`${headers.get('x-request-id')}`, 'ID')]);
}
