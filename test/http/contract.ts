import { expect } from 'vitest';
import type { Reply } from '../support/running-system.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** What API.md, section 3, promises of every answer: headers on all of them, and one document for every error. */
export function expectContract({ status, headers, body }: Reply): void {
  expect(headers.get('x-request-id')).toMatch(uuid);
  expect(headers.get('cache-control')).toBe('no-store');
  expect(status).not.toBe(500);
  if (status < 400) {
    expect(headers.get('content-type')).toBe('application/json');
    return;
  }
  expect(headers.get('content-type')).toBe('application/problem+json');
  expect(body).toEqual({
    type: expect.stringMatching(/^https:\/\/[^ ]+\/problems\/[a-z-]+$/),
    title: expect.stringMatching(/^[A-Z].+\.$/),
    status,
    detail: expect.stringMatching(/./),
    instance: `urn:uuid:${headers.get('x-request-id')}`,
    error_message: expect.stringMatching(/./),
    error_code: expect.any(Number),
    errors: expect.any(Object),
  });
  for (const messages of Object.values(body.errors)) {
    expect(messages).toBeInstanceOf(Array);
    expect(messages).not.toHaveLength(0);
  }
  for (const header of headersOf[status] ?? []) expect(headers.get(header), header).toMatch(/./);
}

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
